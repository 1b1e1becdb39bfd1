"""A dataset's own rows with boxes, as records that the measures of GIQA-Bench read."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from annotators.language.grid import shares
from annotators.language.notation import parse
from flows.evaluation.benchmarks.giqa_boxes import Tagged
from flows.evaluation.benchmarks.giqa_records import GiqaRecord
from flows.evaluation.predictions import records
from flows.store.boxes import row_boxes
from flows.store.layout import DATA, require_dataset
from schemas.errors import ConfigError
from schemas.records import RowBox

TASK = "giqa"
COLUMNS = ["row_id", "picture_id", "task", "sub_task", "split", "question", "answer"]
"""What is read of a row, its width and height aside."""


def read_rows(dataset: Path, split: str) -> list[GiqaRecord]:
    """The rows with boxes of a split, in the order of the files; exact boxes are the truth.

    Args:
        dataset: Folder that ``build`` made.
        split: ``train``, ``test`` or ``all``.

    Returns:
        Records whose ids are row ids; none where the dataset asks nothing with boxes.
    """
    require_dataset(dataset)
    found: list[GiqaRecord] = []
    for path in sorted((dataset / DATA).glob("*.parquet")):
        rows = pq.read_table(
            path, columns=[*COLUMNS, "width", "height"], filters=[("task", "=", TASK)]
        ).to_pylist()
        boxes = row_boxes(dataset, path.stem.rpartition("-")[2]) if rows else {}
        found += [
            _record(row, boxes.get(row["row_id"], ()))
            for row in rows
            if split in ("all", row["split"])
        ]
    return found


def read_answers(
    path: Path, truth: Mapping[str, GiqaRecord], notation: str = ""
) -> dict[str, GiqaRecord]:
    """Row id to what a model said; lines about rows of other tasks are passed over.

    Args:
        path: ``--predictions``.
        truth: Row id to record.
        notation: Of boxes in answers; empty finds out.

    Raises:
        ConfigError: Unreadable, a row twice, or an answer that is no text.
    """
    found: dict[str, GiqaRecord] = {}
    for place, record in records(path, "--predictions"):
        key, answer = record.get("row_id"), record.get("answer")
        if not isinstance(key, str) or key not in truth:
            continue
        where = f"--predictions {path}: {place}"
        if key in found:
            raise ConfigError(f"{where}: row_id {key!r} comes twice")
        if not isinstance(answer, str):
            raise ConfigError(f"{where}: answer: expected a string, got {answer!r:.40}")
        said = parse(answer, notation, truth[key].size)
        boxes = tuple(Tagged(one.name, box) for one in said.cited for box in one.boxes)
        found[key] = GiqaRecord(key, "", "", said.plain, boxes, malformed=said.malformed)
    return found


def _record(row: Mapping[str, Any], boxes: Iterable[RowBox]) -> GiqaRecord:
    size = row["width"], row["height"]
    return GiqaRecord(
        row["row_id"],
        row["sub_task"].removeprefix("giqa_"),
        parse(row["question"]).plain,
        parse(row["answer"]).plain,
        tuple(Tagged(box.name, shares(box.box, *size)) for box in boxes if box.part == "answer"),
        picture=row["picture_id"],
        size=size,
    )
