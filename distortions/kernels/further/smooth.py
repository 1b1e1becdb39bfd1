"""Filters that keep edges, and one that makes them ring.

Loops go over whole lines so that they work on many pixels at once; every pixel's sum has its own
fixed order of single-precision or integer operations.
"""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from distortions.kernels.blur import pad

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
PLAIN: dict[str, Any] = {"nogil": True, "cache": True, "error_model": "numpy"}


@njit(**PLAIN)
def apart(own: F32, other: F32, distance: F32) -> None:
    """Sum over channels of the absolute difference of two lines ``(3, width)``."""
    for i in range(distance.size):
        red, green = own[0, i] - other[0, i], own[1, i] - other[1, i]
        blue = own[2, i] - other[2, i]
        distance[i] = abs(red) + abs(green) + abs(blue)


@njit(**PLAIN)
def weigh(distance: F32, near: float, reach: float, weight: F32, total: F32) -> None:
    """Set weights, ``near`` for the same colour and none from ``reach`` on, and add them up."""
    one, share, scale = np.float32(1.0), np.float32(near), np.float32(1.0 / (reach * reach))
    for i in range(weight.size):
        rest = one - distance[i] * distance[i] * scale
        rest = max(rest, np.float32(0.0))
        found = rest * rest * share
        weight[i] = found
        total[i] += found


@njit(**PLAIN)
def add_weighted(values: F32, weight: F32, total: F32) -> None:
    """Add ``weight * values``."""
    for i in range(total.size):
        total[i] += weight[i] * values[i]


@njit(**PLAIN)
def divide(total: F32, weight: F32, out: F32) -> None:
    """Means from sums."""
    for i in range(out.size):
        out[i] = total[i] / weight[i]


@njit(**PLAIN)
def average(lines: F32, middle: int, near: F32, reach: float, spare: F32, out: F32) -> None:
    """Mean of ``lines[middle]`` and those around it, ``(3, width)`` each, by likeness.

    ``near`` has the weights from the middle outwards; ``spare`` is ``(6, width)``.
    """
    distance, weight, total = spare[0], spare[1], spare[2]
    own, sums = lines[middle], spare[3:]
    total[:] = near[0]
    for channel in range(3):
        for i in range(total.size):
            sums[channel, i] = own[channel, i] * near[0]
    for k in range(1, near.size):
        for side in (-k, k):
            other = lines[middle + side]
            apart(own, other, distance)
            weigh(distance, near[k], reach, weight, total)
            for channel in range(3):
                add_weighted(other[channel], weight, sums[channel])
    for channel in range(3):
        divide(sums[channel], total, out[channel])


@njit(**PLAIN)
def keep_edges(picture: F32, near: F32, reach: float) -> None:
    """Smooth ``picture`` ``(height, 3, width)`` along columns, then along rows, in place.

    Lines beyond the border repeat the last one.
    """
    height, _, width = picture.shape
    radius = near.size - 1
    source = np.empty((height + 2 * radius, 3, width), np.float32)
    source[radius : radius + height] = picture
    for k in range(radius):
        source[k] = picture[0]
        source[radius + height + k] = picture[height - 1]
    spare = np.empty((6, width), np.float32)
    line = np.empty((3, width + 2 * radius), np.float32)
    shifted = np.empty((2 * radius + 1, 3, width), np.float32)
    smooth = np.empty((3, width), np.float32)
    for y in range(height):
        average(source, radius + y, near, reach, spare, smooth)
        for channel in range(3):
            line[channel, radius : radius + width] = smooth[channel]
            line[channel, :radius] = smooth[channel, 0]
            line[channel, radius + width :] = smooth[channel, width - 1]
        for k in range(2 * radius + 1):
            shifted[k] = line[:, k : k + width]
        average(shifted, radius, near, reach, spare, picture[y])


@njit(**PLAIN)
def apart_into(rows: U8, picture: F32) -> None:
    """Interleaved rows into lines of one channel each, ``(height, 3, width)``."""
    height, _, width = picture.shape
    for y in range(height):
        for channel in range(3):
            target = picture[y, channel]
            for i in range(width):
                target[i] = np.float32(rows[y, 3 * i + channel])


@njit(**PLAIN)
def together(picture: F32, table: U8, out: U8) -> None:
    """Back to interleaved rows: rounded, then looked up."""
    height, _, width = picture.shape
    for y in range(height):
        for channel in range(3):
            line = picture[y, channel]
            for i in range(width):
                out[y, 3 * i + channel] = table[np.int64(line[i] + np.float32(0.5))]


@njit(**PLAIN)
def add_pair(total: I32, one: U8, other: U8, weight: int) -> None:
    """Add ``weight * (one + other)``."""
    share = np.int32(weight)
    for i in range(total.size):
        total[i] += share * (np.int32(one[i]) + np.int32(other[i]))


@njit(**PLAIN)
def ring(source: U8, weights: I32, rows: I64, columns: I64, out: U8) -> None:
    """Convolve both ways with a symmetric kernel whose weights may be negative.

    ``weights``, from the centre outwards, sum to 4096 over the whole kernel. Between the two
    passes samples have four fraction bits.
    """
    height, size = source.shape
    radius = weights.size - 1
    line = np.empty(size + 6 * radius, np.int32)
    middle = line[3 * radius : 3 * radius + size]
    total = np.empty(size, np.int32)
    for y in range(height):
        at = y + radius
        total[:] = 128
        add_pair(total, source[rows[at]], source[rows[at]], weights[0] // 2)
        for k in range(1, radius + 1):
            add_pair(total, source[rows[at - k]], source[rows[at + k]], weights[k])
        for i in range(size):
            middle[i] = total[i] >> 8
        pad(line, size, radius, columns)
        total[:] = 32768
        add_pair(total, middle, middle, weights[0] // 2)
        for k in range(1, radius + 1):
            n, m = 3 * (radius - k), 3 * (radius + k)
            add_pair(total, line[n : n + size], line[m : m + size], weights[k])
        row = out[y]
        for i in range(size):
            row[i] = np.uint8(min(max(total[i] >> 16, np.int32(0)), np.int32(255)))
