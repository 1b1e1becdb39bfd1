"""Do people agree with each other, and does a judge agree with people?

Input is a CSV with the columns ``target,rater,score`` and, if there are any, ``judge`` (the judge's
score of the target, the same in each of its lines) and ``task`` (groups are reported one by one).

ICC(2,1) and ICC(2,k) take raters as a random sample and ask for absolute agreement; they need
complete ratings, so targets that some rater left out are dropped and counted. ICC(3,k), which
forgives raters a level of their own, stands beside them. Intervals of ICC rest on F, those of
correlations on Fisher's z and on a bootstrap over targets.

Source: Shrout and Fleiss 1979; McGraw and Wong 1996; metrics specification, section 4.1 (A.2).
"""

import csv
import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from annotators.human.agreement import krippendorff_alpha
from flows.evaluation.benchmarks.quality_scores import correlations
from flows.evaluation.intervals import Estimate, Settings, resampled
from flows.training.extras import need, quiet
from schemas.errors import ConfigError, reading

ICCS: Mapping[str, tuple[str, str]] = {
    "icc(2,1)": ("ICC2", "ICC(A,1)"),
    "icc(2,k)": ("ICC2k", "ICC(A,k)"),
    "icc(3,k)": ("ICC3k", "ICC(C,k)"),
}
"""Our name to pingouin's, before and since its version 0.6."""
GOOD = 4.0


class Rating(NamedTuple):
    """One rating.

    Args:
        target: What was rated.
        rater: Who rated.
        score: Any scale.
        judge: The judge's score of the target; ``None`` without a judge.
        task: Group; empty for none.
    """

    target: str
    rater: str
    score: float
    judge: float | None = None
    task: str = ""


def read_ratings(path: Path) -> list[Rating]:
    """The ratings of a CSV.

    Raises:
        ConfigError: Unreadable, a column is missing, a score is not a number, a rater rates
            twice, or the judge has two scores for one target.
    """
    what = f"--ratings {path}"
    with reading(what, csv.Error), path.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    missing = {"target", "rater", "score"} - set(rows[0] if rows else ())
    if missing:
        raise ConfigError(f"--ratings {path}: no column {', '.join(sorted(missing))}")
    found: list[Rating] = []
    seen: set[tuple[str, str, str]] = set()
    judges: dict[tuple[str, str], float | None] = {}
    for line, row in enumerate(rows, 2):
        where = f"--ratings {path}: line {line}"
        judge = _number(row["judge"], where) if row.get("judge") else None
        one = Rating(
            row["target"], row["rater"], _number(row["score"], where), judge, row.get("task") or ""
        )
        if (one.task, one.target, one.rater) in seen:
            raise ConfigError(f"{where}: {one.rater!r} rates {one.target!r} twice")
        seen.add((one.task, one.target, one.rater))
        if judges.setdefault((one.task, one.target), judge) != judge:
            raise ConfigError(f"{where}: the judge has two scores for {one.target!r}")
        found.append(one)
    return found


def evaluate(ratings: Sequence[Rating], settings: Settings) -> dict[str, Any]:
    """Task (``all`` where there is none) to agreement."""
    groups: dict[str, list[Rating]] = {}
    for one in ratings:
        groups.setdefault(one.task or "all", []).append(one)
    return {name: agreement(groups[name], settings) for name in sorted(groups)}


def agreement(ratings: Sequence[Rating], settings: Settings) -> dict[str, Any]:
    """Agreement of raters and, where there is one, of the judge with their mean."""
    by_target: dict[str, dict[str, float]] = {}
    for one in ratings:
        by_target.setdefault(one.target, {})[one.rater] = one.score
    raters = sorted({one.rater for one in ratings})
    complete = {t: scores for t, scores in by_target.items() if len(scores) == len(raters)}
    scores = [one.score for one in ratings]
    pairs = [abs(a - b) for s in by_target.values() for a, b in combinations(s.values(), 2)]
    report: dict[str, Any] = {
        "targets": len(by_target),
        "raters": len(raters),
        "dropped_for_icc": len(by_target) - len(complete),
        "mean": float(np.mean(scores)),
        "sd": float(np.std(scores, ddof=1)) if len(scores) > 1 else None,
        "share_from_4": float(np.mean([score >= GOOD for score in scores])),
        "within_1": float(np.mean([gap <= 1 for gap in pairs])) if pairs else None,
        "alpha_interval": _alpha(by_target),
        **icc(complete, raters),
    }
    judged = {one.target: one.judge for one in ratings if one.judge is not None}
    if judged:
        human = [float(np.mean(list(by_target[target].values()))) for target in judged]
        report["judge"] = with_judge(human, [float(v) for v in judged.values()], settings)
    return report


