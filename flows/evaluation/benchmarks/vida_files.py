"""Files of the ViDA-UGC benchmark: its truth, and what a model predicted for it.

The truth is the metadata file, or a folder with ``bench_metadata.json`` and, where at hand,
``mcq.json`` (choices with ``correct_ans``) and ``reg-p_bench.json`` (region questions with their
``distortions``). Predictions are a folder with ``perception.json``, ``grounding.json`` and
``description.json``, any of which may be missing. Boxes are thousandths of the picture's sides.
Unknown keys are left alone; where the lists of a prediction are missing, its text is read.

Source: files published with the code of the challenge; detailed assessment rules, section 2.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from annotators.questions.vida import syntax
from annotators.questions.vida.syntax import Coordinates, Found
from annotators.questions.vida.vocabulary import Vocabulary
from flows.evaluation.predictions import records
from schemas.errors import ConfigError

SOLVED = "ground_truth"
"""Folder of a bench with its truth, beside the questions."""
METADATA, QUESTIONS, REGIONS = "bench_metadata.json", "mcq.json", "reg-p_bench.json"
PERCEPTION, GROUNDING, DESCRIPTION = "perception.json", "grounding.json", "description.json"
REGION, DETECTION = "region-perception", "distortion-detection"
_ASKED = "Here is the question:"
Read = TypeVar("Read")


class Marked(NamedTuple):
    """A true distortion.

    Args:
        found: Class, severity (perhaps empty) and box.
        significance: Higher matters more; ``None`` where the file does not say.
    """

    found: Found
    significance: float | None


class PictureTruth(NamedTuple):
    """What is true of a picture."""

    level: str
    marked: tuple[Marked, ...]


class Choice(NamedTuple):
    """A question with options.

    Args:
        picture: Its file name.
        concern: position, type, significance, severity, or whatever the file says.
        words: The question as words, to find it again.
        options: In the order of the letters.
        said: Right option in truth, the answer in predictions.
    """

    picture: str
    concern: str
    words: str
    options: tuple[str, ...]
    said: str


class Truth(NamedTuple):
    """Everything that is known; ``None`` where no file says it."""

    pictures: dict[str, PictureTruth]
    choices: tuple[Choice, ...] | None
    regions: dict[str, list[Found]] | None


class Grounded(NamedTuple):
    """An answer with boxes."""

    picture: str
    kind: str
    found: tuple[Found, ...]


class Described(NamedTuple):
    """A description as the challenge's extraction leaves it."""

    picture: str
    found: tuple[Found, ...]
    keys: tuple[Found, ...]
    level: str


class Said(NamedTuple):
    """All predictions; ``None`` where a file is missing."""

    choices: tuple[Choice, ...] | None
    grounded: tuple[Grounded, ...] | None
    described: tuple[Described, ...] | None


def read_truth(path: Path, questions: Path | None = None) -> Truth:
    """The truth of a file or folder, with choices of ``questions`` on top.

    Raises:
        ConfigError: Unreadable, a record without a picture, a malformed box, a picture twice.
    """
    solved = path / SOLVED
    folder = solved if solved.is_dir() else path if path.is_dir() else None
    metadata = folder / METADATA if folder else path
    pictures: dict[str, PictureTruth] = {}
    for name, one in _read(metadata, "--vida", lambda r: (_picture(r), _picture_truth(r))):
        if name in pictures:
            raise ConfigError(f"--vida {metadata}: picture {name!r} comes twice")
        pictures[name] = one
    if not pictures:
        raise ConfigError(f"--vida {metadata}: holds no pictures")
    asked = questions or (folder / QUESTIONS if folder and (folder / QUESTIONS).is_file() else None)
    choices = tuple(_read(asked, "--vida-questions", _question)) if asked else None
    regions: dict[str, list[Found]] | None = None
    if folder and (folder / REGIONS).is_file():
        regions = {}
        read = _read(folder / REGIONS, "--vida", lambda r: (_picture(r), _listed(r, "distortions")))
        for name, found in read:
            regions.setdefault(name, []).extend(found)
    return Truth(pictures, choices, regions)


