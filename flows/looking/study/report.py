"""What the ratings say: how good the rows are, how well people agree, what has to be repaired."""

import csv
import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from flows.evaluation.benchmarks.raters import Rating, agreement
from flows.evaluation.intervals import Settings, mean, rounded
from flows.looking.study.dimensions import GOOD, SCORES
from flows.looking.study.folder import Item, Study, ratings_of, read_study
from flows.looking.study.store import WORDS, Said
from flows.store.layout import write_text

REPAIR = 3.0
"""Rows whose mean lies below it in any dimension are to be repaired."""
APART = 2
"""Points between two people from which on a row is to be adjudicated."""
REPORT, TEXT = "report.json", "report.md"
TABLES = ("ratings.csv", "disagreements.csv", "repair.csv")


class Verdict(NamedTuple):
    """What was said of a row in a dimension.

    Args:
        item: The row.
        dimension: Its name.
        scores: Rater to score.
    """

    item: Item
    dimension: str
    scores: dict[str, int]

    @property
    def mean(self) -> float:
        """Of all raters."""
        return sum(self.scores.values()) / len(self.scores)

    @property
    def spread(self) -> int:
        """Points between the two who are furthest apart."""
        return max(self.scores.values()) - min(self.scores.values())


def verdicts(study: Study, said: Sequence[Said]) -> list[Verdict]:
    """Scores by row and dimension, in the order of the study."""
    by_row: dict[tuple[str, str], dict[str, int]] = {}
    for one in said:
        if one.score is not None:
            by_row.setdefault((one.row_id, one.dimension), {})[one.rater] = one.score
    return [
        Verdict(item, dimension.name, found)
        for item in study.items
        for dimension in study.dimensions
        if (found := by_row.get((item.row_id, dimension.name)))
    ]


def report(
    study: Study,
    said: Sequence[Said],
    settings: Settings,
    judge: Mapping[str, float] | None = None,
    below: float = REPAIR,
) -> dict[str, Any]:
    """All figures of a study.

    Args:
        study: What was drawn.
        said: What counts of what was said.
        settings: Of the intervals, which are drawn by picture.
        judge: Row id to a judge's score, of whatever scale; agreement with people's mean is
            reported by task then.
        below: Mean below which a row is to be repaired.
    """
    found = verdicts(study, said)
    asked = sum(map(len, study.shown.values())) * len(study.dimensions)
    words = Counter(one.words for one in said if one.dimension == WORDS)
    return {
        "rows": len(study.items),
        "raters": {
            rater: sum(one.rater == rater and one.score is not None for one in said)
            for rater in study.shown
        },
        "ratings": sum(len(one.scores) for one in found),
        "ratings_asked": asked,
        "dimensions": {
            one.name: _dimension([v for v in found if v.dimension == one.name], settings, judge)
            for one in study.dimensions
        },
        "tasks": _by_task(study, found, settings, judge),
        "disagreements": len({v.item.row_id for v in found if v.spread >= APART}),
        "repair_below": below,
        "repair": len(to_repair(found, below)),
        "words": dict(words.most_common(50)),
    }


def _by_task(
    study: Study, found: Sequence[Verdict], settings: Settings, judge: Mapping[str, float] | None
) -> dict[str, Any]:
    return {
        task: {
            one.name: _dimension(
                [v for v in found if v.dimension == one.name and v.item.task == task],
                settings,
                judge,
            )
            for one in study.dimensions
        }
        for task in sorted({item.task for item in study.items})
    }


def _dimension(
    found: Sequence[Verdict], settings: Settings, judge: Mapping[str, float] | None
) -> dict[str, Any]:
    """Shares, histogram and agreement; intervals draw whole pictures."""
    if not found:
        return {"ratings": 0}
    scores = [(v.item.picture, score) for v in found for score in v.scores.values()]
    ratings = [
        Rating(v.item.row_id, rater, float(score), (judge or {}).get(v.item.row_id))
        for v in found
        for rater, score in v.scores.items()
    ]
    share = mean([float(s >= GOOD) for _, s in scores], [p for p, _ in scores], settings)
    average = mean([float(s) for _, s in scores], [p for p, _ in scores], settings)
    counted = Counter(score for _, score in scores)
    agreed = agreement(shared(ratings), settings) if shared(ratings) else {}
    judged = agreement(ratings, settings).get("judge") if judge else None
    return {
        "ratings": len(scores),
        "share_4_5": share.plain(),
        "mean": average.plain(),
        "histogram": {str(score): counted[score] for score in SCORES},
        "agreement": plain(agreed),
        **({"judge": plain(judged)} if judged else {}),
    }


