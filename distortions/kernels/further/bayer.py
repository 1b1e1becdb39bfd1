"""A colour mosaic: one channel a place, and the two others made up from around it."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
I64 = NDArray[np.int64]


@njit(nogil=True, cache=True)
def mosaic(source: U8, down: I64, across: I64, x: int, y: int, out: U8) -> None:
    """Mean of every block in the channel of its place: red and green, green and blue below.

    ``down`` and ``across`` ``(places, 2)`` hold the first line of every block and the one after
    its last; the first place of ``out`` is (x, y) on the sensor.
    """
    for row in range(out.shape[0]):
        first, stop = down[row, 0], down[row, 1]
        for column in range(out.shape[1]):
            channel = ((y + row) & 1) + ((x + column) & 1)
            left, right = across[column, 0], across[column, 1]
            total = np.int64(0)
            for j in range(first, stop):
                for i in range(left, right):
                    total += source[j, 3 * i + channel]
            area = (stop - first) * (right - left)
            out[row, column] = np.uint8((2 * total + area) // (2 * area))


@njit(nogil=True, cache=True)
def demosaic(plane: U8, down: I64, across: I64, x: int, y: int, out: U8) -> None:
    """Bilinear colours ``(height, 3 * width)`` of a mosaic; see ``mosaic``.

    ``down`` and ``across`` say where the lines of the mosaic lie that is one larger all round.
    """
    height, width = plane.shape
    for row in range(height):
        above, own, below = plane[down[row]], plane[down[row + 1]], plane[down[row + 2]]
        for column in range(width):
            left, at, right = across[column], across[column + 1], across[column + 2]
            beside = (np.int32(own[left]) + np.int32(own[right]) + 1) >> 1
            over = (np.int32(above[at]) + np.int32(below[at]) + 1) >> 1
            corners = np.int32(above[left]) + np.int32(above[right])
            corners = (corners + np.int32(below[left]) + np.int32(below[right]) + 2) >> 2
            cross = (beside + over + 1) >> 1
            value, odd_row = np.int32(own[at]), (y + row) & 1
            if odd_row == (x + column) & 1:
                red = corners if odd_row else value
                green, blue = cross, value if odd_row else corners
            else:
                red, green = over if odd_row else beside, value
                blue = beside if odd_row else over
            out[row, 3 * column] = np.uint8(red)
            out[row, 3 * column + 1] = np.uint8(green)
            out[row, 3 * column + 2] = np.uint8(blue)
