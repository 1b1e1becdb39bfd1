"""Compiled: the inside pixel farthest from the edge, without the distances of all the others.

Distances to the edge within a column take two sweeps. Of these the true distance of a pixel
follows by looking left and right, and no farther than it is itself. Distances of neighbours
differ by at most their distance, so that most pixels are passed over once a good one is known.
Everything is in whole squared pixels.

Source: the lower envelope of P. Felzenszwalb, D. Huttenlocher, Distance transforms of sampled
functions, 2012, searched instead of built.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
I32 = NDArray[np.int32]

APART = 16
"""Rows between those that are looked at first."""


@njit(nogil=True, cache=True)
def columns(inside: U8) -> I32:
    """Distance of each pixel of ``(height, width)`` to the edge above or below it.

    Whatever lies outside of the array is edge.
    """
    height, width = inside.shape
    out = np.empty((height, width), np.int32)
    for x in range(width):
        out[0, x] = min(inside[0, x], 1)
    for y in range(1, height):
        for x in range(width):
            out[y, x] = out[y - 1, x] + 1 if inside[y, x] else 0
    for x in range(width):
        out[height - 1, x] = min(out[height - 1, x], 1)
    for y in range(height - 2, -1, -1):
        for x in range(width):
            out[y, x] = min(out[y, x], out[y + 1, x] + 1)
    return out


@njit(nogil=True, cache=True)
def farthest(column: I32) -> int:
    """Largest squared distance of a pixel to the edge; ``column`` is from ``columns``."""
    height = column.shape[0]
    best = 0
    for again in (False, True):
        for y in range(height):
            if (y % APART != 0) == again:
                at = _next(column[y], 0, best + 1)
                while at >= 0:
                    best = _squared(column[y], at, best + 1)
                    at = _next(column[y], at + 1, best + 1)
    return best


@njit(nogil=True, cache=True)
def first(column: I32, least: int) -> tuple[int, int]:
    """``(row, column)`` of the first pixel in row order whose squared distance is ``least``."""
    for y in range(column.shape[0]):
        x = _next(column[y], 0, least)
        if x >= 0:
            return y, x
    return -1, -1


@njit(nogil=True, cache=True)
def _next(row: I32, start: int, least: int) -> int:
    """Place from ``start`` of the first pixel whose squared distance is ``least`` or more."""
    x, wanted = start, math.sqrt(least)
    while x < row.size:
        here = _squared(row, x, least)
        if here >= least:
            return x
        x += max(1, int(wanted - math.sqrt(here)))
    return -1


@njit(nogil=True, cache=True)
def _squared(row: I32, x: int, least: int) -> int:
    """Squared distance of a pixel to the edge, or anything above it that is below ``least``."""
    best = int(row[x]) * int(row[x])
    step = 1
    while step * step < best and best >= least:
        left = int(row[x - step]) if x >= step else 0
        right = int(row[x + step]) if x + step < row.size else 0
        near = min(left, right)
        best = min(best, near * near + step * step)
        step += 1
    return best
