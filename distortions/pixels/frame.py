"""The box of a region in its picture, where types lay out what they place in it."""

from typing import NamedTuple

import numpy as np

from distortions.site import Site
from schemas.arrays import Image
from schemas.boxes import Box
from schemas.masks import bounding_box

REFERENCE = 554
"""Root of the area of 640 x 480 pixels, in which sizes of things that are placed are given."""


class Frame(NamedTuple):
    """Where things are placed.

    Args:
        box: The region's box, in picture coordinates.
        scale: How much larger or smaller than a picture of 640 x 480 it is.
    """

    box: Box
    scale: float

    def side(self, size: float) -> int:
        """``size`` in this frame, pixels, at least one."""
        return max(1, int(round(size * self.scale, 6) + 0.5))


def frame_of(image: Image, site: Site) -> Frame:
    """The box of the region's own pixels, or of the crop where there is no region."""
    height, width = image.shape[:2]
    box = Box(0, 0, width, height) if site.domain is None else bounding_box(site.domain)
    placed = box.shifted(site.x, site.y)
    scale = float(np.round(np.sqrt(placed.width * placed.height) / REFERENCE, 9))
    return Frame(placed, scale)
