"""Zoom blur: the mean of a picture and of enlargements of it about one point.

A row of an enlargement is a vertical blend of two source rows, then a horizontal one. Along the
row the distance to the source changes by one pixel every few pixels only, so that a chunk of 32
samples reads from four neighbouring offsets and weighs them by a table: no gather, no branch.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

CHUNK = 32

U8 = NDArray[np.uint8]
U16 = NDArray[np.uint16]
I64 = NDArray[np.int64]


@njit(nogil=True, cache=True)
def blend(upper: U8, lower: U8, fraction: int, line: U16) -> None:
    """``upper`` and ``lower`` mixed, ``fraction`` of 256 of the latter, rounded."""
    right = np.uint16(fraction)
    left = np.uint16(256 - fraction)
    for i in range(line.size):
        mixed = np.uint16(np.uint16(upper[i]) * left) + np.uint16(np.uint16(lower[i]) * right)
        line[i] = np.uint16(mixed + np.uint16(128)) >> 8


@njit(nogil=True, cache=True)
def add_chunks(line: U16, offsets: I64, weights: U16, total: U16) -> None:
    """Add a resampled line to ``total``, in 1/16 levels.

    Indices are unsigned: signed ones cost a test for negative ones each.
    """
    first, second, third, fourth = weights[0], weights[1], weights[2], weights[3]
    one, two, three = np.uint64(3), np.uint64(6), np.uint64(9)
    for chunk in range(offsets.size):
        at, to = np.uint64(offsets[chunk]), np.uint64(chunk * CHUNK)
        for j in range(np.uint64(CHUNK)):
            a = np.uint16(line[at + j] * first[to + j])
            b = np.uint16(line[at + one + j] * second[to + j])
            c = np.uint16(line[at + two + j] * third[to + j])
            d = np.uint16(line[at + three + j] * fourth[to + j])
            total[to + j] += np.uint16(a + b + c + d + np.uint16(8)) >> 4


@njit(nogil=True, cache=True)
def zoom(
    source: U8, left: int, top: int, rows: I64, fractions: I64, offsets: I64, weights: U16, out: U8
) -> None:
    """Fill ``out``, whose first sample is ``source[top, left]``, with the mean of all layers.

    ``rows`` and ``fractions`` (layer, row) say which source rows make an output row;
    ``offsets`` (layer, chunk) and ``weights`` (layer, tap, sample) do so along the row. Offsets
    count from the start of the padded line, which has one chunk more on either side.
    """
    height, size = source.shape
    layers = rows.shape[0]
    line = np.zeros(size + 4 * CHUNK, np.uint16)
    middle = line[CHUNK : CHUNK + size]
    total = np.empty(weights.shape[2], np.uint16)
    scale = np.uint32((1 << 20) // (layers + 1) + 1)
    half = np.uint32(8 * (layers + 1))
    for y in range(out.shape[0]):
        original = source[top + y, left : left + out.shape[1]]
        for i in range(out.shape[1]):
            total[i] = np.uint16(original[i]) << 4
        for layer in range(layers):
            upper = rows[layer, y]
            lower = min(upper + 1, height - 1)
            blend(source[upper], source[lower], fractions[layer, y], middle)
            add_chunks(line, offsets[layer], weights[layer], total)
        row = out[y]
        for i in range(out.shape[1]):
            sixteenth = np.uint32(np.uint32(total[i]) + half) >> np.uint32(4)
            row[i] = np.uint8(np.uint32(np.uint32(sixteenth) * scale) >> np.uint32(20))
