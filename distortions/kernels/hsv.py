"""Value and saturation of HSV changed at fixed hue, in fixed-point whole numbers.

Row by row in three passes: what the pixel is, what the table says of that, what becomes of the
pixel. Only the middle pass reads at scattered places, so the compiler vectorises the other two.
"""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

U8 = NDArray[np.uint8]


@njit(cache=True, nogil=True, inline="always")
def _largest(first: Any, second: Any, third: Any) -> Any:
    both = first if first > second else second
    return both if both > third else third


@njit(cache=True, nogil=True, inline="always")
def _smallest(first: Any, second: Any, third: Any) -> Any:
    both = first if first < second else second
    return both if both < third else third


@njit(cache=True, nogil=True)
def with_value(rows: U8, table: U8, out: U8) -> None:
    """Scale every pixel so that its largest channel becomes ``table`` of it; black turns grey."""
    scale = np.zeros(256, np.int32)
    for level in range(1, 256):
        scale[level] = (np.int32(table[level]) * 65536 + level // 2) // level
    half, grey = np.int32(32768), np.int32(32768) + np.int32(table[0]) * np.int32(65536)
    width = rows.shape[1] // 3
    value, by = np.empty(width, np.uint8), np.empty(width, np.int32)
    for y in range(rows.shape[0]):
        row, to = rows[y], out[y]
        for x in range(width):
            value[x] = _largest(row[3 * x], row[3 * x + 1], row[3 * x + 2])
        for x in range(width):
            by[x] = scale[value[x]]
        for x in range(width):
            lift = grey if value[x] == 0 else half
            to[3 * x] = np.uint8((np.int32(row[3 * x]) * by[x] + lift) >> 16)
            to[3 * x + 1] = np.uint8((np.int32(row[3 * x + 1]) * by[x] + lift) >> 16)
            to[3 * x + 2] = np.uint8((np.int32(row[3 * x + 2]) * by[x] + lift) >> 16)


@njit(cache=True, nogil=True)
def with_saturation(rows: U8, factor: int, out: U8) -> None:
    """Multiply saturation by ``factor / 4096`` at fixed hue and value, at most to full."""
    inverse = np.zeros(256, np.int32)
    for level in range(256):
        divisor = max(level, 1)
        inverse[level] = ((1 << 20) + divisor // 2) // divisor
    most, half = np.int32(min(factor, 1 << 30)), np.int32(2048)
    width = rows.shape[1] // 3
    value, span = np.empty(width, np.uint8), np.empty(width, np.uint8)
    by = np.empty(width, np.int32)
    for y in range(rows.shape[0]):
        row, to = rows[y], out[y]
        for x in range(width):
            red, green, blue = row[3 * x], row[3 * x + 1], row[3 * x + 2]
            value[x] = _largest(red, green, blue)
            span[x] = value[x] - _smallest(red, green, blue)
        for x in range(width):
            by[x] = inverse[span[x]]
        for x in range(width):
            high = np.int32(value[x])
            # Full saturation is reached when the span becomes the value itself.
            full = (high * by[x]) >> 8
            gain = full if full < most else most
            for c in range(3):
                down = ((high - np.int32(row[3 * x + c])) * gain + half) >> 12
                to[3 * x + c] = np.uint8(high - down)
