"""The offline judge: facts of an answer against facts of the reference answer, no model.

Both texts go through the same extractor, so the reference itself always gets full marks. Each
component counts only where the reference has it; the score is their weighted mean times the scale:
10 for descriptions, 5 for grounding text. An empty answer gets 0.

Source: metrics specification, section 4.1 (extracted region, position, types, grades); scales of
the paper's model judge. Weights are ours.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from flows.evaluation.intervals import Settings, mean
from flows.evaluation.predictions import Predictions
from flows.evaluation.texts import (
    GRADES,
    Claims,
    Spot,
    claims,
    names,
    regions_in,
    says_order,
    sentences,
    spot,
)
from flows.evaluation.truth import Bench
from schemas.records import DegradedRegion, Sample

SCALES: Mapping[str, float] = {
    "global_description": 10.0,
    "local_description": 10.0,
    "grounding": 5.0,
}
WEIGHTS: Mapping[str, float] = {
    "types": 4.0,
    "regions": 3.0,
    "grades": 2.0,
    "position": 2.0,
    "order": 1.0,
    "verdict": 1.0,
    "clean": 4.0,
    "target": 1.0,
}

_CLEAN = re.compile(
    r"\b(?:no|not|nothing|without|free (?:of|from)|clean|natural|intact|good|high|crisp|excellent|"
    r"well preserved)\b"
)
_VERDICTS = (
    (
        "mixed",
        re.compile(
            r"uneven|middling|mediocre|average|in parts|not everywhere|some visible|"
            r"\bfair\b|acceptable"
        ),
    ),
    ("poor", re.compile(r"\b(?:poor|bad|badly|low|terrible|awful|damaged)\b")),
    ("good", re.compile(r"\b(?:good|high|excellent|fine|great)\b")),
)


class Score(NamedTuple):
    """A judged row.

    Args:
        row_id: Row.
        cluster: Source picture.
        group: Task.
        score: 0 to the task's scale.
    """

    row_id: str
    cluster: str
    group: str
    score: float


@dataclass(frozen=True)
class Facts:
    """What a text says.

    Args:
        said: Families and grades.
        pairs: (region, family) as its sentences put them together.
        regions: Regions it names.
        spot: Where it says the target is.
        verdict: good, mixed, poor or empty: its first sentence on the whole.
        clean: Whether it says that something is as it should be.
        ordered: Whether it tells the row's chain in its order.
    """

    said: Claims
    pairs: frozenset[tuple[str, str]]
    regions: frozenset[str]
    spot: Spot
    verdict: str
    clean: bool
    ordered: bool


def facts(
    text: str, sample: Sample, bench: Bench, phrases: Mapping[str, Mapping[str, str]]
) -> Facts:
    """What ``text`` says as an answer to the row's question."""
    ignore = names(sample, bench, phrases)
    regions = bench.regions.get(sample.image_id, ())
    known = phrases.get(sample.image_id, {})
    said = claims(text, bench.families, ignore)
    pairs, named = _by_region(text, regions, known, bench, ignore)
    first = (sentences(text) or [""])[0].lower()
    return Facts(
        said=said,
        pairs=pairs,
        regions=named,
        spot=spot(text),
        verdict=next((name for name, words in _VERDICTS if words.search(first)), ""),
        clean=bool(_CLEAN.search(text.lower())),
        ordered=says_order(text, said, sample.chain),
    )


def compare(said: Facts, truth: Facts, task: str) -> dict[str, float]:
    """Component to its value, 0 to 1; only components that the reference has."""
    ours, theirs = frozenset(said.said.families), frozenset(truth.said.families)
    found = {"types": f1(ours, theirs)}
    if not theirs and truth.clean:
        found["clean"] = float(said.clean and not ours)
    if truth.said.grades:
        found["grades"] = _grades(said.said.grades, truth.said.grades)
    if task == "global_description":
        if truth.pairs:
            found["regions"] = f1(said.pairs, truth.pairs)
        if truth.verdict:
            found["verdict"] = float(said.verdict == truth.verdict)
        return found
    if task == "grounding":
        found["position"] = (
            float(said.spot.x == truth.spot.x) + float(said.spot.y == truth.spot.y)
        ) / 2
    if truth.regions:
        found["target"] = f1(said.regions, truth.regions)
    if len(theirs) > 1 and truth.ordered:
        found["order"] = float(said.ordered)
    return found


def f1(first: frozenset[Any], second: frozenset[Any]) -> float:
    """F1 of two sets; 1 when both are empty."""
    if not first and not second:
        return 1.0
    return 2 * len(first & second) / (len(first) + len(second))


def judge(bench: Bench, predictions: Predictions) -> list[Score]:
    """Every description and grounding row, judged; without a prediction 0."""
    phrases = bench.phrases()
    found = []
    for sample in bench.samples:
        if sample.task in SCALES:
            given = predictions.get(sample.row_id)
            value = score(sample, given.answer if given else "", bench, phrases)
            found.append(Score(sample.row_id, sample.picture_id, sample.task, value))
    return found


def score(
    sample: Sample, answer: str, bench: Bench, phrases: Mapping[str, Mapping[str, str]]
) -> float:
    """0 to the scale of the row's task."""
    if not answer.strip():
        return 0.0
    said = facts(answer, sample, bench, phrases)
    truth = facts(sample.answer, sample, bench, phrases)
    parts = compare(said, truth, sample.task)
    weight = sum(WEIGHTS[name] for name in parts)
    return SCALES[sample.task] * sum(WEIGHTS[name] * v for name, v in parts.items()) / weight


def summary(found: Sequence[Score], settings: Settings) -> dict[str, Any]:
    """Task to mean score with its interval."""
    return {
        task: mean(
            [one.score for one in found if one.group == task],
            [one.cluster for one in found if one.group == task],
            settings,
        )
        for task in SCALES
        if any(one.group == task for one in found)
    }


def _by_region(
    text: str,
    regions: Sequence[DegradedRegion],
    phrases: Mapping[str, str],
    bench: Bench,
    ignore: list[str],
) -> tuple[frozenset[tuple[str, str]], frozenset[str]]:
    """Pairs and regions; a sentence that names no region goes on about the last one named."""
    pairs: set[tuple[str, str]] = set()
    named: set[str] = set()
    last: list[str] = []
    for sentence in sentences(text):
        last = regions_in(sentence, regions, phrases) or last
        named.update(last)
        for family in claims(sentence, bench.families, ignore).families:
            pairs.update((region, family) for region in last)
    return frozenset(pairs), frozenset(named)


def _grades(said: Mapping[str, str], truth: Mapping[str, str]) -> float:
    """Mean nearness over the graded families of the reference: 1 equal, 0.5 one off, else 0."""
    values = [
        1 - abs(GRADES[said[family]] - GRADES[grade]) / 2 if family in said else 0.0
        for family, grade in truth.items()
    ]
    return sum(values) / len(values)
