"""Blur kernels: separable, along a line, over a disk, towards a centre.

Pictures come as ``(height, 3 * width)`` uint8 rows. Everything is 16-bit integer arithmetic,
which every x86-64 machine does alike and vector units do 16 or 32 at a time. Weights carry 15
fraction bits and are applied as a high part of 8 and a low part of 7, so that no product leaves
16 bits: a pair sums to 510 at most, and 510 * 128 < 65536.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
U16 = NDArray[np.uint16]
I64 = NDArray[np.int64]


@njit(nogil=True, cache=True)
def start(total: U16, row: U8, weight: int, terms: int) -> None:
    """Set ``total`` to ``weight * row`` in 1/256 levels, plus what rounds ``terms`` terms."""
    high = np.uint16(weight >> 7)
    low = np.uint16(weight & 127)
    half = np.uint16(128 + terms // 2)
    for i in range(total.size):
        value = np.uint16(row[i])
        total[i] = np.uint16(value * high) + np.uint16(np.uint16(value * low) >> 7) + half


@njit(nogil=True, cache=True)
def add_pairs(total: U16, a: U8, b: U8, c: U8, d: U8, first: int, second: int) -> None:
    """Add ``first * (a + b) + second * (c + d)``; two pairs at once halve the traffic."""
    high, low = np.uint16(first >> 7), np.uint16(first & 127)
    upper, lower = np.uint16(second >> 7), np.uint16(second & 127)
    for i in range(total.size):
        p = np.uint16(np.uint16(a[i]) + np.uint16(b[i]))
        q = np.uint16(np.uint16(c[i]) + np.uint16(d[i]))
        total[i] += (
            np.uint16(p * high)
            + np.uint16(np.uint16(p * low) >> 7)
            + np.uint16(q * upper)
            + np.uint16(np.uint16(q * lower) >> 7)
        )


@njit(nogil=True, cache=True)
def pad(line: U16, size: int, radius: int, columns: I64) -> None:
    """Fill ``radius`` pixels on either side of a line of ``size`` samples."""
    middle = line[3 * radius : 3 * radius + size]
    for j in range(radius):
        left, right = 3 * columns[j], 3 * columns[radius + size // 3 + j]
        for channel in range(3):
            line[3 * j + channel] = middle[left + channel]
            line[3 * (radius + j) + size + channel] = middle[right + channel]


@njit(nogil=True, cache=True)
def separable(source: U8, weights: U16, rows: I64, columns: I64, out: U8) -> None:
    """Convolve both ways with a symmetric kernel; ``weights`` run from the centre outwards.

    ``weights`` has an odd length (pairs come two by two) and sums to 32768 over the whole
    kernel; ``rows`` and ``columns`` say where the padded positions look.
    """
    height, size = source.shape
    radius = weights.size - 1
    line = np.empty(size + 6 * radius, np.uint16)
    middle = line[3 * radius : 3 * radius + size]
    total = np.empty(size, np.uint16)
    for y in range(height):
        at = y + radius
        start(total, source[rows[at]], weights[0], radius + 1)
        for k in range(1, radius, 2):
            add_pairs(
                total,
                source[rows[at - k]],
                source[rows[at + k]],
                source[rows[at - k - 1]],
                source[rows[at + k + 1]],
                weights[k],
                weights[k + 1],
            )
        for i in range(size):
            middle[i] = total[i] >> 8
        pad(line, size, radius, columns)
        start(total, middle, weights[0], radius + 1)
        for k in range(1, radius, 2):
            n, m = 3 * (radius - k), 3 * (radius + k)
            add_pairs(
                total,
                line[n : n + size],
                line[m : m + size],
                line[n - 3 : n - 3 + size],
                line[m + 3 : m + 3 + size],
                weights[k],
                weights[k + 1],
            )
        row = out[y]
        for i in range(size):
            row[i] = np.uint8(total[i] >> 8)


@njit(nogil=True, cache=True)
def along_line(padded: U8, radius: int, steps: I64, weights: U16, out: U8) -> None:
    """Weighted mean of pixels at ``+-steps`` (rows of dy, dx; an even number of them).

    ``padded`` is the source with ``radius`` pixels more on every side; ``weights[0]`` belongs to
    the pixel itself, ``weights[1 + i]`` to either end of step ``i``.
    """
    height, size = out.shape
    total = np.empty(size, np.uint16)
    for y in range(height):
        at, left = y + radius, 3 * radius
        start(total, padded[at, left : left + size], weights[0], weights.size)
        for k in range(0, steps.shape[0], 2):
            dy, dx = steps[k, 0], 3 * steps[k, 1]
            ey, ex = steps[k + 1, 0], 3 * steps[k + 1, 1]
            add_pairs(
                total,
                padded[at + dy, left + dx : left + dx + size],
                padded[at - dy, left - dx : left - dx + size],
                padded[at + ey, left + ex : left + ex + size],
                padded[at - ey, left - ex : left - ex + size],
                weights[k + 1],
                weights[k + 2],
            )
        row = out[y]
        for i in range(size):
            row[i] = np.uint8(total[i] >> 8)


@njit(nogil=True, cache=True)
def set_sum(total: U16, base: U16, a: U8, b: U8) -> None:
    """Set ``total`` to ``base + a + b``."""
    for i in range(total.size):
        total[i] = base[i] + np.uint16(np.uint16(a[i]) + np.uint16(b[i]))


@njit(nogil=True, cache=True)
def add_sum(total: U16, a: U16, b: U16) -> None:
    """Add ``a + b``; ``set_sum(total, total, a, b)`` would not vectorise, since it overlaps."""
    for i in range(total.size):
        total[i] += np.uint16(a[i] + b[i])


@njit(nogil=True, cache=True)
def disk(source: U8, heights: I64, rows: I64, columns: I64, out: U8) -> None:
    """Mean over a disk; ``heights[d]`` is how far its column ``d`` off centre reaches.

    Columns of every height are summed once (each is the next shorter one and two pixels more),
    then picked per column offset: about 4 additions per unit of radius, not one per disk pixel.
    """
    height, size = source.shape
    radius = heights.size - 1
    columns_of = np.zeros((radius + 1, size + 6 * radius), np.uint16)
    total = np.empty(size, np.uint16)
    count = 2 * (2 * heights.sum() - heights[0]) + 2 * radius + 1
    # Exact for every sum a disk of radius <= 8 can have: see test_blur.
    reciprocal = np.uint32((1 << 24) // count + 1)
    half = np.uint16(count // 2)
    for y in range(height):
        at, left = y + radius, 3 * radius
        centre, shortest = source[rows[at]], columns_of[0, left : left + size]
        for i in range(size):
            shortest[i] = np.uint16(centre[i])
        pad(columns_of[0], size, radius, columns)
        for k in range(1, radius + 1):
            longer, shorter = columns_of[k], columns_of[k - 1]
            set_sum(
                longer[left : left + size],
                shorter[left : left + size],
                source[rows[at - k]],
                source[rows[at + k]],
            )
            pad(longer, size, radius, columns)
        middle = columns_of[heights[0], left : left + size]
        for i in range(size):
            total[i] = middle[i]
        for d in range(1, radius + 1):
            column = columns_of[heights[d]]
            add_sum(
                total,
                column[left - 3 * d : left - 3 * d + size],
                column[left + 3 * d : left + 3 * d + size],
            )
        row = out[y]
        for i in range(size):
            scaled = np.uint32(np.uint32(np.uint16(total[i] + half)) * reciprocal)
            row[i] = np.uint8(scaled >> np.uint32(24))
