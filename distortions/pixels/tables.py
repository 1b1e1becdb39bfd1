"""Numbers the kernels look up: filter weights, offsets, permutations, quantiles.

Made once per parameter in Python and rounded to integers, so that no transcendental function
runs per pixel and the last bit of a mathematics library decides nothing. All are read-only.
"""

import math
from functools import lru_cache
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.streams import Stream

Integers = NDArray[np.int64]
UNIT = 1 << 15
QUANTILES = 1 << 13
ALIAS_UNIT = 1 << 14
PERMUTATIONS = 256
ZOOM_STEP = 50
"""Layers of the zoom blur are 1/50 apart."""
ZOOM_CHUNK = 32


def _shared(array: Integers, dtype: type[np.generic]) -> NDArray[np.generic]:
    out = array.astype(dtype)
    out.flags.writeable = False
    return out


@lru_cache(maxsize=1)
def light() -> NDArray[np.float64]:
    """Linear light of the 256 sRGB levels, 0 to 1, twelve places. Source: IEC 61966-2-1."""
    levels = [v / 255 for v in range(256)]
    curve = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in levels]
    out = np.round(np.array(curve), 12)
    out.flags.writeable = False
    return out


def _normalised(weights: list[float]) -> Integers:
    """Symmetric kernel, centre first, in 1/32768; an odd number of entries; the sum exact."""
    total = weights[0] + 2 * sum(weights[1:])
    rounded = [round(UNIT * weight / total) for weight in weights]
    rounded[0] += UNIT - rounded[0] - 2 * sum(rounded[1:])
    return np.array(rounded + [0] * (1 - len(rounded) % 2), np.int64)


@lru_cache(maxsize=64)
def gaussian_weights(sigma: float) -> NDArray[np.generic]:
    """Half of a Gaussian kernel cut at 4 ``sigma``, centre first."""
    radius = int(4 * sigma + 0.5)
    half = [math.exp(-0.5 * (i / sigma) ** 2) for i in range(radius + 1)]
    return _shared(_normalised(half), np.uint16)


@lru_cache(maxsize=64)
def half_gaussian_spread(radius: int, sigma: float) -> float:
    """Standard deviation of a one-sided Gaussian over ``0 .. 2 * radius``."""
    weights = [math.exp(-0.5 * (i / sigma) ** 2) for i in range(2 * radius + 1)]
    total = sum(weights)
    mean = sum(i * w for i, w in enumerate(weights)) / total
    return math.sqrt(sum((i - mean) ** 2 * w for i, w in enumerate(weights)) / total)


@lru_cache(maxsize=256)
def line_taps(
    radius: int, sigma: float, angle_deg: float
) -> tuple[NDArray[np.generic], NDArray[np.generic]]:
    """Steps (dy, dx) of one half of a line, an even number, and weights, the centre first."""
    spread = half_gaussian_spread(radius, sigma)
    sine, cosine = math.sin(math.radians(angle_deg)), math.cos(math.radians(angle_deg))
    taps: dict[tuple[int, int], float] = {}
    for i in range(1, radius + 1):
        # Rounded first, so that a tie does not hang on the last bit of the sine.
        step = (
            math.floor(round(i * sine, 6) + 0.5),
            math.floor(round(i * cosine, 6) + 0.5),
        )
        taps[step] = taps.get(step, 0.0) + math.exp(-0.5 * (i / spread) ** 2)
    steps = list(taps) + [(0, 0)] * (len(taps) % 2)
    weights = _normalised([1.0, *taps.values()])
    return _shared(np.array(steps, np.int64), np.int64), _shared(weights, np.uint16)


@lru_cache(maxsize=64)
def disk_heights(radius: int) -> NDArray[np.generic]:
    """How many pixels up and down each column of a disk reaches, the middle column first."""
    heights = [math.isqrt(radius**2 - d**2) for d in range(radius + 1)]
    return _shared(np.array(heights, np.int64), np.int64)


@lru_cache(maxsize=16)
def permutations(side: int) -> NDArray[np.generic]:
    """Random orders of the pixels of a square cell, one per row."""
    stream = Stream("permutations of a cell", side)
    orders = [stream.shuffled(range(side * side)) for _ in range(PERMUTATIONS)]
    return _shared(np.array(orders, np.int64), np.int64)


class ZoomPlan(NamedTuple):
    """Where an axis of a zoom blur reads; see ``distortions.kernels.zoom``."""

    offsets: Integers
    weights: NDArray[np.uint16]


