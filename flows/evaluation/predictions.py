"""Predictions: what a model said, pointed at and outlined; read without trust.

JSON lines, or Parquet with the same columns, one object a row::

    {"row_id": "...", "answer": "...", "point": [x, y], "mask": {"size": [h, w], "counts": "..."},
     "probabilities": {"left": 0.9, "right": 0.1, "top": 0.2, "bottom": 0.8}, "status": "point"}

Only ``row_id`` and ``answer`` are required. Points are pixels of the stored picture; masks are COCO
compressed run lengths of its size, or the name of a PNG of its size, relative to the file, in which
what is not 0 is inside; other keys are left alone. So the masks of any model are read, whatever
program it comes with: LISA, Sa2VA, Q-Ground, PixelLM, ...
"""

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from flows.evaluation.mask_files import read_mask
from flows.evaluation.truth import Bench
from schemas import masks
from schemas.errors import ConfigError, ContractError, reading
from schemas.records import Sample

STATUSES = ("point", "whole", "none")
SIDES = ("left", "right", "top", "bottom")


class Prediction(NamedTuple):
    """What a model gave for one row.

    Args:
        answer: Its text.
        point: ``x, y`` in pixels.
        probabilities: Of left, right, top, bottom.
        mask: COCO compressed counts, of the row's size.
        status: ``point``, ``whole`` (the whole image was meant), ``none`` (no position was found),
            or ``None`` when it was not said.
    """

    answer: str
    point: tuple[float, float] | None = None
    probabilities: Mapping[str, float] | None = None
    mask: str | None = None
    status: str | None = None


Predictions = Mapping[str, Prediction]


def read_predictions(
    path: Path, bench: Bench, flag: str = "--predictions"
) -> dict[str, Prediction]:
    """Row id to prediction; none where all are for rows of further tasks.

    Args:
        path: The file.
        bench: The rows.
        flag: Of the command line that named it, for messages.

    Raises:
        ConfigError: Unreadable, empty, a broken line, an unknown row or one that comes twice.
    """
    samples = {sample.row_id: sample for sample in bench.samples}
    others = {sample.row_id: sample.split for sample in bench.others}
    found: dict[str, Prediction] = {}
    passed = False
    for place, record in records(path, flag):
        where = f"{flag} {path}: {place}"
        row_id = record.get("row_id")
        if not isinstance(row_id, str):
            raise ConfigError(f"{where}: no row_id, expected a string")
        if row_id in found:
            raise ConfigError(f"{where}: row_id {row_id!r} comes twice")
        if row_id in bench.further:
            passed = True
            continue
        if row_id not in samples:
            why = f"is of the split {others[row_id]}" if row_id in others else "is unknown"
            raise ConfigError(f"{where}: row_id {row_id!r} {why}; see --split")
        try:
            found[row_id] = parse(record, samples[row_id], path.parent)
        except ValueError as error:
            raise ConfigError(f"{where}: {error}") from None
    if not found and not passed:
        raise ConfigError(f"{flag} {path}: holds no predictions")
    return found


def records(path: Path, flag: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(place, object) for every line of JSON lines, item of a JSON list or row of Parquet.

    Raises:
        ConfigError: Unreadable, or something that is no object.
    """
    if path.suffix == ".parquet":
        with reading(f"{flag} {path}", pa.ArrowInvalid):
            rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
        yield from ((f"row {number}", row) for number, row in enumerate(rows))
        return
    for place, text in _texts(path, flag):
        try:
            record = json.loads(text) if isinstance(text, str) else text
        except ValueError as error:
            raise ConfigError(f"{flag} {path}: {place}: not JSON: {error}") from None
        if not isinstance(record, dict):
            raise ConfigError(f"{flag} {path}: {place}: expected an object, got {text!s:.40}")
        yield place, record


def _texts(path: Path, flag: str) -> Iterator[tuple[str, Any]]:
    with reading(f"{flag} {path}"):
        text = path.read_text(encoding="utf-8-sig")
    if text.lstrip().startswith("["):
        try:
            items = json.loads(text)
        except ValueError as error:
            raise ConfigError(f"{flag} {path}: not JSON: {error}") from None
        yield from ((f"item {number}", item) for number, item in enumerate(items))
        return
    # not splitlines(): texts may hold other line separators than the one of the format
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield f"line {number}", line


def parse(record: Mapping[str, Any], sample: Sample, folder: Path = Path()) -> Prediction:
    """A record as a prediction for its row.

    Args:
        record: A line.
        sample: The row.
        folder: That files it names lie in.

    Raises:
        ValueError: A field is not what it must be.
    """
    answer, status = record.get("answer"), record.get("status")
    if not isinstance(answer, str):
        raise ValueError(f"answer: expected a string, got {answer!r:.40}")
    if status is not None and status not in STATUSES:
        raise ValueError(f"status {status!r}: allowed: {', '.join(STATUSES)}")
    return Prediction(
        answer,
        _point(record.get("point")),
        _probabilities(record.get("probabilities")),
        _mask(record.get("mask"), sample, folder),
        status,
    )


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _point(value: Any) -> tuple[float, float] | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != 2 or not all(map(_number, value)):
        raise ValueError(f"point: expected two finite numbers or null, got {value!r:.60}")
    return float(value[0]), float(value[1])


def _probabilities(value: Any) -> dict[str, float] | None:
    if value is None:
        return None
    if not isinstance(value, dict) or set(value) != set(SIDES):
        raise ValueError(f"probabilities: expected {', '.join(SIDES)}, got {value!r:.60}")
    if not all(_number(v) and 0 <= v <= 1 for v in value.values()):
        raise ValueError(f"probabilities: expected numbers from 0 to 1, got {value!r:.80}")
    return {side: float(value[side]) for side in SIDES}


def _mask(value: Any, sample: Sample, folder: Path) -> str | None:
    if value is None:
        return None
    if isinstance(value, str):
        return masks.encode(read_mask(folder, value, sample.height, sample.width))
    size = [sample.height, sample.width]
    if not isinstance(value, dict) or not isinstance(value.get("counts"), str):
        raise ValueError(f"mask: expected size and counts, a PNG's name or null, got {value!r:.60}")
    if value.get("size") != size:
        raise ValueError(f"mask: size {value.get('size')}, the picture has {size}")
    counts: str = value["counts"]
    try:
        masks.decode(counts, sample.height, sample.width)
    except (ContractError, UnicodeEncodeError) as error:
        raise ValueError(f"mask: {error}") from None
    return counts
