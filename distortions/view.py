"""A region as a viewer meets it: in its place in the picture, with pristine surroundings."""

import cv2
import numpy as np

from distortions.perception import PIXELS_PER_DEGREE, Damage, Planes, compare
from schemas.arrays import Image, Mask
from schemas.masks import bounding_box

REACH = 24
"""Pixels about the mask, at 40 a degree, beyond which nothing changes what is measured in it."""


class View:
    """Compares states of one region, each prepared once.

    Args:
        picture: uint8 RGB ``(height, width, 3)``, pristine.
        mask: bool ``(height, width)``, not empty.
        pixels_per_degree: Viewing distance, see ``Planes.of``.

    Raises:
        ContractError: Arrays that break their contract, or an empty mask.
    """

    def __init__(
        self, picture: Image, mask: Mask, pixels_per_degree: float = PIXELS_PER_DEGREE
    ) -> None:
        box = bounding_box(mask)
        reach = round(REACH * max(1.0, pixels_per_degree / PIXELS_PER_DEGREE))
        crop = box.grown(reach, picture.shape[1], picture.shape[0])
        self._distance, self._origin = pixels_per_degree, (crop.x0, crop.y0)
        self._pixels, self._mask = picture[crop.slices], np.ascontiguousarray(mask[crop.slices])
        self._inside = box.shifted(-crop.x0, -crop.y0).slices
        self._cut = np.ascontiguousarray(mask[box.slices]).view(np.uint8)
        self.pristine = self._planes(self._pixels)

    def of(self, stage: Image) -> Planes:
        """The region in this state.

        Args:
            stage: A stage of its ``Patch``: the pixels of the mask's bounding box.
        """
        pixels = self._pixels.copy()
        cv2.copyTo(stage, self._cut, pixels[self._inside])
        return self._planes(pixels)

    def compare(self, reference: Planes, degraded: Planes) -> Damage:
        """Visible damage of one state against another."""
        return compare(reference, degraded, self._mask)

    def _planes(self, pixels: Image) -> Planes:
        return Planes.of(pixels, pixels_per_degree=self._distance, origin=self._origin)
