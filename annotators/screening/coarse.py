"""Is a photograph a good source? No-reference scores and thresholds.

Five numbers, each about one way of not being pristine:

- sharpness: how many times weaker the strongest steps of luma get when the picture is blurred by
  two pixels; near 1 where it is blurred already, 1.3 to 2.7 in photographs. Contrast cancels, so
  fog and sunsets pass; the strongest steps count, so shallow focus with one sharp subject passes.
  Where no step rises above the noise, as on a blank sheet, sharpness is 1.
  Source: blurring again as the yardstick, Crete et al. 2007, "The blur effect"; percentile and
  scale are ours.
- noise: Immerkaer's estimator on the tenth of the 16-pixel blocks with least structure. It reads
  low (about 6 for a standard deviation of 10, 12 for 20), for it picks the calmest blocks and
  luma averages the channels. Source: Immerkaer 1996, "Fast noise variance estimation".
- blockiness: mean luma step across the 8-pixel grid over the mean step elsewhere, the strongest of
  the two directions and eight places of the grid, for cropping and turning upright move it; 1 to
  1.4 without JPEG blocks. Source: after Wang, Sheikh and Bovik 2002.
- detail: entropy of the luma histogram, bits.
- clipped: share of pixels that are black or white in all channels.

All sums are over whole numbers; scores are rounded to four decimals.
"""

import math
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from schemas.arrays import Image

BLOCK: Final = 16
CALM: Final = 10
GRID: Final = 8
STRONGEST: Final = 0.997
# Pure noise has its strongest step at 2.3 to 3.4 times its estimate, photographs at 18 and more.
ABOVE_NOISE: Final = 4
LAPLACE: Final = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)

Grey = NDArray[np.uint8]
Slopes = list[NDArray[np.int16]]


class Coarse(NamedTuple):
    """The five scores; see the module."""

    sharpness: float
    noise: float
    blockiness: float
    detail: float
    clipped: float


def coarse(image: Image) -> Coarse:
    """Score an RGB uint8 picture ``(height, width, 3)``."""
    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)
    noise = _noise(grey)
    return Coarse(
        sharpness=_sharpness(grey, noise),
        noise=noise,
        blockiness=_blockiness(grey),
        detail=_entropy(histogram(grey)),
        clipped=_clipped(image),
    )


def histogram(levels: Grey) -> NDArray[np.int64]:
    """Pixels of each of the 256 levels."""
    return np.asarray(cv2.calcHist([levels], [0], None, [256], [0, 256])).ravel().astype(np.int64)


def percentile(counts: NDArray[np.int64], share: float) -> float:
    """The level, from 0 to 256, below which a share of the pixels lie; linear within a level."""
    total = np.cumsum(counts)
    mark = share * int(total[-1])
    level = int(np.searchsorted(total, mark))
    return level + 1 - (int(total[level]) - mark) / max(1, int(counts[level]))


def blurred_twice(grey: Grey) -> tuple[Grey, Grey]:
    """Without its grain, and blurred by two pixels on top: the yardstick of sharpness."""
    smooth = np.asarray(cv2.GaussianBlur(grey, (3, 3), 0), np.uint8)
    return smooth, np.asarray(cv2.GaussianBlur(smooth, (9, 9), 2), np.uint8)


def slopes_of(grey: Grey) -> Slopes:
    """Sobel responses across and down."""
    return [np.asarray(cv2.Sobel(grey, cv2.CV_16S, dx, 1 - dx), np.int16) for dx in (1, 0)]


def strength(slopes: Slopes) -> Grey:
    """Across and down together, quarters of Sobel units."""
    across, down = (cv2.convertScaleAbs(slope, alpha=0.25) for slope in slopes)
    return np.asarray(cv2.add(across, down), np.uint8)


def _sharpness(grey: Grey, noise: float) -> float:
    smooth, blurred = blurred_twice(grey)
    strongest = _strongest(smooth)
    if strongest <= ABOVE_NOISE * noise + 1:
        return 1.0
    return (strongest + 0.5) / (_strongest(blurred) + 0.5)


def _strongest(grey: Grey) -> float:
    """A high percentile of the gradient, quarters of Sobel units."""
    return percentile(histogram(strength(slopes_of(grey))), STRONGEST)


def _noise(grey: Grey) -> float:
    response = cv2.convertScaleAbs(cv2.filter2D(grey, cv2.CV_16S, LAPLACE))
    corners = np.asarray(cv2.integral(response, sdepth=cv2.CV_32S))[::BLOCK, ::BLOCK]
    blocks = np.sort(np.diff(np.diff(corners.astype(np.int64), axis=0), axis=1).ravel())
    if blocks.size == 0:
        return 0.0
    calm = blocks[: max(1, blocks.size // CALM)]
    mean = int(calm.sum()) / (calm.size * BLOCK * BLOCK)
    return math.sqrt(math.pi / 2) * mean / 6


def _blockiness(grey: Grey) -> float:
    """Steps across the grid of eight over the other steps, where that is most."""
    if min(grey.shape) < 3 * GRID:
        return 1.0
    across = cv2.absdiff(grey[:, 1:], grey[:, :-1])
    down = cv2.absdiff(grey[1:], grey[:-1])
    columns = cv2.reduce(across, 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S)
    rows = cv2.reduce(down, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S)
    return max(
        _grid_ratio(np.asarray(sums, np.int64).ravel(), place)
        for sums in (columns, rows)
        for place in range(GRID)
    )


def _grid_ratio(sums: NDArray[np.int64], place: int) -> float:
    """Mean on the grid over mean off it; in a flat picture, 1."""
    on, every = sums[place::GRID], int(sums.sum())
    crossing = int(on.sum())
    inside = (every - crossing) / (sums.size - on.size)
    return (crossing / on.size + 0.5) / (inside + 0.5)


def _entropy(counts: NDArray[np.int64]) -> float:
    shares = counts[counts > 0] / counts.sum()
    return float(-sum(share * math.log2(share) for share in shares.tolist()))


def _clipped(image: Image) -> float:
    low = cv2.countNonZero(cv2.inRange(image, (0, 0, 0), (0, 0, 0)))
    high = cv2.countNonZero(cv2.inRange(image, (255, 255, 255), (255, 255, 255)))
    return float((low + high) / (image.shape[0] * image.shape[1]))
