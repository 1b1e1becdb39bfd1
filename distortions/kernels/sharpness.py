"""Unsharp masking over a 5x5 neighbourhood."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from distortions.kernels.blur import pad

U8 = NDArray[np.uint8]
I64 = NDArray[np.int64]


@njit(nogil=True, cache=True)
def unsharp(source: U8, amount: int, rows: I64, columns: I64, out: U8) -> None:
    """Add ``amount`` / 65536 of what a binomial 5x5 mean, rounded to levels, takes away."""
    height, size = source.shape
    line = np.empty(size + 12, np.uint16)
    middle = line[6 : 6 + size]
    gain = np.int32(amount)
    six, four = np.uint16(6), np.uint16(4)
    for y in range(height):
        a, b, c = source[rows[y]], source[rows[y + 1]], source[rows[y + 2]]
        d, e = source[rows[y + 3]], source[rows[y + 4]]
        for i in range(size):
            near = np.uint16(np.uint16(b[i]) + np.uint16(d[i]))
            far = np.uint16(np.uint16(a[i]) + np.uint16(e[i]))
            middle[i] = far + np.uint16(near * four) + np.uint16(np.uint16(c[i]) * six)
        pad(line, size, 2, columns)
        row = out[y]
        for i in range(size):
            near = np.uint16(line[i + 3] + line[i + 9])
            far = np.uint16(line[i] + line[i + 12])
            total = np.uint16(far + np.uint16(near * four) + np.uint16(line[i + 6] * six))
            mean = np.int32(np.uint16(total + np.uint16(128)) >> 8)
            level = np.int32(c[i])
            detail = np.int32(np.int32(np.int32(level - mean) * gain) + np.int32(32768)) >> 16
            row[i] = np.uint8(min(max(np.int32(level + detail), np.int32(0)), np.int32(255)))
