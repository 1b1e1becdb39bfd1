"""Counts of a dataset as a page draws them, and what was left out; no picture is read."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from flows.dataset.statistics.stats import ROWS
from flows.store.layout import DATA, RECORDS, REJECTS

MOST_BARS = 24
_FORMS = ("task", "sub_task", "form")


class Bars(NamedTuple):
    """A bar chart.

    Args:
        title: What is counted.
        counts: Names with their numbers, largest first or in their own order.
    """

    title: str
    counts: list[tuple[str, int]]

    @property
    def most(self) -> int:
        """The longest bar."""
        return max((number for _, number in self.counts), default=1)


class Rejects(NamedTuple):
    """What was left out.

    Args:
        reasons: (stage, reason) to how many.
        shown: Some rows of each reason.
    """

    reasons: dict[tuple[str, str], int]
    shown: list[dict[str, Any]]


def figures(out: Path) -> list[Bars]:
    """All charts of a dataset that have something to show."""
    degraded = _files(out / RECORDS, "degraded")
    steps = _counted(degraded, "chain.list.element.family", in_chain="family")
    levels = _counted(degraded, "chain.list.element.severity", in_chain="severity")
    grades = _counted(degraded, "chain.list.element.grade", in_chain="grade")
    grades["no word: near a border"] = grades.pop("", 0)
    data = _files(out / DATA, "")
    charts = [
        Bars("Rows by task", _tasks(data)),
        Bars("Steps by family", _largest(steps)),
        Bars("Steps by level", sorted(levels.items())),
        Bars("Steps by what is seen", [(n, grades[n]) for n in _GRADES if grades[n]]),
        Bars(
            "Photographs by source", _largest(_counted(_files(out / RECORDS, "pictures"), "source"))
        ),
        Bars("Rows by writer", _largest(_counted(data, "writer"))),
        Bars("Regions by name", _largest(_counted(degraded, "label_refined"))),
        Bars("What people called flaws, rows", _largest(_human(data))),
    ]
    return [chart for chart in charts if chart.counts]


_GRADES = ("mild", "moderate", "severe", "no word: near a border")


def _files(folder: Path, prefix: str) -> list[Path]:
    return sorted(folder.glob(f"{prefix}*.parquet"))


def _read(file: Path, columns: list[str] | None = None) -> pa.Table:
    """Columns of a file; on this thread, so that a server stays small."""
    with pq.ParquetFile(file) as opened:
        return opened.read(columns, use_threads=False)


def _counted(files: Sequence[Path], column: str, in_chain: str = "") -> Counter[str]:
    import pyarrow.compute as pc  # builds that leave no page do not wait for it

    found: Counter[str] = Counter()
    for file in files:
        values = _read(file, [column]).column(0)
        if in_chain:
            values = pc.struct_field(pc.list_flatten(values), in_chain)
        found.update({str(v["values"]): v["counts"] for v in pc.value_counts(values).to_pylist()})
    return found


def _largest(counts: Counter[str]) -> list[tuple[str, int]]:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    rest = sum(number for _, number in ordered[MOST_BARS:])
    more = [(f"{len(ordered) - MOST_BARS} others", rest)] if rest else []
    return [*((name or "without a name", n) for name, n in ordered[:MOST_BARS]), *more]


def _tasks(files: Sequence[Path]) -> list[tuple[str, int]]:
    found: Counter[tuple[str, ...]] = Counter()
    for file in files:
        columns = _read(file, list(_FORMS)).to_pydict()
        found.update(zip(*(columns[name] for name in _FORMS), strict=True))
    lines = Counter[str]()
    for (task, sub_task, form), number in found.items():
        fits = (n for n, t, s, f in ROWS if (t, s) == (task, sub_task) and f in ("", form))
        lines[next(fits, " ".join(filter(None, (task, sub_task))).replace("_", " "))] += number
    known = [name for name, *_ in ROWS if name in lines]
    return [(name, lines[name]) for name in [*known, *sorted(lines.keys() - known)]]


def _human(files: Sequence[Path]) -> Counter[str]:
    """Flaws of rows whose facts come from people."""
    found: Counter[str] = Counter()
    for file in files:
        table = _read(file, ["origin", "chain.list.element.family"])
        origins = table["origin"].to_pylist()
        if "human" in origins:
            chains = zip(origins, table["chain"].to_pylist(), strict=True)
            found.update(
                s["family"] for origin, chain in chains if origin == "human" for s in chain
            )
    return found


def rejects(out: Path, most: int) -> Rejects:
    """How many were left out for what, and the first of every reason.

    Args:
        out: The dataset.
        most: Rows shown at most; reasons share them evenly.
    """
    reasons: Counter[tuple[str, str]] = Counter()
    rows: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for file in _files(out / REJECTS, ""):
        for row in _read(file).to_pylist():
            reason = (row["stage"], row["reason"])
            reasons[reason] += 1
            if len(kept := rows.setdefault(reason, [])) < most:
                kept.append(row)
    share = max(1, most // max(1, len(rows)))
    shown = [row for reason in sorted(rows) for row in rows[reason][:share]]
    return Rejects(dict(sorted(reasons.items(), key=lambda r: (-r[1], r[0]))), shown)
