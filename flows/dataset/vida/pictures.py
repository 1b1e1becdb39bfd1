"""Degraded pictures of a dataset with what is recorded of them, one after another."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq

from annotators.facts import PictureFacts
from flows.store.inside import file_stem
from flows.store.layout import DATA
from flows.store.place import readable
from flows.store.shards import SPLITS
from flows.store.tables import IMAGE
from flows.training.data.scenes import Scenes
from schemas.errors import ConfigError

COLUMNS = ("row_id", "image_id", "task", "sub_task", "form", "question", "answer", "region_id")


class Told(NamedTuple):
    """A degraded picture with its rows.

    Args:
        name: Its file name in an export.
        facts: What is recorded of it.
        png: Its bytes.
        rows: ``COLUMNS`` of its rows.
    """

    name: str
    facts: PictureFacts
    png: bytes
    rows: list[dict[str, Any]]


def told(dataset: Path, split: str) -> Iterator[Told]:
    """The pictures of a split in the order of its files.

    Raises:
        ConfigError: A picture of which nothing is recorded.
    """
    scenes = Scenes(dataset)
    for file in sorted((dataset / DATA).glob(f"{split}-*.parquet")):
        rows: dict[str, list[dict[str, Any]]] = {}
        images: dict[str, bytes] = {}
        parquet = pq.ParquetFile(readable(file))
        for group in range(parquet.num_row_groups):
            for row in parquet.read_row_group(group, [*COLUMNS, IMAGE]).to_pylist():
                images.setdefault(row["image_id"], row.pop(IMAGE)["bytes"])
                row.pop(IMAGE, None)
                rows.setdefault(row["image_id"], []).append(row)
        for image_id, own in rows.items():
            facts = scenes.facts(image_id)
            if facts is None:
                raise ConfigError(f"{file}: nothing is recorded of the picture {image_id!r:.80}")
            yield Told(f"{file_stem(image_id, 'image_id')}.png", facts, images[image_id], own)


def splits(dataset: Path) -> list[str]:
    """The splits that a dataset has."""
    return [split for split in SPLITS if any((dataset / DATA).glob(f"{split}-*.parquet"))]
