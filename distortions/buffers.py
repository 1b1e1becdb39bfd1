"""Array shapes the kernels expect, and where a filter looks beyond the border."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from schemas.arrays import Image

Indices = NDArray[np.int64]


def rows_of(image: Image) -> Image:
    """``image`` as ``(height, 3 * width)``, contiguous and read-only; copied only if need be.

    One layout and one mutability, so that numba compiles each kernel once.
    """
    height, width = image.shape[:2]
    rows = np.ascontiguousarray(image).reshape(height, 3 * width).view()
    rows.flags.writeable = False
    return rows


@lru_cache(maxsize=256)
def nearest(size: int, radius: int) -> Indices:
    """Sources of the positions ``-radius .. size + radius - 1``: the border pixel is repeated."""
    indices = np.clip(np.arange(-radius, size + radius), 0, size - 1)
    indices.flags.writeable = False
    return indices


@lru_cache(maxsize=256)
def mirrored(size: int, radius: int) -> Indices:
    """As ``nearest``, but reflected about the border pixel, which is not repeated."""
    period = max(2 * (size - 1), 1)
    folded = np.arange(-radius, size + radius) % period
    indices = np.minimum(folded, period - folded) if size > 1 else np.zeros_like(folded)
    indices.flags.writeable = False
    return indices
