"""Is a photograph a good source? No-reference scores and thresholds.

Five numbers, each about one way of not being pristine:

- sharpness: the 99th percentile of the gradient of a slightly smoothed luma. The sharpest parts
  count, so that shallow focus with one sharp subject passes.
- noise: Immerkaer's estimator on the quarter of the 16-pixel blocks with least structure.
  Source: Immerkaer 1996, "Fast noise variance estimation".
- blockiness: mean luma step across the 8-pixel grid over the mean step elsewhere, the stronger of
  the two directions; about 1 without JPEG blocks. Source: after Wang, Sheikh and Bovik 2002.
- detail: entropy of the luma histogram, bits.
- clipped: share of pixels that are black or white in all channels.

All sums are over whole numbers.
"""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from schemas.arrays import Image
from schemas.config import ScreenConfig
from schemas.records import Screen

BLOCK = 16
SHARPEST = 0.99
_LAPLACE = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.int16)


def screen(image: Image) -> Screen:
    """Score a picture; see the module."""
    grey = np.asarray(cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY), np.uint8)
    counts = np.bincount(grey.ravel(), minlength=256)
    return Screen(
        sharpness=round(_sharpness(grey), 4),
        noise=round(_noise(grey), 4),
        blockiness=round(max(_blockiness(grey), _blockiness(grey.T)), 4),
        detail=round(_entropy(counts), 4),
        clipped=round(_clipped(image), 4),
    )


def verdict(scores: Screen, config: ScreenConfig) -> tuple[str, str] | None:
    """Reason and detail when the picture is no good source, else ``None``."""
    checks = (
        ("near_uniform", scores.detail < config.min_detail, "detail", scores.detail),
        ("clipped", scores.clipped > config.max_clipped, "clipped", scores.clipped),
        ("over_compressed", scores.blockiness > config.max_blockiness, "blockiness",
         scores.blockiness),
        ("noisy", scores.noise > config.max_noise, "noise", scores.noise),
        ("blurred", scores.sharpness < config.min_sharpness, "sharpness", scores.sharpness),
    )  # fmt: skip
    for reason, failed, name, value in checks:
        if failed:
            return reason, f"{name} {value:.2f}"
    return None


def _sharpness(grey: NDArray[np.uint8]) -> float:
    smooth = cv2.GaussianBlur(grey, (3, 3), 0)
    across = cv2.Sobel(smooth, cv2.CV_16S, 1, 0)
    down = cv2.Sobel(smooth, cv2.CV_16S, 0, 1)
    steps = (np.abs(across).astype(np.int32) + np.abs(down)).ravel()
    counts = np.bincount(steps)
    level = int(np.searchsorted(np.cumsum(counts), SHARPEST * steps.size))
    return level / 8


def _noise(grey: NDArray[np.uint8]) -> float:
    height, width = (side // BLOCK * BLOCK for side in grey.shape)
    if min(height, width) == 0:
        return 0.0
    response = np.abs(cv2.filter2D(grey, cv2.CV_16S, _LAPLACE)[:height, :width]).astype(np.int64)
    blocks = response.reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK).sum(axis=(1, 3))
    calm = np.sort(blocks.ravel())[: max(1, blocks.size // 4)]
    mean = int(calm.sum()) / (calm.size * BLOCK * BLOCK)
    return math.sqrt(math.pi / 2) * mean / 6


def _blockiness(grey: NDArray[np.uint8]) -> float:
    """Steps across the grid of eight over the other steps, along rows."""
    if grey.shape[1] < 24:
        return 1.0
    steps = np.abs(np.diff(grey.astype(np.int16), axis=1)).sum(axis=0, dtype=np.int64)
    grid = np.arange(7, steps.size, 8)
    others = np.delete(steps, grid)
    inside = int(others.sum()) / others.size
    return (int(steps[grid].sum()) / grid.size + 0.5) / (inside + 0.5)


def _entropy(counts: NDArray[np.int64]) -> float:
    shares = counts[counts > 0] / counts.sum()
    return float(-sum(share * math.log2(share) for share in shares.tolist()))


def _clipped(image: Image) -> float:
    low = np.asarray(cv2.inRange(image, (0, 0, 0), (0, 0, 0)))
    high = np.asarray(cv2.inRange(image, (255, 255, 255), (255, 255, 255)))
    return (cv2.countNonZero(low) + cv2.countNonZero(high)) / low.size
