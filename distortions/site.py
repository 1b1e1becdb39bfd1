"""Where on the picture a distortion works."""

from dataclasses import dataclass

from schemas.arrays import Image, Mask
from schemas.boxes import Box


@dataclass(frozen=True, slots=True)
class Site:
    """The place of a crop in its picture, and the key of what is random there.

    A distortion is given a crop and a site. Whatever must not change when the crop does
    (noise, block grids, the zoom centre) is computed in picture coordinates: the crop's pixel
    ``[row, column]`` is the picture's ``(x + column, y + row)``.

    Args:
        key: 64-bit key of this step; the same key gives the same noise.
        x: Picture column of the crop's first column, pixels.
        y: Picture row of the crop's first row, pixels.
        width: Width of the whole picture, pixels.
        height: Height of the whole picture, pixels.
        domain: The region's own pixels inside the crop, for types that use statistics;
            ``None`` means all of them.
        window: The part of the crop whose result is used, in crop coordinates; types that read
            the whole picture may leave the rest as it was. ``None`` means all of it.
    """

    key: int
    x: int
    y: int
    width: int
    height: int
    domain: Mask | None = None
    window: Box | None = None

    @classmethod
    def whole(cls, image: Image, key: int = 0, domain: Mask | None = None) -> "Site":
        """The site of a whole picture."""
        height, width = image.shape[:2]
        return cls(key=key, x=0, y=0, width=width, height=height, domain=domain)
