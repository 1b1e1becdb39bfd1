"""Flaws that need a closer look: shake, smeared texture, burnt-out lights, a veil.

Measured on a copy of 512 pixels on its long side (smaller pictures as they are):

- steadiness: sharpness (see ``coarse``) in the direction in which it is least. Whoever shakes
  the camera blurs along a line: steps across it stay sharp and hide the shake from a measure that
  takes the strongest steps of all directions together.
- focus: sharpness of single blocks that hold any structure, where it is low (the lowest tenth):
  what lies before or behind the plane of focus is blurred, too, and cannot be called crisp.
- texture: what is left of fine detail in blocks that hold a sharp step, the median of the Laplacian
  over the step, at the upper quartile of these blocks. Smoothing that keeps edges leaves nothing
  beside them, defocus and shake no sharp step; 1 where no block has one.
- blown: share of pixels of 250 or more in all channels.
- veil: darkness that is missing: the level below which the darkest twentieth of the pixels lie, by
  the darkest channel about each. Haze, fog on the lens and flare lift it.

Source: dark channel, He, Sun and Tang 2009; the rest is ours, sharpness after Crete et al. 2007.
"""

from typing import Any, Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from annotators.screening.coarse import (
    LAPLACE,
    Slopes,
    blurred_twice,
    histogram,
    percentile,
    slopes_of,
    strength,
)
from schemas.arrays import Image

LONG_SIDE: Final = 512
# Cosine and sine in sixteenths of eight directions; products of Sobel responses fit 16 bits.
DIRECTIONS: Final = (
    *((16, 0), (15, 6), (11, 11), (6, 15)),
    *((0, 16), (-6, 15), (-11, 11), (-15, 6)),
)
STRONG: Final = 0.99
BLOCK: Final = 16
STEP: Final = 30
"""Strength, quarters of Sobel units, from which a block holds a sharp step."""
STRUCTURE: Final = 2
"""Mean strength after the blur from which a block holds structure."""
FEWEST: Final = 8
WHITE: Final = 250
DARKEST: Final = 0.05

Levels = NDArray[np.uint8]


class Finer(NamedTuple):
    """The five scores; see the module."""

    steadiness: float
    focus: float
    texture: float
    blown: float
    veil: float


def finer(image: Image) -> Finer:
    """Score an RGB uint8 picture ``(height, width, 3)``."""
    small = _reduced(image)
    grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)
    red, green, blue = cv2.split(small)
    darkest = np.asarray(cv2.min(cv2.min(red, green), blue), np.uint8)
    before, after = map(slopes_of, blurred_twice(grey))
    return Finer(
        steadiness=_steadiness(before, after),
        focus=_focus(before, after),
        texture=_texture(grey),
        blown=_blown(darkest),
        veil=_veil(darkest),
    )


def _reduced(image: Image) -> Image:
    """By a whole factor, then exactly to the long side, so that every machine gets the same."""
    height, width = image.shape[:2]
    by = max(height, width) // LONG_SIDE
    if by > 1:
        height, width = height // by, width // by
        part = np.ascontiguousarray(image[: height * by, : width * by])
        image = np.asarray(cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA))
    if max(height, width) > LONG_SIDE:
        scale = LONG_SIDE / max(height, width)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR_EXACT))
    return np.ascontiguousarray(image)


def _steadiness(before: Slopes, after: Slopes) -> float:
    # Every second row is enough for a percentile.
    rows = [[np.ascontiguousarray(slope[::2]) for slope in slopes] for slopes in (before, after)]
    return min((_strong(rows[0], way) + 0.5) / (_strong(rows[1], way) + 0.5) for way in DIRECTIONS)


def _focus(before: Slopes, after: Slopes) -> float:
    """The lowest tenth of the blocks' sharpness; 1 where no block holds structure."""
    sharp, soft = (
        _blocks(strength(slopes), 2 * BLOCK).sum(axis=1, dtype=np.int64)
        for slopes in (before, after)
    )
    held = soft >= STRUCTURE * (2 * BLOCK) ** 2
    if int(held.sum()) < FEWEST:
        return 1.0
    ratios = np.sort(sharp[held] / soft[held])
    return float(ratios[ratios.size // 10])


def _strong(slopes: Slopes, way: tuple[int, int]) -> float:
    """A high percentile of the slope along a direction, linear within a level."""
    # Whole numbers times whole numbers and a power of two: exact, whoever adds them up.
    along = cv2.addWeighted(slopes[0], way[0], slopes[1], way[1], 0)
    counts = histogram(np.asarray(cv2.convertScaleAbs(along, alpha=1 / 64), np.uint8))
    return percentile(counts, STRONG)


def _texture(grey: Levels) -> float:
    fine = _blocks(np.asarray(cv2.convertScaleAbs(cv2.filter2D(grey, cv2.CV_16S, LAPLACE))))
    steps = _blocks(strength(slopes_of(grey)))
    strongest = np.partition(steps, -6, axis=1)[:, -6].astype(np.int64)
    sharp = strongest >= STEP
    if int(sharp.sum()) < FEWEST:
        return 1.0
    middle = np.partition(fine[sharp], BLOCK * BLOCK // 2, axis=1)[:, BLOCK * BLOCK // 2]
    left = np.sort((middle + 0.5) / strongest[sharp])
    return float(left[3 * left.size // 4])


def _blocks(plane: NDArray[Any], side: int = BLOCK) -> Levels:
    """Blocks by pixels of a plane of bytes; what is left over at its end is cut off."""
    levels = np.asarray(plane, np.uint8)
    rows, columns = (size // side for size in levels.shape)
    cut = levels[: rows * side, : columns * side].reshape(rows, side, columns, side)
    return np.ascontiguousarray(cut.transpose(0, 2, 1, 3)).reshape(-1, side * side)


def _blown(darkest: Levels) -> float:
    return cv2.countNonZero(cv2.inRange(darkest, WHITE, 255)) / darkest.size


def _veil(darkest: Levels) -> float:
    return percentile(histogram(np.asarray(cv2.erode(darkest, np.ones((3, 3))))), DARKEST)
