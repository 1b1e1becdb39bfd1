"""GIQA-Bench: descriptions and questions with boxes, as far as its measures are public.

A record is ``{"id", "kind", "question", "answer", "boxes"}``; ``kind`` is ``description``,
``yes_no`` or ``what``, ``why``, ``how``; ``boxes`` is a list of ``{"tag", "cells": [top left,
bottom right]}`` or ``{"tag", "box": [x0, y0, x1, y1]}`` in shares of the sides. Predictions hold
``id``, ``answer`` and ``boxes``. The data is not released, so this form is ours.

Measures: BLEU-4 of the descriptions (corpus, by sacrebleu), mIoU of boxes and Tag-Recall, accuracy
of yes and no (first word), of the open questions by the judge (share of its scale) or, without one,
by equal words, and of both together.

Source: metrics specification, section 4.5.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from flows.evaluation.benchmarks.giqa_boxes import Tagged, matched, middle, recalled
from flows.evaluation.intervals import Estimate, Settings, mean, ratio
from flows.evaluation.predictions import records
from flows.training.extras import need
from schemas.errors import ConfigError
from schemas.streams import Stream

DESCRIPTION, YES_NO = "description", "yes_no"
OPEN = ("what", "why", "how")
KINDS = (DESCRIPTION, YES_NO, *OPEN)
Grades = Callable[[Sequence["GiqaRecord"], Mapping[str, "GiqaRecord"]], dict[str, float | None]]
"""Records and answers to a grade of each, 0 to 1; ``None`` where the judge failed."""


class GiqaRecord(NamedTuple):
    """A record, or what was predicted for one.

    Args:
        key: Id.
        kind: One of ``KINDS``; empty for predictions.
        question: Empty for predictions.
        answer: Text.
        boxes: Named boxes.
    """

    key: str
    kind: str
    question: str
    answer: str
    boxes: tuple[Tagged, ...]


def read_entries(path: Path, flag: str, known: Sequence[GiqaRecord] = ()) -> list[GiqaRecord]:
    """The records of a file, or, with ``known`` ones, predictions for them.

    Raises:
        ConfigError: Unreadable, a broken record, one twice, or one that is not known.
    """
    found: dict[str, GiqaRecord] = {}
    keys = {entry.key for entry in known}
    for place, record in records(path, flag):
        where = f"{flag} {path}: {place}"
        try:
            entry = _entry(record, bool(known))
        except (KeyError, TypeError, ValueError) as error:
            what = f"lacks {error}" if isinstance(error, KeyError) else str(error)
            raise ConfigError(f"{where}: {what}") from None
        if entry.key in found:
            raise ConfigError(f"{where}: id {entry.key!r} comes twice")
        if known and entry.key not in keys:
            raise ConfigError(f"{where}: id {entry.key!r} is unknown")
        found[entry.key] = entry
    if not found:
        raise ConfigError(f"{flag} {path}: holds no records")
    return list(found.values())


def _entry(record: Mapping[str, Any], predicted: bool) -> GiqaRecord:
    kind = "" if predicted else record["kind"]
    if not predicted and kind not in KINDS:
        raise ValueError(f"kind {kind!r}: allowed: {', '.join(KINDS)}")
    if not predicted and not _words(str(record["answer"])):
        raise ValueError("an answer without a word")
    boxes = tuple(_tagged(box) for box in record.get("boxes") or ())
    return GiqaRecord(
        str(record["id"]), kind, str(record.get("question", "")), str(record["answer"]), boxes
    )


def _tagged(box: Mapping[str, Any]) -> Tagged:
    if "cells" in box:
        first, last = box["cells"]
        return Tagged(str(box["tag"]), (*middle(int(first)), *middle(int(last))))
    x0, y0, x1, y1 = (float(side) for side in box["box"])
    return Tagged(str(box["tag"]), (x0, y0, x1, y1))


def same_words(
    truth: Sequence[GiqaRecord], said: Mapping[str, GiqaRecord]
) -> dict[str, float | None]:
    """The grade without a judge: 1 where both answers have the same words in the same order."""
    return {
        entry.key: float(_words(entry.answer) == _words(said[entry.key].answer))
        if entry.key in said
        else 0.0
        for entry in truth
    }


def evaluate(
    truth: Sequence[GiqaRecord],
    said: Mapping[str, GiqaRecord],
    settings: Settings,
    grades: Grades = same_words,
) -> dict[str, Any]:
    """All measures of the benchmark, of a model, of chance and of the most frequent answer."""
    systems: dict[str, tuple[Mapping[str, GiqaRecord], Grades]] = {
        "predictions": (said, grades),
        "random": (_random(truth, settings.seed), same_words),
        "majority": (_majority(truth), same_words),
    }
    return {
        "records": len(truth),
        "missing": sum(entry.key not in said for entry in truth),
        "graded_by": "words" if grades is same_words else "judge",
        "systems": {
            name: measures(truth, given, settings, grade)
            for name, (given, grade) in systems.items()
        },
    }


def measures(
    truth: Sequence[GiqaRecord], said: Mapping[str, GiqaRecord], settings: Settings, grades: Grades
) -> dict[str, Estimate]:
    """All measures of one system; a record without a prediction counts as wrong."""
    described = [entry for entry in truth if entry.kind == DESCRIPTION]
    closed = [entry for entry in truth if entry.kind == YES_NO]
    asked = [entry for entry in truth if entry.kind in OPEN]
    graded = grades([*described, *asked], said)
    yes = {e.key: float(_first(e) == _first(said.get(e.key))) for e in closed}
    opened = {e.key: value for e in asked if (value := graded[e.key]) is not None}
    both = {**yes, **opened}
    told = {e.key: value for e in described if (value := graded[e.key]) is not None}
    return {
        "bleu4": Estimate(_bleu(described, said), n=len(described)),
        "des_score": _mean(told, settings),
        **{f"des_{name}": value for name, value in _boxes(described, said, settings).items()},
        "acc_yes_no": _mean(yes, settings),
        "acc_open": _mean(opened, settings),
        "acc_total": _mean(both, settings),
        **{
            f"vqa_{name}": value
            for name, value in _boxes([*closed, *asked], said, settings).items()
        },
    }


def _boxes(
    truth: Sequence[GiqaRecord], said: Mapping[str, GiqaRecord], settings: Settings
) -> dict[str, Estimate]:
    """Mean IoU and Tag-Recall over the true boxes; boxes too many cost nothing."""
    rows = [(e, said[e.key].boxes if e.key in said else ()) for e in truth if e.boxes]
    keys, sizes = [e.key for e, _ in rows], [float(len(e.boxes)) for e, _ in rows]
    return {
        "miou": ratio([sum(matched(e.boxes, b)) for e, b in rows], sizes, keys, settings),
        "tag_recall": ratio([float(recalled(e.boxes, b)) for e, b in rows], sizes, keys, settings),
    }


def _bleu(truth: Sequence[GiqaRecord], said: Mapping[str, GiqaRecord]) -> float | None:
    """Corpus BLEU-4, 0 to 100, 13a tokens, case kept."""
    if not truth:
        return None
    sacrebleu = need("sacrebleu", "BLEU")
    texts = [said[e.key].answer if e.key in said else "" for e in truth]
    return float(sacrebleu.corpus_bleu(texts, [[e.answer for e in truth]]).score)


def _random(truth: Sequence[GiqaRecord], seed: int) -> dict[str, GiqaRecord]:
    """The answer and boxes of a drawn record of the same kind."""
    by_kind: dict[str, list[GiqaRecord]] = {}
    for entry in truth:
        by_kind.setdefault(entry.kind, []).append(entry)
    return {e.key: Stream(seed, "giqa", e.key).choice(by_kind[e.kind]) for e in truth}


def _majority(truth: Sequence[GiqaRecord]) -> dict[str, GiqaRecord]:
    """The most frequent answer of a kind; no boxes."""
    counts: dict[str, Counter[str]] = {}
    for entry in truth:
        counts.setdefault(entry.kind, Counter())[entry.answer] += 1
    common = {kind: min(c, key=lambda a: (-c[a], a)) for kind, c in counts.items()}
    return {e.key: GiqaRecord(e.key, "", "", common[e.kind], ()) for e in truth}


def _mean(values: Mapping[str, float], settings: Settings) -> Estimate:
    return mean(list(values.values()), list(values), settings)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _first(entry: GiqaRecord | None) -> str:
    words = _words(entry.answer) if entry else []
    return words[0] if words else ""
