"""A dataset folder that ``build`` made, as rows to learn from; memory stays with the disk."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from flows.features import IMAGE
from flows.layout import DATA, read_manifest
from flows.training.data.example import Example, Origin
from flows.training.extras import require
from schemas.errors import ConfigError, UnknownNameError


class DatasetSource:
    """Rows of one split of a dataset folder.

    Args:
        folder: What ``build`` made.
        split: ``train``, ``test`` or ``all``.
        tasks: Tasks or ``task.sub_task`` to keep; all when empty.
        name: For logs.

    Raises:
        ConfigError: No dataset, no rows, a task that does not occur.
    """

    def __init__(self, folder: Path, split: str, tasks: Sequence[str], name: str) -> None:
        read_manifest(folder)
        pattern = "*" if split == "all" else split
        files = sorted(str(path) for path in (folder / DATA).glob(f"{pattern}-*.parquet"))
        if not files:
            raise ConfigError(f"{folder}: no rows in its split {split!r}")
        datasets = require("datasets")
        datasets.disable_progress_bars()
        whole = datasets.load_dataset("parquet", data_files=files, split="train")
        self.name = name
        self._text = whole.select_columns(
            ["row_id", "task", "sub_task", "question", "answer", "source_path", "content_hash"]
        )
        self._targets = whole.select_columns(["mask", "height", "width"])
        self._pictures = whole.select_columns([IMAGE])
        names = zip(whole["task"], whole["sub_task"], strict=True)
        self._tasks = [f"{task}.{sub}".rstrip(".") for task, sub in names]
        self._rows = self._kept(tasks)

    def _kept(self, tasks: Sequence[str]) -> list[int]:
        known = {*self._tasks, *(task.partition(".")[0] for task in self._tasks)}
        for task in tasks:
            if task not in known:
                raise UnknownNameError(f"task in {self.name}", task, known)
        return [
            row for row, task in enumerate(self._tasks)
            if not tasks or task in tasks or task.partition(".")[0] in tasks
        ]  # fmt: skip

    def __len__(self) -> int:
        return len(self._rows)

    def example(self, index: int) -> Example:
        """The text of a row."""
        row = self._text[self._rows[index]]
        task = self._tasks[self._rows[index]]
        return Example(row["row_id"], task, ((row["question"], row["answer"]),))

    def images(self, index: int) -> list[Any]:
        """Its picture, decoded."""
        return [self._pictures[self._rows[index]][IMAGE].convert("RGB")]

    def target(self, index: int) -> tuple[str, int, int]:
        """Its mask: COCO compressed run lengths, height, width."""
        row = self._targets[self._rows[index]]
        return row["mask"], row["height"], row["width"]

    def origin(self, index: int) -> Origin:
        """The photograph it was made from."""
        row = self._text[self._rows[index]]
        name = re.split(r"[/\\]", row["source_path"])[-1].lower()
        return Origin((name,), row["content_hash"])

    def tasks(self) -> Sequence[str]:
        """Task of every row."""
        return [self._tasks[row] for row in self._rows]

    def texts(self) -> Iterator[tuple[str, str]]:
        """Row id and text of every row."""
        for index in range(len(self)):
            row = self._text[self._rows[index]]
            yield row["row_id"], row["question"] + "\n" + row["answer"]
