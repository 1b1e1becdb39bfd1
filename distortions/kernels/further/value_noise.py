"""Value noise: random numbers on a lattice of the picture, smooth in between.

Single precision in a fixed order, with weights that were rounded in Python: the same bytes on
every machine, and on a crop those of its place.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from distortions.kernels.hashing import fill_row

F32 = NDArray[np.float32]
U16 = NDArray[np.uint16]
_TO_UNIT = np.float32(1.0 / (1 << 24))


@njit(nogil=True, cache=True)
def lattice_row(key: np.uint64, first: int, row: int, out: F32) -> None:
    """Numbers from ``[0, 1)`` of the lattice's places ``first``, ``first + 1``, ... in a row."""
    words = np.empty(out.size, np.uint64)
    fill_row(key, first, row, words)
    for i in range(out.size):
        out[i] = np.float32(np.int32(words[i] >> np.uint64(40))) * _TO_UNIT


@njit(nogil=True, cache=True)
def add_cell(line: F32, taps: F32, first: int, skip: int, total: F32) -> None:
    """Add what lies between four neighbouring places, from the ``skip``-th pixel on."""
    a, b, c, d = line[first], line[first + 1], line[first + 2], line[first + 3]
    near, at, after, far = taps[0, skip:], taps[1, skip:], taps[2, skip:], taps[3, skip:]
    for i in range(total.size):
        total[i] += (near[i] * a + at[i] * b) + (after[i] * c + far[i] * d)


@njit(nogil=True, cache=True)
def add_octave(key: np.uint64, x: int, y: int, taps: F32, weight: float, total: F32) -> None:
    """Add one octave to ``total`` ``(height, width)``, whose first pixel is at (x, y).

    ``taps`` ``(4, cell)`` are the weights of four places in a row for each pixel of a cell.
    """
    height, width = total.shape
    cell, first = taps.shape[1], x // taps.shape[1]
    places = (x + width - 1) // cell - first + 4
    four, line = np.empty((4, places), np.float32), np.empty(places, np.float32)
    known = -2
    for row in range(height):
        at = (y + row) // cell
        if at != known:
            for k in range(4):
                lattice_row(key, first - 1, at - 1 + k, four[k])
            known = at
        phase, share = y + row - at * cell, np.float32(weight)
        a, b, c, d = taps[0, phase], taps[1, phase], taps[2, phase], taps[3, phase]
        for j in range(places):
            value = (four[0, j] * a + four[1, j] * b) + (four[2, j] * c + four[3, j] * d)
            line[j] = value * share
        start, place = 0, 0
        while start < width:
            skip = x + start - (first + place) * cell
            stop = min(width, start + cell - skip)
            add_cell(line, taps, place, skip, total[row, start:stop])
            start, place = stop, place + 1


@njit(nogil=True, cache=True)
def to_levels(total: F32, middle: float, gain: float, out: U16) -> None:
    """``0.5 + gain * (total - middle)`` in 1/65535, cut to 0 and 65535."""
    height, width = total.shape
    centre, factor = np.float32(middle), np.float32(gain * 65535)
    for row in range(height):
        line, target = total[row], out[row]
        for i in range(width):
            value = np.float32(32768.0) + (line[i] - centre) * factor
            value = min(max(value, np.float32(0.0)), np.float32(65535.0))
            target[i] = np.uint16(np.int32(value))
