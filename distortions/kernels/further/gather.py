"""Pictures read at other places: per axis by tables, or pixel by pixel by two fields.

Pictures come as ``(height, 3 * width)`` uint8 rows; fractions are in 1/256.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
U16 = NDArray[np.uint16]
I64 = NDArray[np.int64]


@njit(nogil=True, cache=True)
def bilinear(source: U8, first: int, stride: int, down: I64, across: I64, out: U8) -> None:
    """Fill every ``stride``-th sample of ``out`` from ``first`` on, between four of ``source``.

    ``down`` ``(height, 3)`` and ``across`` ``(width, 3)`` hold, for every line of ``out``, the
    line before, the line after and the fraction of the way between them. ``stride`` 3 reads and
    writes the channel ``first``.
    """
    for row in range(down.shape[0]):
        upper, lower, fall = source[down[row, 0]], source[down[row, 1]], np.int32(down[row, 2])
        target, rise = out[row], np.int32(256) - np.int32(down[row, 2])
        for i in range(across.shape[0]):
            left, right = first + stride * across[i, 0], first + stride * across[i, 1]
            share = np.int32(across[i, 2])
            rest = np.int32(256) - share
            above = upper[left] * rest + upper[right] * share
            below = lower[left] * rest + lower[right] * share
            level = (above * rise + below * fall + np.int32(32768)) >> 16
            target[first + stride * i] = np.uint8(level)


@njit(nogil=True, cache=True)
def displaced(source: U8, right: U16, down: U16, far: int, out: U8) -> None:
    """Read every pixel up to ``far`` / 256 pixels away, where two fields say, from 0 to 65535."""
    height, width = right.shape
    for row in range(height):
        for i in range(width):
            x = np.int64(256 * i) + (((np.int64(right[row, i]) - 32768) * far) >> 15)
            y = np.int64(256 * row) + (((np.int64(down[row, i]) - 32768) * far) >> 15)
            x = np.int64(min(max(x, np.int64(0)), np.int64(256 * (width - 1))))
            y = np.int64(min(max(y, np.int64(0)), np.int64(256 * (height - 1))))
            left, top, share, fall = x >> 8, y >> 8, x & 255, y & 255
            after, below = min(left + 1, width - 1), min(top + 1, height - 1)
            for channel in range(3):
                p, q = 3 * left + channel, 3 * after + channel
                upper = source[top, p] * (256 - share) + source[top, q] * share
                lower = source[below, p] * (256 - share) + source[below, q] * share
                level = (upper * (256 - fall) + lower * fall + 32768) >> 16
                out[row, 3 * i + channel] = np.uint8(level)
