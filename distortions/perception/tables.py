"""Numbers the kernels of sight look up, made once in Python and rounded."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from distortions.pixels.tables import light

LIGHT = 65_535
ROOTS = 1 << 14


@cache
def linear() -> NDArray[np.int32]:
    """Linear light of the 256 sRGB levels, in 1/65535."""
    return _shared(np.round(LIGHT * light()).astype(np.int32))


@cache
def root() -> NDArray[np.int32]:
    """CIE's cube root with its linear foot over 0..1, in 1/65536. Source: CIE 15."""
    values = []
    for index in range(ROOTS):
        t = index / (ROOTS - 1)
        foot = (24_389 / 27 * t + 16) / 116
        values.append(round(65_536 * (t ** (1 / 3) if t > 216 / 24_389 else foot)))
    return _shared(np.array(values, np.int32))


def _shared(array: NDArray[np.int32]) -> NDArray[np.int32]:
    array.flags.writeable = False
    return array
