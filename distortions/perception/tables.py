"""Numbers the kernels of sight look up, made once in Python and rounded."""

import math
from functools import cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

_Number = TypeVar("_Number", np.int32, np.float64)

LIGHT = 65_535
ROOTS = 1 << 14
# Chroma of Lab is below 190 for every sRGB colour; a quarter of a unit apart.
CHROMAS = 4 * 190
TURNS = 513


@cache
def linear() -> NDArray[np.int32]:
    """Linear light of the 256 sRGB levels, in 1/65535. Source: IEC 61966-2-1."""
    levels = [v / 255 for v in range(256)]
    curve = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in levels]
    return _shared(np.array([round(LIGHT * v) for v in curve], np.int32))


@cache
def root() -> NDArray[np.int32]:
    """CIE's cube root with its linear foot over 0..1, in 1/65536. Source: CIE 15."""
    values = []
    for index in range(ROOTS):
        t = index / (ROOTS - 1)
        foot = (24_389 / 27 * t + 16) / 116
        values.append(round(65_536 * (t ** (1 / 3) if t > 216 / 24_389 else foot)))
    return _shared(np.array(values, np.int32))


@cache
def power() -> NDArray[np.float64]:
    """sqrt(c^7 / (c^7 + 25^7)) at chroma 0, 1/4, 1/2, ... Source: CIEDE2000."""
    chromas = [(index / 4) ** 7 for index in range(CHROMAS)]
    return _shared(np.array([round(math.sqrt(c / (c + 25.0**7)), 12) for c in chromas]))


@cache
def turn() -> NDArray[np.float64]:
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
    return _shared(np.array(values))


def _shared(array: NDArray[_Number]) -> NDArray[_Number]:
    array.flags.writeable = False
    return array
