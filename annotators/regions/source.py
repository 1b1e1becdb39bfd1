"""The protocol of region sources: pictures in, named masks out.

A source that looks at one picture at a time derives from ``OneByOne`` and writes ``find``; one
that works best on several at once implements ``RegionSource`` itself.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from schemas.arrays import Image, Mask
from schemas.errors import PictureError
from schemas.records import Picture


class Proposal(NamedTuple):
    """A named mask before selection.

    Args:
        mask: ``(height, width)`` bool.
        label: Lower case name without article; empty when unknown.
        alternatives: Names considered, best first.
        scores: Score of each of them, 0 to 1; empty where the source does not score names.
        quality: The segmenter's own estimate of the mask's IoU, where it makes one.
        connected: Whether the mask is known to be one piece (pixels that touch at a corner hang
            together).
    """

    mask: Mask
    label: str
    alternatives: tuple[str, ...] = ()
    scores: tuple[float, ...] = ()
    quality: float | None = None
    connected: bool = False


class SkippedAnnotation(NamedTuple):
    """Something in an annotation that was skipped.

    Args:
        subject: What it is, e.g. ``annotation 17``.
        reason: Short slug.
        detail: One line for people.
    """

    subject: str
    reason: str
    detail: str


class Proposals(NamedTuple):
    """What a source makes of one picture.

    Args:
        regions: Named masks of the picture's size, in any order; may overlap; may be none.
        problems: What had to be skipped.
        failure: Why nothing could be made of this picture.
    """

    regions: Sequence[Proposal] = ()
    problems: Sequence[SkippedAnnotation] = ()
    failure: PictureError | None = None


class RegionSource(Protocol):
    """Finds regions in pictures; built once per process."""

    name: str
    """Goes into ``Region.label_source``."""
    batch: int
    """Pictures that ``propose`` is best given at once."""

    def propose(self, images: Sequence[Image], pictures: Sequence[Picture]) -> list[Proposals]:
        """The regions of each picture.

        Args:
            images: Pristine pixels, RGB, uint8 ``(height, width, 3)``.
            pictures: Their records.
        """
        ...

    def covers(self, paths: Iterable[str]) -> bool:
        """Whether it may know any of the pictures at these paths inside their sources."""
        ...

    def provenance(self) -> dict[str, object]:
        """Models, versions and checksums, for the manifest."""
        ...


class OneByOne(ABC):
    """A region source that looks at one picture at a time."""

    name: str
    batch = 1

    @abstractmethod
    def find(self, image: Image, picture: Picture) -> Proposals:
        """The regions of one picture.

        Args:
            image: Pristine pixels, RGB, uint8 ``(height, width, 3)``.
            picture: Their record.

        Raises:
            PictureError: This picture's annotation is unusable.
        """

    def propose(self, images: Sequence[Image], pictures: Sequence[Picture]) -> list[Proposals]:
        """See ``RegionSource``."""
        return [self._tried(*pair) for pair in zip(images, pictures, strict=True)]

    def _tried(self, image: Image, picture: Picture) -> Proposals:
        try:
            return self.find(image, picture)
        except PictureError as error:
            return Proposals(failure=error)

    def covers(self, paths: Iterable[str]) -> bool:
        """True: it looks at any picture."""
        return True

    def provenance(self) -> dict[str, object]:
        """Nothing but the name."""
        return {}
