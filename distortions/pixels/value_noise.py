"""Value noise over a picture: the stuff of fog, frost, warps and blots."""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from distortions.kernels import Kernels
from distortions.site import Site
from schemas.streams import derive_key

Field = NDArray[np.uint16]

_noise = Kernels("further.value_noise")

DEVIATIONS = 2.75
"""0 and 1 stand so many standard deviations from the middle; the 0.6 % beyond are cut."""


@lru_cache(maxsize=64)
def taps(cell: int) -> NDArray[np.float32]:
    """Weights of four neighbouring places for each pixel of a cell, ``(4, cell)``, read-only.

    Source: Catmull and Rom 1974, the interpolating cubic with tension 1/2.
    """
    t = (np.arange(cell) + 0.5) / cell
    rows = [
        -t / 2 + t**2 - t**3 / 2,
        1 - 2.5 * t**2 + 1.5 * t**3,
        t / 2 + 2 * t**2 - 1.5 * t**3,
        -(t**2) / 2 + t**3 / 2,
    ]
    out = np.round(np.stack(rows), 6).astype(np.float32)
    out.flags.writeable = False
    return out


def _cells(cell: int, octaves: int) -> list[tuple[int, float]]:
    """Side and weight of every octave, weights summing to 1."""
    total = 2 - 2.0 ** (1 - octaves)
    return [(max(1, round(cell / 2**k)), 0.5**k / total) for k in range(octaves)]


@lru_cache(maxsize=64)
def spread(cell: int, octaves: int) -> float:
    """Standard deviation of the weighted sum of octaves, from even numbers on each lattice."""
    variance = 0.0
    for side, weight in _cells(cell, octaves):
        along = float((taps(side).astype(np.float64) ** 2).sum(axis=0).mean())
        variance += weight**2 * along**2 / 12
    return round(math.sqrt(variance), 9)


def value_noise(
    site: Site, shape: tuple[int, int], cell: float, octaves: int, purpose: str = "noise"
) -> Field:
    """A smooth random field over a crop, that of its place in the picture.

    Args:
        site: Place in the picture and key.
        shape: Height and width of the crop, pixels.
        cell: Side of the coarsest lattice, pixels; every further octave has half the side and
            half the weight.
        octaves: How many.
        purpose: Fields of other purposes are independent.

    Returns:
        uint16 of ``shape``, 0 to 65535; ``DEVIATIONS`` says how wide it is spread.

    Source: our own; lattice noise after Perlin 1985.
    """
    side = max(1, round(cell))
    total = np.zeros(shape, np.float32)
    for index, (size, weight) in enumerate(_cells(side, octaves)):
        key = np.uint64(derive_key(site.key, purpose, index))
        _noise.add_octave(key, site.x, site.y, taps(size), weight, total)
    out = np.empty(shape, np.uint16)
    gain = 1 / (2 * DEVIATIONS * spread(side, octaves))
    _noise.to_levels(total, 0.5, gain, out)
    return out