def read_said(folder: Path, vocabulary: Vocabulary) -> Said:
    """The predictions of a folder.

    Raises:
        ConfigError: None of the three files is there, or one is broken.
    """
    flag = "--vida-predictions"
    there = [name for name in (PERCEPTION, GROUNDING, DESCRIPTION) if (folder / name).is_file()]
    if not there:
        raise ConfigError(f"{flag} {folder}: holds no {PERCEPTION}, {GROUNDING} or {DESCRIPTION}")

    def each(name: str, read: Callable[[Mapping[str, Any]], Read]) -> tuple[Read, ...] | None:
        return tuple(_read(folder / name, flag, read)) if name in there else None

    return Said(
        each(PERCEPTION, lambda r: _question(r, "pred_ans")),
        each(GROUNDING, lambda r: _grounded(r, vocabulary)),
        each(DESCRIPTION, lambda r: _described(r, vocabulary)),
    )


def _read(path: Path, flag: str, read: Callable[[Mapping[str, Any]], Read]) -> Iterable[Read]:
    for place, record in records(path, flag):
        try:
            yield read(record)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            what = f"lacks {error}" if isinstance(error, KeyError) else str(error)
            raise ConfigError(f"{flag} {path}: {place}: {what}") from None


def _picture(record: Mapping[str, Any]) -> str:
    name = record.get("image", record.get("img_path"))
    if not isinstance(name, str) or not name:
        raise ValueError(f"image: expected the name of a picture, got {name!r:.60}")
    return re.split(r"[/\\]", name)[-1]


def _picture_truth(record: Mapping[str, Any]) -> PictureTruth:
    marked = []
    for item in record["distortions"]:
        score = item.get("significance_score")
        number = score if isinstance(score, (int, float)) and math.isfinite(score) else None
        marked.append(Marked(_found(item), number))
    return PictureTruth(str(record.get("level", "")), tuple(marked))


def _found(item: Any) -> Found:
    if not isinstance(item, dict):
        raise ValueError(f"distortions: expected objects, got {item!r:.60}")
    return Found(str(item["distortion"]), str(item.get("severity", "")), _box(item["coordinates"]))


def _box(value: Any) -> Coordinates:
    good = isinstance(value, (list, tuple)) and len(value) == 4
    if not good or not all(isinstance(v, (int, float)) and math.isfinite(v) for v in value):
        raise ValueError(f"coordinates: expected four numbers, got {value!r:.60}")
    x0, y0, x1, y1 = (round(side) for side in value)
    return x0, y0, x1, y1


def _listed(record: Mapping[str, Any], key: str) -> list[Found]:
    return [_found(item) for item in record[key] if item.get("distortion") != "No distortion"]


def _question(record: Mapping[str, Any], key: str = "correct_ans") -> Choice:
    words = str(record["question"]).rsplit(_ASKED, 1)[-1]
    return Choice(
        _picture(record),
        str(record.get("concern", "")),
        " ".join(word for word in re.findall(r"\w+", words.lower()) if word != "the"),
        tuple(str(option) for option in record["candidates"]),
        str(record[key]),
    )


def _grounded(record: Mapping[str, Any], vocabulary: Vocabulary) -> Grounded:
    kind = str(record["question_type"])
    if kind not in (REGION, DETECTION):
        raise ValueError(f"question_type {kind!r}: allowed: {REGION}, {DETECTION}")
    if "distortions" in record:
        found = _listed(record, "distortions")
    else:
        found = syntax.read_groups(str(record["pred_ans"]), vocabulary)
    return Grounded(_picture(record), kind, tuple(found))


def _described(record: Mapping[str, Any], vocabulary: Vocabulary) -> Described:
    name = _picture(record)
    if "all_distortions" in record:
        found, keys = _listed(record, "all_distortions"), _listed(record, "key_distortions")
        return Described(name, tuple(found), tuple(keys), str(record["image_quality"] or ""))
    text = str(record["pred_ans"])
    return Described(
        name,
        tuple(syntax.read_described(text, vocabulary)),
        tuple(syntax.read_keys(text, vocabulary)),
        syntax.read_level(text, vocabulary),
    )
