"""Means with bootstrap intervals, drawn by picture and the same on every run.

Rows of one picture are not independent, so whole pictures are drawn with replacement; an interval
is the 2.5th to 97.5th percentile of the resampled values.

Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, percentile intervals.
"""

import hashlib
from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from schemas.streams import derive_key

Floats = npt.NDArray[np.float64]
PERCENTILES = (2.5, 97.5)
DIGITS = 6


class Settings(NamedTuple):
    """How intervals are drawn.

    Args:
        resamples: Times the pictures are drawn; 0 gives no intervals.
        seed: Of the keyed draws.
    """

    resamples: int = 1000
    seed: int = 0


class Estimate(NamedTuple):
    """A value and its 95 % interval.

    Args:
        value: ``None`` where nothing was measured.
        low: ``None`` without an interval, e.g. with a single picture.
        high: As ``low``.
        n: Rows it stands on.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0

    def plain(self) -> dict[str, float | int | None]:
        """As JSON, six decimals."""
        return {key: rounded(value) for key, value in self._asdict().items()}


def rounded(value: Any) -> Any:
    """A float with six decimals, whatever is not a number as ``None``; anything else as it is."""
    if isinstance(value, (float, np.floating)):
        return round(float(value), DIGITS) + 0.0 if np.isfinite(value) else None
    return value


def draws(clusters: int, settings: Settings) -> Iterator[npt.NDArray[np.int64]]:
    """For each resample the clusters that were drawn, as many as there are."""
    for number in range(settings.resamples):
        key = derive_key(settings.seed, "bootstrap", clusters, number).to_bytes(8, "little")
        raw = np.frombuffer(hashlib.shake_256(key).digest(4 * clusters), "<u4")
        yield ((raw.astype(np.uint64) * np.uint64(clusters)) >> np.uint64(32)).astype(np.int64)


@lru_cache(maxsize=4)
def _weights(clusters: int, settings: Settings) -> Floats:
    """How often each cluster was drawn, ``(resamples, clusters)``."""
    rows = [np.bincount(drawn, minlength=clusters) for drawn in draws(clusters, settings)]
    return np.asarray(rows, np.float64).reshape(len(rows), clusters)


def ratio(
    tops: Sequence[float],
    bottoms: Sequence[float],
    clusters: Sequence[Hashable],
    settings: Settings,
) -> Estimate:
    """Sum of ``tops`` over sum of ``bottoms``, with its interval.

    Args:
        tops: One number a row.
        bottoms: One number a row; all 1 for a mean.
        clusters: The picture of each row.
        settings: Of the resampling.
    """
    total = float(np.sum(bottoms)) if len(bottoms) else 0.0
    if total == 0:
        return Estimate(None, n=len(tops))
    places = {name: index for index, name in enumerate(dict.fromkeys(clusters))}
    where = [places[name] for name in clusters]
    top = np.bincount(where, np.asarray(tops, np.float64), len(places))
    bottom = np.bincount(where, np.asarray(bottoms, np.float64), len(places))
    value = float(np.sum(tops)) / total
    if len(places) < 2 or not settings.resamples:
        return Estimate(value, n=len(tops))
    drawn = _weights(len(places), settings)
    below = drawn @ bottom
    found = (drawn @ top)[below > 0] / below[below > 0]
    return Estimate(value, *interval(found), n=len(tops))


def mean(values: Sequence[float], clusters: Sequence[Hashable], settings: Settings) -> Estimate:
    """The mean of rows with its interval; ``None`` without rows."""
    return ratio(values, [1.0] * len(values), clusters, settings)


def resampled(
    measure: Callable[[npt.NDArray[np.int64]], float | None],
    clusters: Sequence[Hashable],
    settings: Settings,
) -> Estimate:
    """Any measure of chosen rows, with its interval; slower than ``ratio``.

    Args:
        measure: Row numbers to a value; ``None`` where it is undefined.
        clusters: The cluster of each row.
        settings: Of the resampling.
    """
    number = len(clusters)
    value = measure(np.arange(number)) if number else None
    groups: dict[Hashable, list[int]] = {}
    for index, name in enumerate(clusters):
        groups.setdefault(name, []).append(index)
    if value is None or len(groups) < 2 or not settings.resamples:
        return Estimate(value, n=number)
    rows = [np.asarray(group) for group in groups.values()]
    found = [
        measure(np.concatenate([rows[index] for index in drawn]))
        for drawn in draws(len(rows), settings)
    ]
    known = np.asarray([v for v in found if v is not None and np.isfinite(v)], np.float64)
    return Estimate(value, *interval(known), n=number)


def interval(values: Floats) -> tuple[float | None, float | None]:
    """The central 95 % of resampled values."""
    if not len(values):
        return None, None
    low, high = np.percentile(values, PERCENTILES)
    return float(low), float(high)
