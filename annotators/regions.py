"""The protocol of region sources: a picture in, named masks out."""

from typing import NamedTuple, Protocol

from schemas.arrays import Image, Mask
from schemas.records import Picture


class Proposal(NamedTuple):
    """A named mask before selection.

    Args:
        mask: ``(height, width)`` bool.
        label: Lower case name without article; empty when unknown.
        alternatives: Other names considered, best first.
    """

    mask: Mask
    label: str
    alternatives: tuple[str, ...] = ()


class RegionSource(Protocol):
    """Finds regions in pictures; built once per process."""

    name: str
    """Goes into ``Region.label_source``."""

    def propose(self, image: Image, picture: Picture) -> list[Proposal]:
        """Named masks of the picture's size, in any order; may overlap; may be none.

        Raises:
            PictureError: This picture's annotation is unusable.
        """
        ...
