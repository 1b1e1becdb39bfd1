"""A region as a viewer meets it: in its place in the picture, with pristine surroundings."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from distortions.measure import Look, Looker
from distortions.perception import PIXELS_PER_DEGREE, Comparison, Damage, Planes
from schemas.arrays import Image, Mask
from schemas.masks import bounding_box

REACH = 24
"""Pixels about the mask, at 40 a degree, beyond which nothing changes what is measured in it."""


LAB_UNIT = 64.0
"""Steps of a unit of L*, a*, b* in ``Planes.lab``."""


class Contrast(NamedTuple):
    """How far a region is from what surrounds it, CIELAB units, all 0 or more.

    Args:
        lightness: Between the means of L*.
        chroma: Between the means of chroma.
        spread: Between the standard deviations of L*.
        cast: Between the means of a* and b*, as a distance.
    """

    lightness: float
    chroma: float
    spread: float
    cast: float


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
        self._weights: NDArray[np.int32] | None = None
        self.pristine = self._planes(self._pixels)
        self.looker = Looker(mask[box.slices])
        """Measures states of the region inside its box."""
        self.untouched: Look = self.looker.look(self._pixels[self._inside])

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
        return self.beside(reference, degraded).damage()

    def beside(self, reference: Planes, degraded: Planes) -> Comparison:
        """One state beside another, as far as somebody asks for it."""
        if self._weights is None:
            self._weights = reference.weights(self._mask)
        return Comparison(reference, degraded, self._weights)

    def contrast(self, state: Planes) -> Contrast | None:
        """The region in this state against the ring about it; ``None`` where there is none."""
        if self._mask.all():
            return None
        inside = _tone(state, self._mask)
        outside = _tone(state, ~self._mask)
        apart = [abs(a - b) for a, b in zip(inside, outside, strict=True)]
        cast = float(np.hypot(apart.pop(), apart.pop()))
        return Contrast(*(round(value, 4) for value in (*apart, cast)))

    def _planes(self, pixels: Image) -> Planes:
        return Planes.of(pixels, pixels_per_degree=self._distance, origin=self._origin)


def _tone(state: Planes, mask: Mask) -> tuple[float, float, float, float, float]:
    """Means of L* and chroma, deviation of L*, means of a* and b* of the blocks under a mask."""
    weights = state.weights(mask).astype(np.float64)
    total = weights.sum()
    light, a, b = state.lab / LAB_UNIT
    mean = float((light * weights).sum() / total)
    chroma = float((np.hypot(a, b) * weights).sum() / total)
    spread = float(np.sqrt(((light - mean) ** 2 * weights).sum() / total))
    red, yellow = (float((plane * weights).sum() / total) for plane in (a, b))
    return mean, chroma, spread, red, yellow
