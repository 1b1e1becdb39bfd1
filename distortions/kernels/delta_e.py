"""CIEDE2000 between two pictures of some pixels."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

F64 = NDArray[np.float64]
POW_25_7 = 6103515625.0


@njit(cache=True, nogil=True)
def _f(t: float) -> float:
    return t ** (1.0 / 3.0) if t > 216.0 / 24389.0 else (24389.0 / 27.0 * t + 16.0) / 116.0


@njit(cache=True, nogil=True)
def _lab(red: float, green: float, blue: float) -> tuple[float, float, float]:
    """CIE Lab (D65, 2 degrees) of linear sRGB in 0..1."""
    x = (0.412453 * red + 0.357580 * green + 0.180423 * blue) / 0.95047
    y = 0.212671 * red + 0.715160 * green + 0.072169 * blue
    z = (0.019334 * red + 0.119193 * green + 0.950227 * blue) / 1.08883
    fx, fy, fz = _f(x), _f(y), _f(z)
    return 116.0 * fy - 16.0, 500.0 * (fx - fy), 200.0 * (fy - fz)


@njit(cache=True, nogil=True)
def _hue(a: float, b: float) -> float:
    return math.atan2(b, a) % (2 * math.pi) if a != 0.0 or b != 0.0 else 0.0


@njit(cache=True, nogil=True)
def ciede2000(l1: float, a1: float, b1: float, l2: float, a2: float, b2: float) -> float:
    """Colour difference of two Lab colours, k_L = k_C = k_H = 1."""
    mean_c7 = ((math.hypot(a1, b1) + math.hypot(a2, b2)) / 2) ** 7
    g = 0.5 * (1 - math.sqrt(mean_c7 / (mean_c7 + POW_25_7)))
    a1, a2 = (1 + g) * a1, (1 + g) * a2
    c1, c2 = math.hypot(a1, b1), math.hypot(a2, b2)
    h1, h2 = _hue(a1, b1), _hue(a2, b2)
    dh = h2 - h1
    mean_h = (h1 + h2) / 2
    if c1 * c2 == 0.0:
        dh, mean_h = 0.0, h1 + h2
    elif abs(dh) > math.pi:
        dh += 2 * math.pi if dh < 0 else -2 * math.pi
        mean_h += math.pi if h1 + h2 < 2 * math.pi else -math.pi
    big_h = 2 * math.sqrt(c1 * c2) * math.sin(dh / 2)
    mean_l, mean_c = (l1 + l2) / 2, (c1 + c2) / 2
    t = (
        1
        - 0.17 * math.cos(mean_h - math.radians(30))
        + 0.24 * math.cos(2 * mean_h)
        + 0.32 * math.cos(3 * mean_h + math.radians(6))
        - 0.20 * math.cos(4 * mean_h - math.radians(63))
    )
    low = (mean_l - 50) ** 2
    s_l = 1 + 0.015 * low / math.sqrt(20 + low)
    s_c, s_h = 1 + 0.045 * mean_c, 1 + 0.015 * mean_c * t
    turn = math.radians(30) * math.exp(-(((math.degrees(mean_h) - 275) / 25) ** 2))
    c7 = mean_c**7
    r_t = -2 * math.sqrt(c7 / (c7 + POW_25_7)) * math.sin(2 * turn)
    dl, dc, dhs = (l2 - l1) / s_l, (c2 - c1) / s_c, big_h / s_h
    return math.sqrt(max(0.0, dl * dl + dc * dc + dhs * dhs + r_t * dc * dhs))


@njit(cache=True, nogil=True)
def lab_of(image: NDArray[np.uint8], places: NDArray[np.int32], linear: F64) -> F64:
    """Lab of the pixels at these places in reading order, ``(places, 3)``."""
    flat = image.reshape(image.shape[0] * image.shape[1], 3)
    out = np.empty((places.size, 3))
    for k in range(places.size):
        pixel = flat[places[k]]
        out[k] = _lab(linear[pixel[0]], linear[pixel[1]], linear[pixel[2]])
    return out


@njit(cache=True, nogil=True)
def colour_sums(first: F64, second: F64) -> F64:
    """Sums over pairs of Lab colours: difference, lightness shift, chroma of each, count."""
    out = np.zeros(5)
    for k in range(first.shape[0]):
        l1, a1, b1 = first[k, 0], first[k, 1], first[k, 2]
        l2, a2, b2 = second[k, 0], second[k, 1], second[k, 2]
        out[0] += ciede2000(l1, a1, b1, l2, a2, b2)
        out[1] += l2 - l1
        out[2] += math.hypot(a1, b1)
        out[3] += math.hypot(a2, b2)
        out[4] += 1
    return out
