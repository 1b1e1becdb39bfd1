"""Tables of opinion scores as they are found: KADID-10k's, KonIQ-10k's, their copies.

A table is a CSV with a header, or without one (``image, score`` or ``reference image score
sd``), or a JSON list (Q-Bench, Q-Align), whose scores may be strings. Higher must
mean better: KADID's column is called ``dmos`` but is quality, and copies invert it by mistake,
which the levels in its file names tell.

Source: format notes, sections 1.1 and 1.3.
"""

import csv
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from flows.evaluation.predictions import records
from flows.human.opinion_table import NAMES as KONIQ_NAMES
from flows.training.extras import need
from schemas.errors import ConfigError, reading

NAMES = (*KONIQ_NAMES, "dist_name", "img_path")
REFERENCES = ("ref_img", "ref_name")
SCORES = ("dmos", "MOS_zscore", "MOS", "mos", "qmos", "gt_score", "score")
LOGIT_SCALE = 100.0
"""Q-Bench divides both logits by this before the softmax."""

_KADID = re.compile(r"^(I\d+)_(\d+)_(\d+)\.\w+$")


class Opinion(NamedTuple):
    """A picture's mean opinion.

    Args:
        score: On the table's own scale; higher is better.
        reference: The pristine picture it was made from; the picture itself where there is none.
    """

    score: float
    reference: str


def read_table(path: Path) -> dict[str, Opinion]:
    """File name of a picture, without folders, to opinion.

    Raises:
        ConfigError: Unreadable, no known columns, a picture twice, or higher means worse.
    """
    found: dict[str, Opinion] = {}
    for name, reference, text in _rows(path):
        name = PurePosixPath(name).name
        if name in found:
            raise ConfigError(f"--scores {path}: {name} comes twice")
        level = _KADID.match(name)
        origin = reference or (level.group(1) if level else name)
        found[name] = Opinion(_number(text, f"--scores {path}: {name}"), origin)
    if not found:
        raise ConfigError(f"--scores {path}: holds no scores")
    if orientation(found) == "inverted":
        raise ConfigError(
            f"--scores {path}: scores rise with the level of distortion, so higher means worse; "
            "use the table in which higher means better"
        )
    return found


def orientation(table: Mapping[str, Opinion]) -> str:
    """``upright`` where scores fall as levels in KADID names rise, ``inverted``, ``unknown``."""
    stats = need("scipy.stats", "quality scoring")
    levels = [(int(m.group(3)), o.score) for n, o in table.items() if (m := _KADID.match(n))]
    if len({level for level, _ in levels}) < 2:
        return "unknown"
    slope = stats.kendalltau([a for a, _ in levels], [b for _, b in levels]).statistic
    return "unknown" if slope != slope or slope == 0 else "inverted" if slope > 0 else "upright"


def read_scores(path: Path) -> dict[str, float]:
    """File name to predicted score: columns ``image,score``, or ``image,good,poor`` as logits.

    Raises:
        ConfigError: Unreadable, other columns, a picture twice, a score that is not a number.
    """
    flag = "--score-predictions"
    found: dict[str, float] = {}
    for line, row in enumerate(_dictionaries(path, flag), 2):
        where = f"{flag} {path}: line {line}"
        name = PurePosixPath(_first(row, NAMES) or "").name
        if not name:
            raise ConfigError(f"{where}: no image; expected columns image,score or image,good,poor")
        if name in found:
            raise ConfigError(f"{where}: {name} comes twice")
        if "good" in row and "poor" in row:
            good, poor = (_number(row[key], where) for key in ("good", "poor"))
            found[name] = good_share(good, poor)
        else:
            found[name] = _number(_first(row, ("score", "prediction", "pred")), where)
    if not found:
        raise ConfigError(f"{flag} {path}: holds no scores")
    return found


def good_share(good: float, poor: float) -> float:
    """The softmax of the logits of "good" and "poor", both divided by 100.

    Source: Q-Bench's quality assessment.
    """
    return 1 / (1 + math.exp(min(700.0, (poor - good) / LOGIT_SCALE)))


def _rows(path: Path) -> list[tuple[str, str, Any]]:
    """(name, reference or empty, score) of every line."""
    if path.suffix in (".json", ".jsonl"):
        items = [item for _, item in records(path, "--scores")]
        return [(str(_first(item, NAMES)), "", _first(item, SCORES)) for item in items]
    text = _text(path, "--scores")
    first = text.split("\n", maxsplit=1)[0]
    if not any(name in re.split(r"[,\s\"]+", first) for name in NAMES):
        return [_bare(line, path) for line in text.splitlines() if line.strip()]
    table = _dictionaries(path, "--scores")
    if not table or _first(table[0], SCORES) is None:
        raise ConfigError(f"--scores {path}: none of the columns {', '.join(SCORES)}")
    return [
        (str(_first(row, NAMES)), _first(row, REFERENCES) or "", _first(row, SCORES))
        for row in table
    ]


def _bare(line: str, path: Path) -> tuple[str, str, Any]:
    parts = [part for part in re.split(r"[,\s]+", line.strip()) if part]
    if len(parts) == 2:
        return parts[0], "", parts[1]
    if len(parts) in (3, 4):
        return parts[1], parts[0], parts[2]
    raise ConfigError(f"--scores {path}: cannot read the line {line[:60]!r}")


def _dictionaries(path: Path, flag: str) -> list[dict[str, str]]:
    with reading(f"{flag} {path}", csv.Error):
        return list(csv.DictReader(_text(path, flag).splitlines()))


def _text(path: Path, flag: str) -> str:
    with reading(f"{flag} {path}"):
        return path.read_text(encoding="utf-8-sig")


def _first(row: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((row[name] for name in names if row.get(name) is not None), None)


def _number(text: Any, where: str) -> float:
    try:
        value = float(text)
    except (TypeError, ValueError):
        raise ConfigError(f"{where}: expected a number, got {text!r:.40}") from None
    if not math.isfinite(value):
        raise ConfigError(f"{where}: {text!r} is not a finite number")
    return value
