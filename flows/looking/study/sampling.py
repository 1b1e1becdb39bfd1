"""Which rows are rated by whom: stratified, balanced, keyed.

Some rows are rated by everybody, so that agreement can be measured; each of the others by as many
people as asked for. Rows of a stratum are dealt out in turn: nobody gets more than one row more of
it than anybody else.
"""

from collections.abc import Hashable, Mapping, Sequence
from itertools import cycle, islice
from typing import NamedTuple, TypeVar

from schemas.errors import ConfigError
from schemas.streams import derive_key

StratumT = TypeVar("StratumT", bound=Hashable)


class Candidate(NamedTuple):
    """A row that may be rated.

    Args:
        row_id: Of the row.
        stratum: Task, sub-task and source.
    """

    row_id: str
    stratum: tuple[str, ...]


def share_of(rows: Sequence[Candidate], share: float, seed: int) -> list[int]:
    """Numbers of a share of the rows, the same share of every stratum as far as rows go.

    What rounding leaves over goes to the strata with the largest remainders, and every stratum
    has one row at least.

    Args:
        rows: What may be rated.
        share: Above 0, at most 1.
        seed: Of the keyed draws.

    Raises:
        ConfigError: The share is none.
    """
    if not 0 < share <= 1:
        raise ConfigError(f"--share: expected a number above 0 and at most 1, got {share:g}")
    strata = _strata(rows, seed)
    wanted = {name: share * len(members) for name, members in strata.items()}
    sizes = {name: max(1, int(number)) for name, number in wanted.items()}
    over = round(share * len(rows)) - sum(sizes.values())
    short = [name for name in wanted if sizes[name] < wanted[name]]
    by_remainder = sorted(short, key=lambda name: (sizes[name] - wanted[name], name))
    for name in by_remainder[: max(0, over)]:
        sizes[name] += 1
    return sorted(n for name, members in strata.items() for n in members[: sizes[name]])


def per_task(rows: Sequence[Candidate], number: int, seed: int) -> list[int]:
    """Numbers of so many rows of every task, its sub-tasks and sources by their share."""
    chosen: list[int] = []
    for task in sorted({row.stratum[0] for row in rows}):
        own = [n for n, row in enumerate(rows) if row.stratum[0] == task]
        part = share_of([rows[n] for n in own], min(1.0, number / len(own)), seed)
        keyed = sorted(part, key=lambda place: _key(rows[own[place]], seed))
        chosen += [own[place] for place in keyed[:number]]
    return sorted(chosen)


def assign(
    rows: Sequence[Candidate], raters: Sequence[str], crossed: int, each: int, seed: int
) -> dict[str, list[int]]:
    """Rater to the numbers of rows in the order they are shown.

    Args:
        rows: The sample.
        raters: Their names.
        crossed: Rows that everybody rates.
        each: Raters of each of the others.
        seed: Of the keyed draws.

    Raises:
        ConfigError: More raters a row than there are.
    """
    if not 1 <= each <= len(raters):
        raise ConfigError(f"--each {each}: expected 1 to {len(raters)}, the number of raters")
    part = min(1.0, crossed / len(rows)) if rows else 0
    common = share_of(rows, part, seed)[:crossed] if part else []
    shown = {rater: list(common) for rater in raters}
    taken = set(common)
    turn = cycle(raters)
    for _, members in sorted(_strata(rows, seed).items()):
        for number in members:
            if number not in taken:
                for rater in islice(turn, each):
                    shown[rater].append(number)
    return {
        rater: sorted(own, key=lambda n: derive_key(seed, "shown", rater, rows[n].row_id))
        for rater, own in shown.items()
    }


def _strata(rows: Sequence[Candidate], seed: int) -> Mapping[tuple[str, ...], list[int]]:
    """Stratum to the numbers of its rows in keyed order."""
    strata: dict[tuple[str, ...], list[int]] = {}
    for number, row in enumerate(rows):
        strata.setdefault(row.stratum, []).append(number)
    return {
        name: sorted(members, key=lambda n: _key(rows[n], seed))
        for name, members in sorted(strata.items())
    }


def _key(row: Candidate, seed: int) -> int:
    return derive_key(seed, "study", row.row_id)