def icc(complete: Mapping[str, Mapping[str, float]], raters: Sequence[str]) -> dict[str, Estimate]:
    """The three coefficients with F intervals; ``None`` with fewer than two raters or targets.

    Args:
        complete: Target to the score of every rater.
        raters: Their names.
    """
    number = len(complete)
    if number < 2 or len(raters) < 2 or number * len(raters) < 5:
        return {name: Estimate(None, n=number) for name in ICCS}
    pingouin, pandas = need("pingouin", "ICC"), need("pandas", "ICC")
    rows = [(t, r, complete[t][r]) for t in sorted(complete) for r in raters]
    frame = pandas.DataFrame(rows, columns=["target", "rater", "score"])
    # the library rounds intervals to two decimals unless it is told not to
    rounding = {key: value for key, value in pingouin.options.items() if "CI95" in key}
    try:
        pingouin.options.update(dict.fromkeys(rounding))
        with quiet():
            table = pingouin.intraclass_corr(frame, "target", "rater", "score")
    finally:
        pingouin.options.update(rounding)
    return {name: _coefficient(table, kinds, number) for name, kinds in ICCS.items()}


def _coefficient(table: Any, kinds: tuple[str, str], number: int) -> Estimate:
    row = table[table["Type"].isin(kinds)].iloc[0]
    column = next(name for name in table.columns if name.startswith("CI95"))
    values = [float(row["ICC"]), *(float(bound) for bound in row[column])]
    known = [value if math.isfinite(value) else None for value in values]
    return Estimate(known[0], known[1], known[2], number)


def with_judge(
    human: Sequence[float], judge: Sequence[float], settings: Settings
) -> dict[str, Any]:
    """SRCC and PLCC of judge and mean human score, each with both intervals.

    Args:
        human: Mean score of each target.
        judge: Score of the judge, in the same order.
        settings: Of the bootstrap over targets.
    """
    one, two = np.asarray(human, np.float64), np.asarray(judge, np.float64)
    report = {}
    for name in ("srcc", "plcc"):
        found = resampled(
            lambda rows, name=name: correlations(one[rows], two[rows])[name],  # type: ignore[misc]
            range(len(one)),
            settings,
        )
        report[name] = {"bootstrap": found, "fisher": fisher(found.value, len(one))}
    return report


def fisher(value: float | None, number: int) -> Estimate:
    """A correlation with the interval of Fisher's z; none below four targets.

    Source: Fisher 1921; by pingouin. For SRCC it is an approximation.
    """
    if value is None or number < 4 or abs(value) >= 1:
        return Estimate(value, value, value, number) if value else Estimate(value, n=number)
    pingouin = need("pingouin", "the interval of a correlation")
    low, high = pingouin.compute_esci(stat=value, nx=number, ny=number, eftype="r", decimals=9)
    return Estimate(value, float(low), float(high), number)


def _alpha(by_target: Mapping[str, Mapping[str, float]]) -> float | None:
    """Krippendorff's alpha with the squared difference; takes incomplete ratings."""
    units = [[frozenset({repr(v)}) for v in scores.values()] for scores in by_target.values()]

    def squared(first: frozenset[str], second: frozenset[str]) -> float:
        return (float(next(iter(first))) - float(next(iter(second)))) ** 2

    return krippendorff_alpha(units, squared)


def _number(text: str | None, where: str) -> float:
    try:
        value = float(text or "")
    except ValueError:
        raise ConfigError(f"{where}: expected a number, got {text!r:.40}") from None
    if not math.isfinite(value):
        raise ConfigError(f"{where}: {text!r} is not a finite number")
    return value
