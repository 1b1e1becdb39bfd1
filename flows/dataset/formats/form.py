"""What a form of an export is."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from flows.dataset.formats.sink import Sink

Rows: TypeAlias = Iterator[dict[str, Any]]
"""Rows of a split in the order of the files: the columns of ``Sample``, ``image``, and ``boxes``, a
list of what ``RowBox`` holds. ``question``, ``answer`` and ``messages`` have their boxes in the
notation that was asked for."""


def _nothing(sink: Sink, splits: Sequence[str]) -> None:
    """Nothing stands beside the records."""


@dataclass(frozen=True)
class Form:
    """How a dataset is written for others.

    Args:
        split: Writes the rows of a split; returns how many.
        beside: Writes what a trainer needs beside the records, given the splits that there are.
        tasks: Tasks whose rows it takes; all when empty.
    """

    split: Callable[[Rows, Sink, str], int]
    beside: Callable[[Sink, Sequence[str]], None] = _nothing
    tasks: tuple[str, ...] = ()


@dataclass(frozen=True)
class PictureForm:
    """How a dataset is written picture by picture, with everything that is recorded of each.

    Args:
        write: Writes a dataset folder; returns what was written, by name.
    """

    write: Callable[[Path, Sink], dict[str, int]]
