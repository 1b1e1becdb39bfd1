"""The protocol of region sources: a picture in, named masks out."""

from typing import NamedTuple, Protocol

from schemas.arrays import Image, Mask
from schemas.records import Picture


class Proposal(NamedTuple):
    """A named mask before selection.

    Args:
        mask: ``(height, width)`` bool.
        label: Lower case name without article; empty when unknown.
        alternatives: Names considered, best first.
        scores: Score of each of them, 0 to 1; empty where the source does not score names.
        quality: The segmenter's own estimate of the mask's IoU, where it makes one.
    """

    mask: Mask
    label: str
    alternatives: tuple[str, ...] = ()
    scores: tuple[float, ...] = ()
    quality: float | None = None


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


class RegionSource(Protocol):
    """Finds regions in pictures; built once per process."""

    name: str
    """Goes into ``Region.label_source``."""

    def propose(
        self, image: Image, picture: Picture, problems: list[SkippedAnnotation] | None = None
    ) -> list[Proposal]:
        """Named masks of the picture's size, in any order; may overlap; may be none.

        Args:
            image: The pristine pixels.
            picture: Their record.
            problems: What had to be skipped is appended to it.

        Raises:
            PictureError: This picture's annotation is unusable.
        """
        ...

    def relabel(self, image: Image, mask: Mask, label: str) -> str:
        """The label as the degraded picture shows it; the same where the look does not matter."""
        ...
