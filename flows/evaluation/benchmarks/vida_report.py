"""What ``evaluate --vida`` reports: the scores both ways, baselines, and ``scores.json``.

Baselines are the truth itself (the ceiling; see ``best``), the whole picture with the most frequent
class and level and the most frequent letter, and "nothing is wrong" with a random letter.

Source: detailed assessment rules, section 9.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from annotators.questions.vida.syntax import SCALE, Found
from annotators.questions.vida.vocabulary import read_vocabulary
from flows.evaluation.benchmarks import vida
from flows.evaluation.benchmarks.vida_files import (
    DETECTION,
    REGION,
    Choice,
    Described,
    Grounded,
    Said,
    Truth,
    read_said,
    read_truth,
)
from flows.evaluation.intervals import Settings
from schemas.streams import Stream

JSON = "scores.json"
FULL = (0, 0, SCALE, SCALE)
LETTERS = "ABCDEFGH"


def read(truth: Path, predictions: Path, questions: Path | None) -> tuple[Truth, Said]:
    """Truth and predictions.

    Raises:
        ConfigError: Something cannot be used.
    """
    return read_truth(truth, questions), read_said(predictions, read_vocabulary())


def evaluate(truth: Truth, said: Said, settings: Settings, compat: bool) -> dict[str, Any]:
    """The six scores as published and mended, of predictions and baselines.

    Args:
        truth: What is known.
        said: What was predicted.
        settings: Of the intervals.
        compat: Whether ``scores.json`` heads with the official scores.
    """
    found = vida.mended(truth, said, settings)
    quick = Settings(0, settings.seed)
    systems = {
        "truth": best(truth, said),
        "full box": full_box(truth, said),
        "no distortion": nothing(said, settings.seed),
    }
    return {
        "compat": compat,
        "official": vida.scores(truth, said),
        "mended": vida.headline(found, truth, said),
        "mended_because": vida.MENDED,
        "details": found,
        "coverage": vida.coverage(truth, said),
        "baselines": {
            name: vida.headline(vida.mended(truth, one, quick), truth, one)
            for name, one in systems.items()
        },
    }


def as_json(part: dict[str, Any]) -> str:
    """``scores.json``: official names with the chosen way's values, both ways, what was mended.

    Numbers keep every digit, unlike those of the report.
    """
    way = "official" if part["compat"] else "mended"
    found = {
        **part[way],
        "way": way,
        "official": part["official"],
        "mended": part["mended"],
        "mended_because": part["mended_because"],
        "coverage": part["coverage"],
    }
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def best(truth: Truth, said: Said) -> Said:
    """The truth as predictions, for the files that were given.

    Every mended score it has is 1. The official Distortion mAP is lower where region questions have
    answers, because their boxes are counted as detections.
    """
    grounded, described, known = [], [], vida.pairs(truth, said)
    for picture, one in truth.pictures.items():
        found = tuple(marked.found for marked in one.marked)
        grounded.append(Grounded(picture, DETECTION, found))
        keys = tuple(vida.true_keys(truth, picture))
        described.append(Described(picture, found, keys, one.level))
    for picture, boxes in (truth.regions or {}).items():
        grounded.append(Grounded(picture, REGION, tuple(boxes)))
    right = [answer._replace(said="".join(_letters(answer, goal)[:1])) for answer, goal in known]
    return _like(said, right, grounded, described)


def full_box(truth: Truth, said: Said) -> Said:
    """One box, the whole picture, with the most frequent class, severity, level and letter."""
    marked = [m.found for one in truth.pictures.values() for m in one.marked]
    name = _common([one.distortion for one in marked])
    word = _common([one.severity for one in marked])
    level = _common([one.level for one in truth.pictures.values()])
    box = (Found(name, word, FULL),) if name else ()
    letter = _common([x for a, goal in vida.pairs(truth, said) for x in _letters(a, goal)])
    return _like(
        said,
        [one._replace(said=letter or "A") for one in said.choices or ()],
        [Grounded(p, kind, box) for p in truth.pictures for kind in (DETECTION, REGION)],
        [Described(picture, box, box, level) for picture in truth.pictures],
    )


def nothing(said: Said, seed: int) -> Said:
    """No distortion anywhere, every picture excellent, a random letter."""
    best_level = read_vocabulary().levels[0].name
    drawn = []
    for number, one in enumerate(said.choices or ()):
        stream = Stream(seed, "vida letter", one.picture, number)
        drawn.append(one._replace(said=LETTERS[stream.below(max(len(one.options), 1))]))
    told = [Described(one.picture, (), (), best_level) for one in said.described or ()]
    empty = [one._replace(found=()) for one in said.grounded or ()]
    return _like(said, drawn, empty, told)


def _letters(asked: Choice, goal: frozenset[str]) -> list[str]:
    """Letters of the right options; none where the truth is not among them."""
    pairs = zip(LETTERS, asked.options, strict=False)
    return [letter for letter, option in pairs if option in goal]


def _like(
    said: Said, choices: list[Choice], grounded: list[Grounded], described: list[Described]
) -> Said:
    """Predictions for the same files as ``said``."""
    return Said(
        None if said.choices is None else tuple(choices),
        None if said.grounded is None else tuple(grounded),
        None if said.described is None else tuple(described),
    )


def _common(words: list[str]) -> str:
    """The most frequent word, the first by alphabet among equals; empty without any."""
    counts = Counter(words)
    return min(counts, key=lambda word: (-counts[word], word), default="")
