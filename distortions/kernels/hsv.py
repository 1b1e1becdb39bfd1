"""Value and saturation of HSV changed at fixed hue, in whole numbers."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

U8 = NDArray[np.uint8]


@njit(cache=True, nogil=True)
def with_value(rows: U8, table: U8, out: U8) -> None:
    """Scale every pixel so that its largest channel becomes ``table`` of it; black turns grey."""
    for y in range(rows.shape[0]):
        for x in range(0, rows.shape[1], 3):
            red, green, blue = rows[y, x], rows[y, x + 1], rows[y, x + 2]
            value = max(red, green, blue)
            new = np.int32(table[value])
            if value == 0:
                out[y, x] = out[y, x + 1] = out[y, x + 2] = new
                continue
            half = np.int32(value) >> 1
            out[y, x] = (np.int32(red) * new + half) // np.int32(value)
            out[y, x + 1] = (np.int32(green) * new + half) // np.int32(value)
            out[y, x + 2] = (np.int32(blue) * new + half) // np.int32(value)


@njit(cache=True, nogil=True)
def with_saturation(rows: U8, factor: int, out: U8) -> None:
    """Multiply saturation by ``factor / 1024`` at fixed hue and value, at most to full."""
    for y in range(rows.shape[0]):
        for x in range(0, rows.shape[1], 3):
            high = np.int32(max(rows[y, x], rows[y, x + 1], rows[y, x + 2]))
            span = high - np.int32(min(rows[y, x], rows[y, x + 1], rows[y, x + 2]))
            full = factor * span >= 1024 * high
            for c in range(3):
                short = high - np.int32(rows[y, x + c])
                if span == 0:
                    lost = np.int32(0)
                elif full:
                    lost = (2 * short * high + span) // (2 * span)
                else:
                    lost = (short * factor + 512) >> 10
                out[y, x + c] = high - lost
