"""Few tones instead of many: three ways to choose them, per channel, from the region's pixels.

Each class of levels becomes its own mean, so brightness stays; the reference's class numbers
darken, its histogram version equalises, and flat regions raise or turn black there. A region with
fewer levels than classes stays as it is.
"""

import itertools
from collections.abc import Callable, Sequence

import numpy as np

from distortions.kernels import Kernels
from distortions.pixels.lookup import Counts, Table, histogram, look_up, mean_level
from distortions.registry import distortion
from distortions.site import Site
from schemas.arrays import Image

_otsu = Kernels("otsu")
_LEVELS = np.arange(256)


def _by_classes(image: Image, site: Site, starts: Callable[[Counts], Sequence[int]]) -> Image:
    tables = []
    for channel in range(3):
        counts = histogram(image, channel, site.domain)
        tables.append(_to_means(counts, starts(counts)))
    return look_up(image, *tables)


def _to_means(counts: Counts, starts: Sequence[int]) -> Table:
    """Every class to its mean; a class without pixels to its middle."""
    table = _LEVELS.astype(np.uint8)
    edges = sorted({0, *starts, 256})
    for low, high in itertools.pairwise(edges):
        inside = np.where((low <= _LEVELS) & (high > _LEVELS), counts, 0)
        table[low:high] = mean_level(inside) if inside.any() else (low + high - 1) // 2
    table.flags.writeable = False  # as all tables, so that one kernel serves them
    return table


def _median_cut(counts: Counts, colors: int) -> list[int]:
    """Split the fullest class at its median until there are ``colors`` or nothing to split."""
    edges = [0, 256]
    while len(edges) <= colors:
        sizes = [
            (int(counts[low:high].sum()) if np.count_nonzero(counts[low:high]) > 1 else 0, -low)
            for low, high in itertools.pairwise(edges)
        ]
        fullest = max(range(len(sizes)), key=sizes.__getitem__)
        if sizes[fullest][0] == 0:
            break
        edges.insert(fullest + 1, _median(counts, edges[fullest], edges[fullest + 1]))
    return edges[:-1]


def _median(counts: Counts, low: int, high: int) -> int:
    """First level of the upper half, counted from the top; both halves hold pixels."""
    levels = low + np.flatnonzero(counts[low:high])[::-1]
    above = np.cumsum(counts[levels])
    at = int(np.searchsorted(2 * above, above[-1], side="right"))
    return int(levels[min(at, levels.size - 2)])


def _equal_shares(counts: Counts, bins: int) -> list[int]:
    """First levels of ``bins`` classes with about equally many pixels."""
    below = np.cumsum(counts)
    total = int(below[-1])
    return [int(np.searchsorted(below * bins, total * share) + 1) for share in range(1, bins)]


@distortion(
    family="quantization",
    levels=(15, 11, 8, 5, 3),
    domain="region",
    visible_from=2,
    dq495k="quantization_otsu",
    kadid=22,
)
def quantize_otsu(image: Image, classes: int, site: Site) -> Image:
    """Shading turns into steps where the tones divide most clearly.

    Source: Otsu 1979, several thresholds, found exactly over 256 levels; DQ-495K's levels.
    """
    return _by_classes(image, site, lambda counts: _otsu.otsu_starts(counts, classes).tolist())


@distortion(
    family="quantization",
    levels=(20, 15, 10, 6, 3),
    domain="region",
    visible_from=2,
    dq495k="quantization_median",
    kadid=6,
)
def quantize_median_cut(image: Image, colors: int, site: Site) -> Image:
    """Shading turns into steps, finest where most pixels are.

    Source: Heckbert 1982, in one dimension per channel; DQ-495K's levels and palette. Pixels
    take the mean of their own class, not the nearest one, which would move the brightness.
    """
    return _by_classes(image, site, lambda counts: _median_cut(counts, colors))


@distortion(
    family="quantization",
    levels=(24, 16, 8, 6, 4),
    domain="region",
    visible_from=2,
    dq495k="quantization_hist",
    kadid=22,
)
def quantize_histogram(image: Image, bins: int, site: Site) -> Image:
    """Shading turns into steps that hold equally many pixels each.

    Source: DQ-495K's levels; classes become their means, without its equalisation.
    """
    return _by_classes(image, site, lambda counts: _equal_shares(counts, bins))
