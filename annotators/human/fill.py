"""Compiled loops of drawn shapes: filling by the even-odd rule, Label Studio's packed brush."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

F64 = NDArray[np.float64]
U8 = NDArray[np.uint8]
NEAR = 1e-12
"""How near a vertex a pixel's centre must be to lie on it."""
CLOSE = 1e-6
"""How near a crossing a pixel's centre must be for its side to be looked at exactly."""


@njit(nogil=True, cache=True)
def fill_even_odd(xs: F64, ys: F64, left: int, top: int, out: U8) -> None:
    """Set the pixels of ``out`` whose centre is inside the closed line or on it.

    ``out`` is the part of the picture that begins at column ``left`` and row ``top``.

    A pixel ``(row, column)`` has its centre at ``y = row``, ``x = column``. For each edge and each
    row that it crosses, the pixels left of the crossing change sides; what a pixel's ray to the
    right and its ray to the left disagree on lies on an edge, and belongs to the shape.

    Source: O'Rourke, Computational Geometry in C, section 7.4, two rays, as scikit-image does.
    """
    height, width = out.shape
    before = np.zeros((height, width + 1), np.uint8)
    behind = np.zeros((height, width + 1), np.uint8)
    x1, y1 = xs[-1], ys[-1]
    for i in range(xs.size):
        x0, y0 = xs[i], ys[i]
        low, high = min(y0, y1), max(y0, y1)
        first = int(max(0.0, np.ceil(low) - top))
        last = int(min(height - 1.0, np.floor(high) - top))
        for row in range(first, last + 1):
            a, b = y0 - (row + top), y1 - (row + top)
            if (a > 0) == (b > 0) and (a < 0) == (b < 0):
                continue
            at = min(max(x0 + (x1 - x0) * (a / (a - b)) - left, -1.0), width + 1.0)
            one = two = min(max(int(np.ceil(at)), 0), width)
            if abs(at - np.floor(at + 0.5)) < CLOSE:
                one = _turn(x0, a, x1, b, left, int(at), width, True)
                two = _turn(x0, a, x1, b, left, int(at), width, False)
            before[row, one] ^= (a > 0) != (b > 0)
            behind[row, two] ^= (a < 0) != (b < 0)
        row, column = int(np.floor(y0 + 0.5)) - top, int(np.floor(x0 + 0.5)) - left
        near = abs(x0 - (column + left)) < NEAR and abs(y0 - (row + top)) < NEAR
        if near and 0 <= row < height and 0 <= column < width:
            out[row, column] = 1
        x1, y1 = x0, y0
    _sides(before, behind, out)


@njit(nogil=True, cache=True)
def _sides(before: U8, behind: U8, out: U8) -> None:
    """Set what changed sides an odd number of times, seen from the right or from the left."""
    height, width = out.shape
    for row in range(height):
        inside = 0
        for column in range(width - 1, -1, -1):
            inside ^= before[row, column + 1]
            out[row, column] |= inside
        inside = 0
        for column in range(width):
            inside ^= behind[row, column]
            out[row, column] |= inside


@njit(nogil=True, cache=True)
def _turn(
    x0: float, y0: float, x1: float, y1: float, left: int, guess: int, width: int, before: bool
) -> int:
    """The first column, ``width`` at most, that does not lie before the crossing of its row.

    With ``before`` false, the first that lies behind it: one on the crossing does neither.
    """
    column = max(0, guess - 2)
    while column < min(width, guess + 3):
        at = column + left
        side = ((x0 - at) * y1 - (x1 - at) * y0) / (y1 - y0)
        if (before and not side > 0) or (not before and side < 0):
            return column
        column += 1
    return min(column, width)


@njit(nogil=True, cache=True)
def unpack_brush(data: U8, start: int, word: int, lengths: U8, out: U8) -> int:
    """Unpack a brush into ``out``; returns 0, 1 for an early end, 2 for a run beyond ``out``.

    Args:
        data: The bytes.
        start: First bit behind the header.
        word: Bits a value.
        lengths: Bits of the four lengths of a run.
        out: One value a channel and pixel, flat.
    """
    at, bit, end = 0, start, data.size * 8
    while at < out.size:
        if bit + 3 > end:
            return 1
        run, bit = _take(data, bit, 1), bit + 1
        which, bit = _take(data, bit, 2), bit + 2
        size = int(lengths[which])
        if bit + size > end:
            return 1
        count, bit = _take(data, bit, size) + 1, bit + size
        if at + count > out.size:
            return 2
        values = 1 if run else count
        if bit + values * word > end:
            return 1
        value = 0
        for i in range(count):
            if i < values:
                value, bit = _take(data, bit, word), bit + word
            out[at + i] = value & 255
        at += count
    return 0


@njit(nogil=True, cache=True)
def _take(data: U8, bit: int, count: int) -> int:
    value = 0
    for i in range(bit, bit + count):
        value = (value << 1) | ((int(data[i >> 3]) >> (7 - (i & 7))) & 1)
    return value