def shared(ratings: Sequence[Rating]) -> list[Rating]:
    """Ratings of rows that two people or more rated."""
    people = Counter(one.target for one in ratings)
    return [one for one in ratings if people[one.target] > 1]


def plain(value: Any) -> Any:
    """Estimates and floats as JSON."""
    if hasattr(value, "plain"):
        return value.plain()
    if isinstance(value, Mapping):
        return {name: plain(inner) for name, inner in value.items() if name != "judge"}
    return rounded(value)


def to_repair(found: Sequence[Verdict], below: float) -> list[str]:
    """Ids of rows whose mean is below in any dimension, in the order of the study."""
    return list(dict.fromkeys(v.item.row_id for v in found if v.mean < below))


def write_report(
    folder: Path,
    settings: Settings | None = None,
    judge: Mapping[str, float] | None = None,
    below: float = REPAIR,
) -> Path:
    """Write ``report.json``, ``report.md`` and the tables beside a study; returns the text.

    Raises:
        ConfigError: There is no study, or a library of the extra ``evaluate`` is missing.
    """
    study, said = read_study(folder), ratings_of(folder).all()
    found = verdicts(study, said)
    made = report(study, said, settings or Settings(), judge, below)
    write_text(folder / REPORT, json.dumps(made, indent=1, ensure_ascii=False) + "\n")
    apart = [v for v in found if v.spread >= APART]
    low = [v for v in found if v.mean < below]
    for name, rows in zip(TABLES, (found, apart, low), strict=True):
        write_text(folder / name, ratings_csv(rows))
    write_text(folder / TEXT, as_text(made))
    return folder / TEXT


def ratings_csv(found: Sequence[Verdict]) -> str:
    """One line a rating; what ``evaluate --ratings`` reads, with the dimension as its task."""
    page = io.StringIO()
    table = csv.writer(page, lineterminator="\n")
    table.writerow(("target", "rater", "score", "task", "row_task", "sub_task", "source"))
    for one in found:
        for rater, score in sorted(one.scores.items()):
            about = (one.item.task, one.item.sub_task, one.item.source)
            table.writerow((one.item.row_id, rater, score, one.dimension, *about))
    return page.getvalue()


def as_text(made: Mapping[str, Any]) -> str:
    """The report in Markdown."""
    lines = [
        "# Verification study",
        "",
        f"{made['ratings']} of {made['ratings_asked']} ratings of {made['rows']} rows by "
        f"{len(made['raters'])} people.",
        "",
        *_table(made["dimensions"]),
        "Agreement is measured on rows that several people rated; ICC on those that all of them "
        "did. Shares and means have 95 % intervals, drawn by picture.",
        "",
        f"{made['disagreements']} rows have ratings {APART} points apart or more "
        f"(`{TABLES[1]}`); {made['repair']} rows have a mean below {made['repair_below']:g} "
        f"(`{TABLES[2]}`).",
        "",
    ]
    for task, dimensions in made["tasks"].items():
        lines += [f"## {task.replace('_', ' ')}", "", *_table(dimensions)]
    if made["words"]:
        lines += ["## In people's own words", ""]
        lines += [f"- {' '.join(word.split())} ({n})" for word, n in made["words"].items()]
    return "\n".join(lines).rstrip() + "\n"


def _table(dimensions: Mapping[str, Any]) -> list[str]:
    rated = {name: one for name, one in dimensions.items() if one["ratings"]}
    judged = any("judge" in one for one in rated.values())
    heads = ["", "4 or 5", "mean", *map(str, SCORES), "alpha", "ICC(2,1)", "ICC(2,k)"]
    heads += ["judge SRCC", "judge PLCC"] if judged else []
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    for name, one in rated.items():
        agreed = one["agreement"]
        cells = [name, _percent(one["share_4_5"]), _number(one["mean"])]
        cells += [str(one["histogram"][str(score)]) for score in SCORES]
        cells += [_number({"value": agreed.get("alpha_interval")})]
        cells += [_number(agreed.get(kind)) for kind in ("icc(2,1)", "icc(2,k)")]
        if judged:
            said = one.get("judge", {})
            cells += [_number(said.get(kind, {}).get("bootstrap")) for kind in ("srcc", "plcc")]
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]


def _percent(found: Mapping[str, Any]) -> str:
    if found["low"] is None:
        return f"{found['value']:.1%}"
    return f"{found['value']:.1%} ({found['low']:.1%} to {found['high']:.1%})"


def _number(found: Mapping[str, Any] | None) -> str:
    if not found or found.get("value") is None:
        return "-"
    if found.get("low") is None:
        return f"{found['value']:.3f}"
    return f"{found['value']:.3f} ({found['low']:.3f} to {found['high']:.3f})"
