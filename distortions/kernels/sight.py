"""Similarity of what a viewer resolves of two pictures, block by block."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from distortions.kernels.plain import PLAIN

I32 = NDArray[np.int32]
F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

LAB_UNIT = 64
WEIGHTS = np.float32(1.5)
ONE, TWO = np.float32(1), np.float32(2)
GMSD_CONSTANT = np.float32(170)
HAAR_CONSTANT = np.float32(30)
HAAR_STEEPNESS = np.float32(4.2)
# The power series of exp(t) at -4.2 / 8 to the seventh term, its eighth power taken afterwards.
E1, E2, E3, E4, E5, E6, E7 = (np.float32((-4.2 / 8) ** k / math.factorial(k)) for k in range(1, 8))


@njit(**PLAIN)
def _alike(p: F32, q: F32, constant: np.float32, out: F32) -> None:
    """Similarity of two rows of magnitudes, 1 where they agree."""
    for x in range(p.size):
        both = TWO * (p[x] * q[x]) + constant
        out[x] = both / (p[x] * p[x] + q[x] * q[x] + constant)


@njit(**PLAIN)
def _squash(p: F32, q: F32, out: F32) -> None:
    """1 / (1 + exp(-4.2 s)) of the mean of two similarities in 0..1."""
    for x in range(p.size):
        s = (p[x] + q[x]) / TWO
        e = ONE + s * (E1 + s * (E2 + s * (E3 + s * (E4 + s * (E5 + s * (E6 + s * E7))))))
        e = e * e
        e = e * e
        out[x] = ONE / (ONE + e * e)


@njit(**PLAIN)
def _greater(p: F32, q: F32, out: F32) -> None:
    for x in range(p.size):
        out[x] = p[x] if p[x] > q[x] else q[x]


@njit(**PLAIN)
def _blend(v: F32, across: F32, w: F32, down: F32, colour: F32, out: F32) -> None:
    """Weighted sum of two directions and of colour, whose weight is the mean of theirs."""
    for x in range(v.size):
        out[x] = v[x] * across[x] + w[x] * down[x] + (v[x] + w[x]) / TWO * colour[x]


@njit(**PLAIN)
def gradient_similarity(a: F32, b: F32) -> F32:
    """Gradient magnitude similarity of two planes of gradients, 1 where they agree.

    Source: GMSD, Xue et al. 2014, equation 4.
    """
    out = np.empty_like(a)
    for y in range(a.shape[0]):
        _alike(a[y], b[y], GMSD_CONSTANT, out[y])
    return out


@njit(**PLAIN)
def haar_similarity(a: F32, b: F32, chroma_a: F32, chroma_b: F32) -> F32:
    """Weighted, squashed similarity and its weight, summed over directions, ``(2, h, w)``.

    Rows of plain arithmetic, so that the compiler works on several pixels at once.

    Source: HaarPSI, Reisenhofer et al. 2018, equations 8 to 12, with chroma.
    """
    height, width = a.shape[1:]
    out = np.empty((2, height, width), np.float32)
    row = np.empty((7, width), np.float32)
    for y in range(height):
        for k in range(2):
            _alike(a[k, y], b[k, y], HAAR_CONSTANT, row[0])
            _alike(a[k + 2, y], b[k + 2, y], HAAR_CONSTANT, row[1])
            _squash(row[0], row[1], row[2 + k])
            _greater(a[k + 4, y], b[k + 4, y], row[4 + k])
        _alike(chroma_a[0, y], chroma_b[0, y], HAAR_CONSTANT, row[0])
        _alike(chroma_a[1, y], chroma_b[1, y], HAAR_CONSTANT, row[1])
        _squash(row[0], row[1], row[6])
        _blend(row[4], row[2], row[5], row[3], row[6], out[0, y])
        for x in range(width):
            out[1, y, x] = (row[4, x] + row[5, x]) * WEIGHTS
    return out


@njit(inline="always", **PLAIN)
def _lookup(table: F64, position: float) -> float:
    last = table.size - 2
    index = min(int(position), last)
    share = min(position - index, 1.0)
    return float(table[index] + share * (table[index + 1] - table[index]))


@njit(inline="always", **PLAIN)
def parts(
    l1: float, a1: float, b1: float, l2: float, a2: float, b2: float, power: F64, turn: F64
) -> tuple[float, float]:
    """Squares of CIEDE2000's lightness part and colour part.

    Without angles: the mean hue is the direction of the sum of two unit vectors, its multiples
    come of the double-angle formulas, and the hue difference of a dot product.

    ``power`` is sqrt(c^7 / (c^7 + 25^7)) at mean chroma c = 0, 1/4, 1/2, ..., ``turn`` the sine
    of the rotation term's angle over the lower half circle of hues.

    Source: CIEDE2000, Sharma et al. 2005.
    """
    g = 1 + 0.5 * (
        1 - _lookup(power, 2 * (math.sqrt(a1 * a1 + b1 * b1) + math.sqrt(a2 * a2 + b2 * b2)))
    )
    a1, a2 = g * a1, g * a2
    c1, c2 = math.sqrt(a1 * a1 + b1 * b1), math.sqrt(a2 * a2 + b2 * b2)
    x = (a1 / c1 if c1 > 0 else 0.0) + (a2 / c2 if c2 > 0 else 0.0)
    y = (b1 / c1 if c1 > 0 else 0.0) + (b2 / c2 if c2 > 0 else 0.0)
    long = math.sqrt(x * x + y * y)
    c, s = (x / long, y / long) if long > 0 else (1.0, 0.0)
    cos2, sin2 = 2 * c * c - 1, 2 * s * c
    cos3, sin3 = c * (4 * c * c - 3), s * (3 - 4 * s * s)
    cos4, sin4 = 2 * cos2 * cos2 - 1, 2 * sin2 * cos2
    t = (
        1
        - 0.17 * (0.8660254037844387 * c + 0.5 * s)
        + 0.24 * cos2
        + 0.32 * (0.9945218953682733 * cos3 - 0.10452846326765347 * sin3)
        - 0.20 * (0.45399049973954675 * cos4 + 0.8910065241883679 * sin4)
    )
    low, mean_c = (l1 + l2) / 2 - 50, (c1 + c2) / 2
    low *= low
    dl = (l2 - l1) / (1 + 0.015 * low / math.sqrt(20 + low))
    dc = (c2 - c1) / (1 + 0.045 * mean_c)
    dh = math.sqrt(max(0.0, 2 * (c1 * c2 - a1 * a2 - b1 * b2))) / (1 + 0.015 * mean_c * t)
    colour = dc * dc + dh * dh
    if s < 0:
        if a1 * b2 - a2 * b1 < 0:
            dh = -dh
        middle = (turn.size - 1) / 2
        angle = _lookup(turn, middle + middle * c / (abs(c) + abs(s)))
        colour -= 2 * _lookup(power, 4 * mean_c) * angle * dc * dh
    return dl * dl, max(0.0, colour)


@njit(**PLAIN)
def colour_difference(a: I32, b: I32, weight: I32, power: F64, turn: F64) -> F32:
    """CIEDE2000 and its colour part alone, ``(2, height, width)``; 0 where ``weight`` is."""
    height, width = weight.shape
    out = np.zeros((2, height, width), np.float32)
    unit = 1.0 / LAB_UNIT
    for y in range(height):
        for x in range(width):
            l1, a1, b1 = a[0, y, x], a[1, y, x], a[2, y, x]
            l2, a2, b2 = b[0, y, x], b[1, y, x], b[2, y, x]
            if weight[y, x] == 0 or (l1 == l2 and a1 == a2 and b1 == b2):
                continue
            light, colour = parts(
                l1 * unit, a1 * unit, b1 * unit, l2 * unit, a2 * unit, b2 * unit, power, turn
            )
            out[0, y, x] = math.sqrt(light + colour)
            out[1, y, x] = math.sqrt(colour)
    return out
