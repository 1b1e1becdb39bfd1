"""Block means for pixelation."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
I64 = NDArray[np.int64]


@njit(nogil=True, cache=True)
def block_row(sums: NDArray[np.uint32], spans: I64, count: int, row: U8) -> None:
    """Fill a row with block means, given the column sums over ``count`` picture rows."""
    at, last = 0, spans.shape[0]
    while at < last:
        first, stop = spans[at, 0], spans[at, 1]
        pixels = count * (stop - first)
        # Rounded division; exact below 2**32, and a block has far fewer levels to sum.
        scale = np.uint64((1 << 32) // (2 * pixels) + 1)
        red, green, blue = np.uint64(pixels), np.uint64(pixels), np.uint64(pixels)
        for x in range(first, stop):
            red += np.uint64(2 * sums[3 * x])
            green += np.uint64(2 * sums[3 * x + 1])
            blue += np.uint64(2 * sums[3 * x + 2])
        r = np.uint8((red * scale) >> np.uint64(32))
        g = np.uint8((green * scale) >> np.uint64(32))
        b = np.uint8((blue * scale) >> np.uint64(32))
        while at < last and spans[at, 0] == first and spans[at, 1] == stop:
            row[3 * at], row[3 * at + 1], row[3 * at + 2] = r, g, b
            at += 1


@njit(nogil=True, cache=True)
def pixelate(source: U8, down: I64, across: I64, out: U8) -> None:
    """Replace every pixel by the mean of the rows and columns its spans name.

    ``down`` (row, 2) and ``across`` (column, 2) hold the first source line of the pixel's block
    and the one after the last.
    """
    height, size = source.shape
    sums = np.empty(size, np.uint32)
    for y in range(height):
        first, stop = down[y, 0], down[y, 1]
        if y > 0 and down[y - 1, 0] == first and down[y - 1, 1] == stop:
            out[y] = out[y - 1]
            continue
        sums[:] = 0
        for j in range(first, stop):
            line = source[j]
            for i in range(size):
                sums[i] += np.uint32(line[i])
        block_row(sums, across, stop - first, out[y])
