"""Numbers the kernels of sight look up, made once in Python and rounded."""

from functools import cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Table = TypeVar("Table", NDArray[np.int32], NDArray[np.float64])
LIGHT = 65_535
ROOTS = 1 << 14


@cache
def light() -> NDArray[np.float64]:
    """Linear light of the 256 sRGB levels, 0 to 1, twelve places. Source: IEC 61966-2-1."""
    levels = [v / 255 for v in range(256)]
    curve = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in levels]
    return _shared(np.round(np.array(curve), 12))


@cache
def linear() -> NDArray[np.int32]:
    """The same in 1/65535, rounded."""
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


def _shared(array: Table) -> Table:
    array.flags.writeable = False
    return array