def zoom_positions(size: int, first: int, stop: int, layers: int) -> tuple[Integers, Integers]:
    """Source index and fraction (of 256) per layer, for positions ``first .. stop - 1``.

    Layer ``k`` enlarges by ``1 + k / 50`` about the middle of ``size`` pixels.
    """
    zoom = ZOOM_STEP + np.arange(1, layers + 1)[:, None]
    twice = 2 * np.arange(first, stop) - (size - 1)
    position = (256 * ((size - 1) * zoom + ZOOM_STEP * twice) + zoom) // (2 * zoom)
    index = np.minimum(position >> 8, max(size - 2, 0))
    return index, position - 256 * index


@lru_cache(maxsize=32)
def zoom_plan(size: int, first: int, stop: int, layers: int) -> ZoomPlan:
    """Offsets and tap weights along a row; for enlargements of up to 1.2."""
    index, fraction = zoom_positions(size, first, stop, layers)
    samples = np.arange(-(-3 * (stop - first) // ZOOM_CHUNK) * ZOOM_CHUNK)
    pixel = np.minimum(samples // 3, stop - first - 1)
    shift = (index - np.arange(first, stop))[:, pixel]
    starts = samples[::ZOOM_CHUNK]
    base = np.minimum.reduceat(shift, starts, axis=1)
    tap = shift - np.repeat(base, ZOOM_CHUNK, axis=1)
    weights = np.zeros((layers, 4, samples.size), np.uint16)
    layer = np.arange(layers)[:, None]
    weights[layer, tap, samples] = 256 - fraction[:, pixel]
    weights[layer, tap + 1, samples] = fraction[:, pixel]
    offsets = ZOOM_CHUNK + 3 * first + starts + 3 * base
    offsets.flags.writeable = weights.flags.writeable = False
    return ZoomPlan(offsets, weights)


@lru_cache(maxsize=1)
def _unit_quantiles() -> NDArray[np.float64]:
    normal = NormalDist()
    half = QUANTILES // 2
    upper = np.array([normal.inv_cdf((half + i + 0.5) / QUANTILES) for i in range(half)])
    values = np.concatenate([-upper[::-1], upper])
    return values / math.sqrt(float((values**2).mean()))


@lru_cache(maxsize=64)
def normal_table(deviation: float) -> NDArray[np.generic]:
    """Equally likely values of a normal distribution, rounded, in rising order."""
    return _shared(np.rint(deviation * _unit_quantiles()).astype(np.int64), np.int16)


def _poisson(mean: float, top: int) -> list[float]:
    """Probabilities of 0 .. ``top``, the last taking everything above."""
    masses = [math.exp(-mean)]
    for k in range(1, top):
        masses.append(masses[-1] * mean / k)
    return [*masses, max(0.0, 1.0 - math.fsum(masses))]


def _alias_row(masses: list[float], levels: list[int]) -> list[int]:
    """Entries (threshold, level below it, level above it) of one alias table, packed."""
    columns = 1 << (len(masses) - 1).bit_length()
    shares = [round(mass * ALIAS_UNIT * columns) for mass in masses]
    shares[shares.index(max(shares))] += ALIAS_UNIT * columns - sum(shares)
    shares += [0] * (columns - len(shares))
    levels = levels + [0] * (columns - len(levels))
    small = [i for i, share in enumerate(shares) if share < ALIAS_UNIT]
    large = [i for i, share in enumerate(shares) if share >= ALIAS_UNIT]
    entries = [0] * columns
    while small:
        i, j = small.pop(), large[-1]
        entries[i] = shares[i] << 16 | levels[j] << 8 | levels[i]
        shares[j] -= ALIAS_UNIT - shares[i]
        if shares[j] < ALIAS_UNIT:
            small.append(large.pop())
    for i in large:
        entries[i] = ALIAS_UNIT << 16 | levels[i]
    return entries


@lru_cache(maxsize=16)
def poisson_table(factor: int) -> NDArray[np.generic]:
    """Alias tables of ``Poisson(level / 255 * factor) / factor`` for the 256 levels."""
    levels = [(2 * 255 * k + factor) // (2 * factor) for k in range(factor + 1)]
    rows = [_alias_row(_poisson(v / 255 * factor, factor), levels) for v in range(256)]
    return _shared(np.array(rows, np.int64), np.uint32)
