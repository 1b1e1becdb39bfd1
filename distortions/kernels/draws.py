"""Uniform and normal numbers addressed by picture coordinates and channel.

A sample's 64 bits are the hash of (key, channel, row, column), so that a crop has the numbers of
its place. All arithmetic is a fixed order of IEEE additions and multiplications on a table that
was rounded first: the same bytes on every machine.
"""

import itertools
import math
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numba import njit
from numpy.typing import NDArray

from distortions.kernels.hashing import GAMMA, fill_row, mix

F64 = NDArray[np.float64]
BINS = 1 << 13
_FORTY_BITS = np.uint64((1 << 40) - 1)
_TO_UNIT = 1.0 / (1 << 53)
_TO_FRACTION = 1.0 / (1 << 40)


@njit(nogil=True, cache=True)
def uniform(key: np.uint64, x: int, y: int, out: F64) -> None:
    """Fill ``out`` (height, width, channels) from ``[0, 1)``; its first pixel is at (x, y)."""
    height, width, channels = out.shape
    words = np.empty(width, np.uint64)
    for channel in range(channels):
        own = mix(key + np.uint64(channel + 1) * GAMMA)
        for row in range(height):
            fill_row(own, x, y + row, words)
            for column in range(width):
                bits = np.int64(words[column] >> np.uint64(11))
                out[row, column, channel] = np.float64(bits) * _TO_UNIT


@njit(nogil=True, cache=True)
def normal(key: np.uint64, x: int, y: int, edges: F64, out: F64) -> None:
    """As ``uniform``, but normal: 13 bits choose a bin between ``edges``, 40 a place in it."""
    height, width, channels = out.shape
    words = np.empty(width, np.uint64)
    for channel in range(channels):
        own = mix(key + np.uint64(channel + 1) * GAMMA)
        for row in range(height):
            fill_row(own, x, y + row, words)
            for column in range(width):
                word = words[column]
                at = np.int64(word >> np.uint64(51))
                place = np.float64(np.int64((word >> np.uint64(11)) & _FORTY_BITS)) * _TO_FRACTION
                low = edges[at]
                out[row, column, channel] = low + (edges[at + 1] - low) * place


@lru_cache(maxsize=1)
def normal_edges() -> F64:
    """Borders of 8,192 equally likely bins of the standard normal distribution, read-only.

    The outermost two stand where the variance comes out as 1, at about 4.13 deviations; nothing
    lies beyond them.
    """
    inner = [NormalDist().inv_cdf(i / BINS) for i in range(BINS // 2 + 1, BINS)]
    half = [0.0, *(round(value, 12) for value in inner)]
    # Over a bin the mean square is (a² + ab + b²) / 3, which leaves a quadratic for the last edge.
    known = sum(a * a + a * b + b * b for a, b in itertools.pairwise(half)) / 3
    last = half[-1]
    missing = 3 * (BINS / 2 - known) - last * last
    half.append(round((math.sqrt(last * last + 4 * missing) - last) / 2, 12))
    edges = np.array([-value for value in half[:0:-1]] + half)
    edges.flags.writeable = False
    return edges
