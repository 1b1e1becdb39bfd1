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
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from schemas.arrays import Image, require_image
from schemas.records import Screen
from schemas.settings.config import ScreenConfig

BLOCK: Final = 16
CALM: Final = 10
GRID: Final = 8
STRONGEST: Final = 0.997
# Pure noise has its strongest step at 2.3 to 3.4 times its estimate, photographs at 18 and more.
ABOVE_NOISE: Final = 4
CLEAR: Final = Screen(sharpness=2.0, noise=3.0, blockiness=1.15, detail=6.0, clipped=0.02)
"""Scores well inside the limits. Chosen on 64 shared photographs at 768 pixels: 17 of 58 are clear
as they are; of the 64, none with a blur of one pixel, 1 moved by 15 pixels, 1 with noise of 6 grey
levels, none with 12, none as JPEG of quality 20, 1 of 40."""
_LAPLACE: Final = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)

Grey = NDArray[np.uint8]


def screen(image: Image) -> Screen:
    """Score a picture; see the module."""
    require_image(image)
    pixels = np.ascontiguousarray(image)
    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    noise = _noise(grey)
    return Screen(
        sharpness=round(_sharpness(grey, noise), 4),
        noise=round(noise, 4),
        blockiness=round(_blockiness(grey), 4),
        detail=round(_entropy(_histogram(grey)), 4),
        clipped=round(_clipped(pixels), 4),
    )


def verdict(scores: Screen, config: ScreenConfig) -> tuple[str, str] | None:
    """Reason and detail when the picture is no good source, else ``None``."""
    if scores.detail < config.min_detail:
        return "near_uniform", f"detail {scores.detail:.2f}, at least {config.min_detail:g}"
    if scores.clipped > config.max_clipped:
        return "clipped", f"clipped {scores.clipped:.2f}, at most {config.max_clipped:g}"
    if scores.blockiness > config.max_blockiness:
        blockiness = f"{scores.blockiness:.2f}, at most {config.max_blockiness:g}"
        return "over_compressed", f"blockiness {blockiness}"
    if scores.noise > config.max_noise:
        return "noisy", f"noise {scores.noise:.2f}, at most {config.max_noise:g}"
    if scores.sharpness < config.min_sharpness:
        return "blurred", f"sharpness {scores.sharpness:.2f}, at least {config.min_sharpness:g}"
    return None


def well_inside(scores: Screen) -> bool:
    """Whether "no visible flaw" may be said of what nobody degraded in this picture.

    The limits of ``CLEAR`` are stricter than any that only keep a picture out.
    """
    return (
        scores.sharpness >= CLEAR.sharpness
        and scores.noise <= CLEAR.noise
        and scores.blockiness <= CLEAR.blockiness
        and scores.detail >= CLEAR.detail
        and scores.clipped <= CLEAR.clipped
    )


def _histogram(levels: Grey) -> NDArray[np.int64]:
    return np.asarray(cv2.calcHist([levels], [0], None, [256], [0, 256])).ravel().astype(np.int64)


def _sharpness(grey: Grey, noise: float) -> float:
    smooth = np.asarray(cv2.GaussianBlur(grey, (3, 3), 0), np.uint8)
    blurred = np.asarray(cv2.GaussianBlur(smooth, (9, 9), 2), np.uint8)
    strongest = _strongest(smooth)
    if strongest <= ABOVE_NOISE * noise + 1:
        return 1.0
    return (strongest + 0.5) / (_strongest(blurred) + 0.5)


def _strongest(grey: Grey) -> float:
    """A high percentile of the gradient, quarters of Sobel units, linear within a level."""
    across = cv2.convertScaleAbs(cv2.Sobel(grey, cv2.CV_16S, 1, 0), alpha=0.25)
    down = cv2.convertScaleAbs(cv2.Sobel(grey, cv2.CV_16S, 0, 1), alpha=0.25)
    counts = _histogram(np.asarray(cv2.add(across, down), np.uint8))
    total = np.cumsum(counts)
    mark = STRONGEST * grey.size
    level = int(np.searchsorted(total, mark))
    return level + 1 - (int(total[level]) - mark) / max(1, int(counts[level]))


def _noise(grey: Grey) -> float:
    response = cv2.convertScaleAbs(cv2.filter2D(grey, cv2.CV_16S, _LAPLACE))
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
