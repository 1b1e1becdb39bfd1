"""Answers and scores that come from elsewhere: a model's answers, a judge's scores of them."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flows.evaluation.predictions import records
from schemas.errors import ConfigError

ROWS = "rows.jsonl"
SCORES = ("judge", "offline", "score")
"""Where a judge's score may stand in a record, the first that is there."""


def judge_scores(path: Path) -> dict[str, float]:
    """Row id to a judge's score.

    Args:
        path: What ``evaluate --out`` wrote, its ``rows.jsonl``, or CSV with ``row_id`` and one of
            ``SCORES``.

    Raises:
        ConfigError: Unreadable, or without any score.
    """
    file = path / ROWS if path.is_dir() else path
    found: dict[str, float] = {}
    for where, record in _table(file) if file.suffix == ".csv" else records(file, "--judge"):
        name = next((name for name in SCORES if record.get(name) not in (None, "")), None)
        if name is None or not isinstance(record.get("row_id"), str):
            continue
        try:
            found[record["row_id"]] = float(record[name])
        except (TypeError, ValueError):
            raise ConfigError(
                f"--judge {file}: {where}: {name}: expected a number, got {record[name]!r:.40}"
            ) from None
    if not found:
        raise ConfigError(f"--judge {file}: no scores; expected row_id and {' or '.join(SCORES)}")
    return found


def shown_answers(path: Path) -> dict[str, str]:
    """Row id to the answer that raters shall see.

    Raises:
        ConfigError: Unreadable, or a line without ``row_id`` and ``answer``.
    """
    found: dict[str, str] = {}
    for where, record in records(path, "--predictions"):
        row_id, answer = record.get("row_id"), record.get("answer")
        if not isinstance(row_id, str) or not isinstance(answer, str):
            raise ConfigError(f"--predictions {path}: {where}: expected row_id and answer")
        found[row_id] = answer
    return found


def _table(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            for line, row in enumerate(csv.DictReader(file), 2):
                yield f"line {line}", dict(row)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"--judge {path}: cannot read it: {error}") from None
