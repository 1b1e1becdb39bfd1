"""A dataset folder that ``build`` made, as rows to learn from; memory stays with the disk."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from annotators.language.notation import parse
from annotators.questions.vida.scene import Scene
from flows.store.cited import DEFAULT, Boxes
from flows.store.layout import DATA, RECORDS, read_manifest
from flows.store.tables import IMAGE
from flows.training.data.example import Example, Mirror, Origin
from flows.training.data.flip import flip_text
from flows.training.data.scenes import Scenes
from flows.training.extras import require
from schemas.errors import ConfigError, UnknownNameError
from schemas.records import RowBox

ORIGIN = ("source_path", "content_hash")
BLOCK = 8192
"""Rows whose text is in memory at once."""


class DatasetSource:
    """Rows of one split of a dataset folder.

    Args:
        folder: What ``build`` made.
        split: ``train``, ``test`` or ``all``.
        tasks: Tasks or ``task.sub_task`` to keep; all when empty.
        name: For logs.
        boxes: How boxes in texts are written; see ``flows/store/cited.py``.

    Raises:
        ConfigError: No dataset, no rows, a task that does not occur, no such notation.
    """

    def __init__(
        self, folder: Path, split: str, tasks: Sequence[str], name: str, boxes: str = DEFAULT
    ) -> None:
        read_manifest(folder)
        self._boxes, self._exact = Boxes(folder, boxes), dict[str, list[RowBox]]()
        for path in sorted((folder / RECORDS).glob("boxes-*.parquet")):
            self._exact |= self._boxes.of(path.stem.rpartition("-")[2])
        pattern = "*" if split == "all" else split
        files = sorted(str(path) for path in (folder / DATA).glob(f"{pattern}-*.parquet"))
        if not files:
            raise ConfigError(f"{folder}: no rows in its split {split!r}")
        datasets = require("datasets")
        datasets.disable_progress_bars()
        whole = datasets.load_dataset("parquet", data_files=files, split="train")
        self.name, self._folder = name, folder
        self._scenes: Scenes | None = None
        self._alike: dict[str, list[int]] | None = None
        self._images: list[str] = []
        self._text = whole.select_columns(
            ["row_id", "task", "sub_task", "question", "answer", "pool", "image_id", *ORIGIN]
        )
        columns = whole.with_format("arrow")
        self._columns = columns.select_columns(
            ["row_id", "question", "answer", "image_id", *ORIGIN]
        )
        self._targets = whole.select_columns(["mask", "height", "width"])
        self._pictures = whole.select_columns([IMAGE])
        self._names, self._codes = _tasks(columns.select_columns(["task", "sub_task"])[:])
        self._kept = self._chosen(tasks)[self._codes]
        self._rows = np.flatnonzero(self._kept)

    def _chosen(self, tasks: Sequence[str]) -> NDArray[np.bool_]:
        """Whether each name of a task is asked for."""
        known = {*self._names, *(task.partition(".")[0] for task in self._names)}
        for task in tasks:
            if task not in known:
                raise UnknownNameError(f"task in {self.name}", task, known)
        chosen = [
            not tasks or task in tasks or task.partition(".")[0] in tasks for task in self._names
        ]
        return np.array(chosen, np.bool_)

    def __len__(self) -> int:
        return len(self._rows)

    def example(self, index: int) -> Example:
        """The text of a row."""
        place = int(self._rows[index])
        row = self._text[place]
        task = self._names[self._codes[place]]
        turn, mirror = (row["question"], row["answer"]), None
        if exact := self._exact.get(row["row_id"]):
            turn, mirror = self._cited(place, row, exact)
        return Example(row["row_id"], task, (turn,), row["pool"], mirror)

    def _cited(
        self, place: int, row: dict[str, Any], exact: list[RowBox]
    ) -> tuple[tuple[str, str], Mirror]:
        """A row's texts with its boxes in the notation asked for, and the same mirrored."""
        size = self._targets[place]
        sized = {**row, "messages": [], "width": size["width"], "height": size["height"]}
        other = self._boxes.turn(sized, exact, flip_text)
        plain = parse(row["question"]).plain, parse(row["answer"]).plain
        said = self._boxes.put(sized, exact)
        return (said["question"], said["answer"]), Mirror(plain, other)

    def scene(self, index: int) -> Scene | None:
        """Its picture in the words of ViDA-UGC, as recorded."""
        if self._scenes is None:
            self._scenes = Scenes(self._folder)
        return self._scenes.of(self._text[int(self._rows[index])]["image_id"])

    def companions(self, index: int) -> Sequence[int]:
        """Other rows about the same degraded picture."""
        if self._alike is None:
            self._alike = {}
            for row, image in enumerate(self._image_ids()):
                self._alike.setdefault(image, []).append(row)
        return [row for row in self._alike[self._image_ids()[index]] if row != index]

    def picture(self, index: int) -> str:
        """Its degraded picture, and of which dataset."""
        return f"{self._folder.resolve()}:{self._image_ids()[index]}"

    def _image_ids(self) -> list[str]:
        """The degraded picture of every row."""
        if not self._images:
            images = self._columns.select_columns(["image_id"])[:]["image_id"].to_pylist()
            self._images = [images[place] for place in self._rows.tolist()]
        return self._images

    def images(self, index: int) -> list[Any]:
        """Its picture, decoded."""
        return [self._pictures[int(self._rows[index])][IMAGE].convert("RGB")]

    def check(self, index: int) -> None:
        """Its picture is in the dataset itself."""

    def target(self, index: int) -> tuple[str, int, int]:
        """Its mask: COCO compressed run lengths, height, width."""
        row = self._targets[int(self._rows[index])]
        return row["mask"], row["height"], row["width"]

    def origins(self, pixels: bool) -> Iterator[Origin]:
        """The photograph each row was made from; its hash is stored."""
        for path, hash_ in self._read(*ORIGIN):
            yield Origin((re.split(r"[/\\]", path)[-1].lower(),), (hash_,))

    def tasks(self) -> Sequence[str]:
        """Task of every row."""
        return [self._names[code] for code in self._codes[self._rows]]

    def texts(self) -> Iterator[tuple[str, str]]:
        """Row id and text of every row."""
        for row_id, question, answer in self._read("row_id", "question", "answer"):
            yield row_id, question + "\n" + answer

    def _read(self, *names: str) -> Iterator[tuple[str, ...]]:
        """Columns of the kept rows, a block at a time."""
        at = 0
        for block in self._columns[:].select(names).to_batches(max_chunksize=BLOCK):
            kept = block.filter(pa.array(self._kept[at : at + len(block)]))
            yield from zip(*(column.to_pylist() for column in kept.columns), strict=True)
            at += len(block)


def _tasks(table: pa.Table) -> tuple[list[str], NDArray[np.int32]]:
    """Names of tasks, and which of them each row has."""
    joined = pc.binary_join_element_wise(table["task"], table["sub_task"], ".")
    encoded = joined.combine_chunks().dictionary_encode()
    return [name.rstrip(".") for name in encoded.dictionary.to_pylist()], encoded.indices.to_numpy()
