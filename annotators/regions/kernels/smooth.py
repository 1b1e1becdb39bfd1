"""A picture made small and smooth before it is cut into patches.

Sums are of whole numbers, held in floats where that lets several pixels be worked on at once; none
is so large that a float could not hold it exactly, so the result is the same on every machine.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]
F64 = NDArray[np.float64]


@njit(nogil=True, cache=True)
def shrink(image: U8, out: U8) -> None:
    """Fill ``out`` (smaller) with the rounded mean of the block behind each of its pixels."""
    height, width = image.shape[:2]
    rows, columns = out.shape[:2]
    for i in range(rows):
        top, bottom = i * height // rows, (i + 1) * height // rows
        for j in range(columns):
            left, right = j * width // columns, (j + 1) * width // columns
            count = (bottom - top) * (right - left)
            red, green, blue = count // 2, count // 2, count // 2
            for y in range(top, bottom):
                for x in range(left, right):
                    red += np.int64(image[y, x, 0])
                    green += np.int64(image[y, x, 1])
                    blue += np.int64(image[y, x, 2])
            out[i, j, 0] = red // count
            out[i, j, 1] = green // count
            out[i, j, 2] = blue // count


@njit(nogil=True, cache=True)
def bilateral(image: U8, near: F64, alike: F64, out: U8) -> None:
    """Edge-keeping mean: weights ``near[dy, dx]`` by distance, ``alike`` by colour difference.

    Weights are whole numbers up to 1024. Colour difference is the sum of the channels' absolute
    differences (0 to 765). The border is clipped, not mirrored. The weight between two pixels is
    the same seen from either, so each pair is looked at once.
    """
    height, width = image.shape[:2]
    radius = near.shape[0] // 2
    plane = np.empty((3, height, width), np.float32)
    # Sums of weights, then of each channel times its weight; each pixel begins with its own.
    sums = np.empty((4, height, width), np.float64)
    own = near[radius, radius] * alike[0]
    for y in range(height):
        for x in range(width):
            sums[0, y, x] = own
            for c in range(3):
                plane[c, y, x] = image[y, x, c]
                sums[c + 1, y, x] = own * image[y, x, c]
    weight = np.empty(width, np.float64)
    for y in range(height):
        for dy in range(min(radius + 1, height - y)):
            for dx in range(1 if dy == 0 else -radius, radius + 1):
                here, there = max(0, -dx), max(0, dx)
                count = max(0, width - abs(dx))
                far = near[dy + radius, dx + radius]
                _weigh(plane, y, y + dy, here, there, far, alike, weight[:count])
                _add(sums, plane, y, here, y + dy, there, weight[:count])
                _add(sums, plane, y + dy, there, y, here, weight[:count])
    for y in range(height):
        for x in range(width):
            total = sums[0, y, x]
            half = np.floor(total / 2)
            for c in range(3):
                out[y, x, c] = np.uint8((sums[c + 1, y, x] + half) / total)


@njit(nogil=True, cache=True)
def _weigh(
    plane: F32, y: int, v: int, here: int, there: int, near: float, alike: F64, weight: F64
) -> None:
    """Weights between a row's pixels from ``here`` on and another's from ``there`` on."""
    r, g, b = plane[0, y, here:], plane[1, y, here:], plane[2, y, here:]
    p, q, s = plane[0, v, there:], plane[1, v, there:], plane[2, v, there:]
    for x in range(weight.size):
        apart = abs(p[x] - r[x]) + abs(q[x] - g[x]) + abs(s[x] - b[x])
        weight[x] = near * alike[np.uint32(apart)]


@njit(nogil=True, cache=True)
def _add(sums: F64, plane: F32, y: int, here: int, v: int, there: int, weight: F64) -> None:
    """Add a row's pixels from ``there`` on to another's sums from ``here`` on."""
    total = sums[0, y, here:]
    for x in range(weight.size):
        total[x] += weight[x]
    for c in range(3):
        total, value = sums[c + 1, y, here:], plane[c, v, there:]
        for x in range(weight.size):
            total[x] += weight[x] * value[x]
