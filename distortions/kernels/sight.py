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


# Chroma of Lab is below 190 for every sRGB colour; a quarter of a unit apart.
CHROMAS = 4 * 190
TURNS = 513


def _power() -> F64:
    """sqrt(c^7 / (c^7 + 25^7)) at chroma 0, 1/4, 1/2, ... Source: CIEDE2000."""
    chromas = [(index / 4) ** 7 for index in range(CHROMAS)]
    return np.array([round(math.sqrt(c / (c + 25.0**7)), 12) for c in chromas])


def _turn() -> F64:
    """CIEDE2000's sin(2 dtheta) over hues of 180 to 360 degrees.

    The position is the hue's cosine over the sum of the absolute cosine and sine, -1 to 1.
    """
    values = []
    for index in range(TURNS):
        cosine = 2 * index / (TURNS - 1) - 1
        hue = 360 + math.degrees(math.atan2(-(1 - abs(cosine)), cosine))
        if cosine == -1:
            hue = 180.0
        angle = math.radians(60) * math.exp(-(((hue - 275) / 25) ** 2))
        values.append(round(math.sin(angle), 12))
    return np.array(values)


# Constants to the compiler, which then knows that no result is written into them.
POWER, TURN = _power(), _turn()


@njit(inline="always", **PLAIN)
def _power_at(position: float) -> float:
    index = min(int(np.int32(position)), CHROMAS - 2)
    share = min(position - index, 1.0)
    return float(POWER[index] + share * (POWER[index + 1] - POWER[index]))


@njit(inline="always", **PLAIN)
def _turn_at(position: float) -> float:
    index = min(int(np.int32(position)), TURNS - 2)
    share = min(position - index, 1.0)
    return float(TURN[index] + share * (TURN[index + 1] - TURN[index]))


@njit(inline="always", **PLAIN)
def parts(l1: float, a1: float, b1: float, l2: float, a2: float, b2: float) -> tuple[float, float]:
    """Squares of CIEDE2000's lightness part and colour part.

    Without angles: the mean hue is the direction of the sum of two unit vectors, its multiples
    come of the double-angle formulas, and the hue difference of a dot product. Without branches
    either, so that the compiler works on several colours at once.

    Source: CIEDE2000, Sharma et al. 2005.
    """
    g = 1 + 0.5 * (1 - _power_at(2 * (math.sqrt(a1 * a1 + b1 * b1) + math.sqrt(a2 * a2 + b2 * b2))))
    a1, a2 = g * a1, g * a2
    c1, c2 = math.sqrt(a1 * a1 + b1 * b1), math.sqrt(a2 * a2 + b2 * b2)
    x = (a1 / c1 if c1 > 0 else 0.0) + (a2 / c2 if c2 > 0 else 0.0)
    y = (b1 / c1 if c1 > 0 else 0.0) + (b2 / c2 if c2 > 0 else 0.0)
    long = math.sqrt(x * x + y * y)
    c, s = (x / long if long > 0 else 1.0), (y / long if long > 0 else 0.0)
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
    # Only hues of the lower half circle turn.
    way = dh if a1 * b2 - a2 * b1 >= 0 else -dh
    middle = (TURNS - 1) / 2
    angle = _turn_at(middle + middle * c / (abs(c) + abs(s)))
    turned = 2 * _power_at(4 * mean_c) * angle * dc * way
    colour -= turned if s < 0 else 0.0
    return dl * dl, max(0.0, colour)


@njit(**PLAIN)
def _parts_of(lab: F64, count: int, out: F64) -> None:
    """Difference and colour part of ``count`` pairs, ``lab`` is L, a, b of one and the other."""
    l1, a1, b1, l2, a2, b2 = lab[0], lab[1], lab[2], lab[3], lab[4], lab[5]
    both, hue = out[0], out[1]
    for k in range(count):
        light, colour = parts(l1[k], a1[k], b1[k], l2[k], a2[k], b2[k])
        both[k] = math.sqrt(light + colour)
        hue[k] = math.sqrt(colour)


@njit(**PLAIN)
def colour_difference(a: I32, b: I32, weight: I32) -> F32:
    """CIEDE2000 and its colour part alone, ``(2, height, width)``; 0 where ``weight`` is."""
    height, width = weight.shape
    out = np.zeros((2, height, width), np.float32)
    lab, found = np.empty((6, width)), np.empty((2, width))
    place = np.empty(width, np.int32)
    unit = 1.0 / LAB_UNIT
    for y in range(height):
        count = np.int64(0)
        for x in range(width):
            l1, a1, b1 = a[0, y, x], a[1, y, x], a[2, y, x]
            l2, a2, b2 = b[0, y, x], b[1, y, x], b[2, y, x]
            if weight[y, x] == 0 or (l1 == l2 and a1 == a2 and b1 == b2):
                continue
            lab[0, count], lab[1, count], lab[2, count] = l1 * unit, a1 * unit, b1 * unit
            lab[3, count], lab[4, count], lab[5, count] = l2 * unit, a2 * unit, b2 * unit
            place[count] = x
            count += 1
        _parts_of(lab, count, found)
        for k in range(count):
            out[0, y, place[k]], out[1, y, place[k]] = found[0, k], found[1, k]
    return out
