"""Value and saturation of HSV changed at fixed hue, in fixed-point whole numbers."""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

U8 = NDArray[np.uint8]


@njit(cache=True, nogil=True, inline="always")
def _largest(first: Any, second: Any, third: Any) -> Any:
    both = first if first > second else second
    return both if both > third else third


@njit(cache=True, nogil=True)
def with_value(rows: U8, table: U8, out: U8) -> None:
    """Scale every pixel so that its largest channel becomes ``table`` of it; black turns grey."""
    scale = np.zeros(256, np.int32)
    for value in range(1, 256):
        scale[value] = (np.int32(table[value]) * 65536 + value // 2) // value
    grey = np.int32(table[0])
    for y in range(rows.shape[0]):
        for x in range(0, rows.shape[1], 3):
            red, green, blue = (
                np.int32(rows[y, x]),
                np.int32(rows[y, x + 1]),
                np.int32(rows[y, x + 2]),
            )
            value = _largest(red, green, blue)
            by, lift = scale[value], np.int32(32768)
            if value == 0:
                lift += grey * 65536
            out[y, x] = np.uint8((red * by + lift) >> 16)
            out[y, x + 1] = np.uint8((green * by + lift) >> 16)
            out[y, x + 2] = np.uint8((blue * by + lift) >> 16)


@njit(cache=True, nogil=True)
def with_saturation(rows: U8, factor: int, out: U8) -> None:
    """Multiply saturation by ``factor / 4096`` at fixed hue and value, at most to full."""
    inverse = np.zeros(256, np.int32)
    for span in range(1, 256):
        inverse[span] = ((1 << 20) + span // 2) // span
    for y in range(rows.shape[0]):
        for x in range(0, rows.shape[1], 3):
            red, green, blue = (
                np.int32(rows[y, x]),
                np.int32(rows[y, x + 1]),
                np.int32(rows[y, x + 2]),
            )
            high = _largest(red, green, blue)
            span = high + _largest(-red, -green, -blue)
            span = span if span > 0 else 1
            # Full saturation is reached when the span becomes the value itself.
            full = (high * inverse[span]) >> 8
            by = full if full < factor else factor
            out[y, x] = np.uint8(high - (((high - red) * by + 2048) >> 12))
            out[y, x + 1] = np.uint8(high - (((high - green) * by + 2048) >> 12))
            out[y, x + 2] = np.uint8(high - (((high - blue) * by + 2048) >> 12))
