"""The ViDA-UGC benchmark: the six scores of its challenge, as published and mended.

The official way has flaws that change the figure, so each score is given twice. What is mended
stands in ``MENDED``, which every report repeats. A score whose truth or predictions are not at hand
is null, never 0, and so is the final score then.

Source: scoring script of the MIPI 2025 challenge on detailed image quality assessment; detailed
assessment rules, section 9.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from annotators.questions.vida.syntax import Found
from annotators.questions.vida.vocabulary import Vocabulary, plain, read_vocabulary
from flows.evaluation.benchmarks import vida_boxes
from flows.evaluation.benchmarks.qbench import chosen
from flows.evaluation.benchmarks.vida_boxes import Placed, mean_precision, tidy
from flows.evaluation.benchmarks.vida_files import (
    DETECTION,
    REGION,
    Choice,
    Described,
    Said,
    Truth,
)
from flows.evaluation.intervals import Estimate, Settings, mean, ratio
from flows.training.extras import quadratic_kappa
from schemas.boxes import iou

PERCEPTION_SCORE = "Perception Accuracy"
REGION_SCORE = "Region mAP"
DETECTION_SCORE = "Distortion mAP"
DESCRIPTION_SCORE = "Description mAP"
KEY_SCORE = "Key Distortion Accuracy"
LEVEL_SCORE = "Image Quality Accuracy"
SCORES = (
    PERCEPTION_SCORE,
    REGION_SCORE,
    DETECTION_SCORE,
    DESCRIPTION_SCORE,
    KEY_SCORE,
    LEVEL_SCORE,
)
FINAL = "Final Score"
MENDED = {
    PERCEPTION_SCORE: "the answer is read strictly: the letter or the text of one option, not "
    "whatever its first character is",
    REGION_SCORE: "see Distortion mAP",
    DETECTION_SCORE: "only answers that list all distortions count: boxes of answers about a "
    "region are no detections; predictions have no confidence, so they stand by picture and box, "
    "not as the file has them; nearly equal boxes (IoU above .9) of a class are one; spellings and "
    "plurals of a class are one class",
    DESCRIPTION_SCORE: "see Distortion mAP",
    KEY_SCORE: "naming no key distortion where the truth has one counts as wrong; recall and F1 "
    "stand beside it",
    LEVEL_SCORE: "pictures without a description count as wrong",
}


def scores(truth: Truth, said: Said) -> dict[str, float | None]:
    """The six scores and their sum, the official way."""
    goal = {name: [m.found for m in one.marked] for name, one in truth.pictures.items()}
    grounded = said.grounded or ()
    regions = _pooled((g.picture, g.found) for g in grounded if g.kind == REGION)
    found: dict[str, float | None] = dict.fromkeys(SCORES)
    if said.grounded is not None:
        every = _pooled((one.picture, one.found) for one in grounded)
        found[DETECTION_SCORE] = mean_precision(goal, every)
        if truth.regions is not None:
            found[REGION_SCORE] = mean_precision(truth.regions, regions)
    if said.described is not None:
        texts = _pooled((one.picture, one.found) for one in said.described)
        found[DESCRIPTION_SCORE] = mean_precision(_lowered(goal), _lowered(texts))
        hits = [_is_key(one, key, truth) for one in said.described for key in one.keys]
        if _keys_known(truth):
            found[KEY_SCORE] = sum(hits) / len(hits) if hits else 0.0
        right = [_level(truth, one.picture) == one.level for one in said.described]
        found[LEVEL_SCORE] = sum(right) / len(right) if right else None
    right = [_letter(answer) in goal for answer, goal in pairs(truth, said)]
    if right:
        found[PERCEPTION_SCORE] = sum(right) / len(right)
    return _with_sum(found, truth, said)


def mended(truth: Truth, said: Said, settings: Settings) -> dict[str, Any]:
    """The six scores without the flaws, and what stands beside them, with intervals."""
    vocabulary = read_vocabulary()
    goal = tidy(
        {p: _canonical((m.found for m in t.marked), vocabulary) for p, t in truth.pictures.items()}
    )
    found: dict[str, Any] = {}
    if said.grounded is not None:
        listed = _kind(said, DETECTION, vocabulary)
        found[DETECTION_SCORE] = vida_boxes.detection(goal, listed, settings)
        found["severity"] = _severity(goal, listed, vocabulary, settings)
        if truth.regions is not None:
            asked = tidy({p: _canonical(f, vocabulary) for p, f in truth.regions.items()})
            about = _kind(said, REGION, vocabulary)
            found[REGION_SCORE] = vida_boxes.detection(asked, about, settings)
    if said.described is not None:
        texts = _pooled((d.picture, _canonical(d.found, vocabulary)) for d in said.described)
        found[DESCRIPTION_SCORE] = vida_boxes.detection(goal, tidy(texts), settings)
        if _keys_known(truth):
            found[KEY_SCORE] = _keys(truth, said.described, settings)
        levels = {one.picture: one.level for one in said.described}
        pictures = [name for name in truth.pictures if _level(truth, name)]
        right = [float(levels.get(name) == _level(truth, name)) for name in pictures]
        found[LEVEL_SCORE] = {"accuracy": mean(right, pictures, settings)}
    if truth.choices is not None and said.choices is not None:
        found[PERCEPTION_SCORE] = _perception(truth, said, settings)
    return found


HEADLINE = {PERCEPTION_SCORE: "all", KEY_SCORE: "accuracy", LEVEL_SCORE: "accuracy"}


def headline(found: Mapping[str, Any], truth: Truth, said: Said) -> dict[str, float | None]:
    """The six mended scores and their sum."""
    values: dict[str, float | None] = {}
    for name in SCORES:
        estimate: Estimate | None = found.get(name, {}).get(HEADLINE.get(name, "map"))
        values[name] = estimate.value if estimate else None
    return _with_sum(values, truth, said)


def _with_sum(values: Mapping[str, float | None], truth: Truth, said: Said) -> dict[str, Any]:
    """The sum only where every score is known, perception over all questions that were asked."""
    there = [value for value in values.values() if value is not None]
    whole = len(there) == len(SCORES) and len(pairs(truth, said)) >= len(said.choices or ())
    return {FINAL: sum(there) if whole else None, **values}


def _pooled(pairs: Iterable[tuple[str, Iterable[Found]]]) -> dict[str, list[Found]]:
    """Boxes by picture, in the order in which a picture first has a box."""
    found: dict[str, list[Found]] = {}
    for picture, boxes in pairs:
        for box in boxes:
            found.setdefault(picture, []).append(box)
    return found


def _lowered(placed: Placed) -> dict[str, list[Found]]:
    return {
        picture: [
            one._replace(distortion=one.distortion.lower().replace("_", " ")) for one in boxes
        ]
        for picture, boxes in placed.items()
    }


def _canonical(found: Iterable[Found], vocabulary: Vocabulary) -> list[Found]:
    """One name a class; a word that is none of the ten stays, in lower case."""
    return [
        one._replace(distortion=vocabulary.known(one.distortion) or plain(one.distortion))
        for one in found
    ]


def _kind(said: Said, kind: str, vocabulary: Vocabulary) -> dict[str, list[Found]]:
    chosen_ones = (one for one in said.grounded or () if one.kind == kind)
    return tidy(_pooled((one.picture, _canonical(one.found, vocabulary)) for one in chosen_ones))


def _level(truth: Truth, picture: str) -> str:
    return truth.pictures[picture].level if picture in truth.pictures else ""


def _keys_known(truth: Truth) -> bool:
    return any(m.significance is not None for t in truth.pictures.values() for m in t.marked)


def true_keys(truth: Truth, picture: str) -> list[Found]:
    """The distortions of the highest significance."""
    marked = truth.pictures[picture].marked if picture in truth.pictures else ()
    highest = max((m.significance for m in marked if m.significance is not None), default=None)
    return [m.found for m in marked if highest is not None and m.significance == highest]


def _is_key(one: Described, key: Found, truth: Truth) -> bool:
    return any(_same_key(key, goal) for goal in true_keys(truth, one.picture))


def _same_key(said: Found, goal: Found) -> bool:
    return plain(said.distortion) == plain(goal.distortion) and iou(said.box, goal.box) > 0.5


def _keys(truth: Truth, described: Sequence[Described], settings: Settings) -> dict[str, Estimate]:
    vocabulary = read_vocabulary()
    said = {one.picture: _canonical(one.keys, vocabulary) for one in described}
    pictures = list(truth.pictures)
    hit, given, wrong, recalled, wanted = [], [], [], [], []
    for picture in pictures:
        goal = _canonical(true_keys(truth, picture), vocabulary)
        own = said.get(picture, [])
        hit.append(float(sum(any(_same_key(k, g) for g in goal) for k in own)))
        given.append(float(len(own)))
        wrong.append(float(len(own) or bool(goal)))
        recalled.append(float(sum(any(_same_key(k, g) for k in own) for g in goal)))
        wanted.append(float(len(goal)))
    both = [a + b for a, b in zip(given, wanted, strict=True)]
    twice = [a + b for a, b in zip(hit, recalled, strict=True)]
    return {
        "accuracy": ratio(hit, wrong, pictures, settings),
        "precision": ratio(hit, given, pictures, settings),
        "recall": ratio(recalled, wanted, pictures, settings),
        "f1": ratio(twice, both, pictures, settings),
    }


def _severity(
    goal: Placed, said: Placed, vocabulary: Vocabulary, settings: Settings
) -> dict[str, Any]:
    """How strong, on boxes that hit and whose severity both sides give."""
    pictures, true, given = [], [], []
    for picture, first, second in vida_boxes.matched(goal, said):
        ranks = vocabulary.severity_rank(first.severity), vocabulary.severity_rank(second.severity)
        if ranks[0] is not None and ranks[1] is not None:
            pictures.append(picture)
            true.append(ranks[0])
            given.append(ranks[1])
    off = [float(abs(a - b)) for a, b in zip(true, given, strict=True)]
    kappa = quadratic_kappa(true, given)
    return {
        "accuracy": mean([float(error == 0) for error in off], pictures, settings),
        "error": mean(off, pictures, settings),
        "kappa": Estimate(kappa, n=len(true)),
    }


def pairs(truth: Truth, said: Said) -> list[tuple[Choice, frozenset[str]]]:
    """Answers to questions whose truth is known, with the right options.

    They are found by picture, words and options. Where the truth has a question twice with
    different answers, either is right.
    """
    right: dict[tuple[str, str, tuple[str, ...]], set[str]] = {}
    for one in truth.choices or ():
        right.setdefault(_asked(one), set()).add(one.said)
    return [
        (one, frozenset(right[_asked(one)])) for one in said.choices or () if _asked(one) in right
    ]


def _asked(one: Choice) -> tuple[str, str, tuple[str, ...]]:
    return one.picture, one.words, tuple(sorted(one.options))


def _letter(answer: Choice) -> str | None:
    """The option of the first letter of an answer."""
    place = "ABCDEFGH".find(answer.said.strip()[:1].upper() or "?")
    return answer.options[place] if 0 <= place < len(answer.options) else None


def _perception(truth: Truth, said: Said, settings: Settings) -> dict[str, Any]:
    groups: dict[str, tuple[list[str], list[float]]] = {}
    for answer, goal in pairs(truth, said):
        place = chosen(answer.said, answer.options)
        right = place is not None and answer.options[place] in goal
        for name in ("all", answer.concern):
            pictures, values = groups.setdefault(name, ([], []))
            pictures.append(answer.picture)
            values.append(float(right))
    return {name: mean(values, pictures, settings) for name, (pictures, values) in groups.items()}


def coverage(truth: Truth, said: Said) -> dict[str, Any]:
    """How much of what was asked has a truth at hand."""
    asked = Counter(one.concern for one in said.choices or ())
    known = Counter(answer.concern for answer, _ in pairs(truth, said))
    strangers = {one.picture for one in (said.grounded or ())} - truth.pictures.keys()
    return {
        "pictures": len(truth.pictures),
        "boxes": sum(len(one.marked) for one in truth.pictures.values()),
        "questions": {
            name: {"asked": n, "known": known[name]} for name, n in sorted(asked.items())
        },
        "unknown_pictures": len(strangers),
    }
