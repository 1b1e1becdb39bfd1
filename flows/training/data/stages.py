"""A curriculum: the epoch in stages, each with the tasks and sources it may draw from.

Rows of a stage are those seen least so far, so that nothing repeats before everything that may be
drawn has come; within a stage they are shuffled, and the trainer keeps their order.

Our own design; source: detailed assessment rules, section 6.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from flows.training.data.example import Source
from schemas.errors import ConfigError
from schemas.settings.training import StageConfig
from schemas.streams import Stream


class Staged(NamedTuple):
    """Rows in stages.

    Args:
        drawn: ``(source, row, time)`` in the order of training.
        counts: For each stage what it holds.
    """

    drawn: NDArray[np.int32]
    counts: list[dict[str, Any]]


def staged(
    stages: Sequence[StageConfig],
    sources: Sequence[Source],
    pools: Sequence[Sequence[int]],
    sizes: Sequence[int],
    stream_for: Callable[..., Stream],
) -> Staged:
    """An epoch of stages, as many rows as the sources were to give without them.

    Args:
        stages: In their order.
        sources: Opened.
        pools: For each source the rows that may be used, in their order.
        sizes: For each source the rows it was to give.
        stream_for: A purpose to its stream.

    Raises:
        ConfigError: A stage for which no row is left, or that names an unknown source.
    """
    total, seen = sum(sizes), [Counter[int]() for _ in sources]
    names = [source.name for source in sources]
    parts: list[NDArray[np.int32]] = []
    counts, start = [], 0
    for number, stage in enumerate(stages):
        where = f"stage {number + 1}"
        _check(stage, names, where)
        stop = round(total * stage.until)
        allowed = [_allowed(s, pool, stage.tasks) for s, pool in zip(sources, pools, strict=True)]
        shares = _shares(stage, names, sizes, allowed, where)
        rows: list[tuple[int, int, int]] = []
        told: dict[str, Any] = {}
        for index, wanted in enumerate(split(stop - start, shares)):
            taken = _taken(allowed[index], wanted, seen[index])
            rows += [(index, row, time) for row, time in taken]
            tasks = sources[index].tasks()
            by_task = Counter(tasks[row] for row, _ in taken)
            told[names[index]] = {"used": len(taken), "tasks": dict(sorted(by_task.items()))}
        mixed = stream_for("stage", number).shuffled(rows)
        parts.append(np.asarray(mixed, np.int32).reshape(-1, 3))
        counts.append({"until": stage.until, "rows": len(rows), "sources": told})
        start = stop
    return Staged(np.concatenate(parts), counts)


def _check(stage: StageConfig, names: Sequence[str], where: str) -> None:
    for name in stage.weights:
        if name not in names:
            raise ConfigError(
                f"{where}: no source is called {name!r}; there are {', '.join(names)}"
            )


def _allowed(source: Source, pool: Sequence[int], tasks: Sequence[str]) -> list[int]:
    own = source.tasks()
    if not tasks:
        return list(pool)
    return [row for row in pool if own[row] in tasks or own[row].partition(".")[0] in tasks]


def _shares(
    stage: StageConfig,
    names: Sequence[str],
    sizes: Sequence[int],
    allowed: Sequence[Sequence[int]],
    where: str,
) -> list[float]:
    weights: Mapping[str, Any] = stage.weights
    given = (
        [float(weights.get(name, 0)) for name in names] if weights else [float(n) for n in sizes]
    )
    shares = [share if rows else 0.0 for share, rows in zip(given, allowed, strict=True)]
    if not sum(shares):
        raise ConfigError(f"{where}: no row is left for it; its tasks: {', '.join(stage.tasks)}")
    return shares


def split(total: int, shares: Sequence[float]) -> list[int]:
    """A total in parts by shares; cumulative rounding, so that the parts add up."""
    whole, ends, mark = sum(shares), [0], 0.0
    for share in shares:
        mark += share
        ends.append(round(total * mark / whole))
    return [after - before for before, after in pairwise(ends)]


def _taken(rows: Sequence[int], wanted: int, seen: Counter[int]) -> list[tuple[int, int]]:
    """So many rows, those seen least first, each with which time it is."""
    found: list[tuple[int, int]] = []
    while len(found) < wanted and rows:
        least = sorted(rows, key=lambda row: seen[row])[: wanted - len(found)]
        for row in least:
            found.append((row, seen[row]))
            seen[row] += 1
    return found
