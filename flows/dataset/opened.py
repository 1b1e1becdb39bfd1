"""A finished dataset as rows in Python: read lazily, a Parquet row group at a time."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple, get_args, overload

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from flows.ingest.single import SourceImages
from flows.store.layout import data_files, require_dataset
from flows.store.place import place as at
from flows.store.place import readable
from flows.store.png import decode_png
from flows.store.tables import IMAGE
from schemas.arrays import Image, Mask
from schemas.errors import UnknownNameError
from schemas.masks import decode
from schemas.records import Sample, Split, Step, SubTask, Task

_OPEN_GROUPS = 2
SPLITS, TASKS, SUB_TASKS = get_args(Split), get_args(Task), get_args(SubTask)


class RowRegion(NamedTuple):
    """The region that a row speaks of.

    Args:
        region_id: As in ``records/regions-*.parquet``.
        name: The phrase that names it, unambiguous in its picture.
        box: ``x0, y0, x1, y1`` in pixels, half open.
        point: Inside point farthest from its edge, ``x, y`` in pixels.
        mask: bool ``(height, width)``.
    """

    region_id: str
    name: str
    box: tuple[int, ...]
    point: tuple[float, ...]
    mask: Mask


class Row:
    """A question and its answer, with the pixels they are about.

    Args:
        record: Everything that is stored of it, the picture excepted.
        image: Reads the picture's PNG.
        source: Reads the pristine picture from the given places.
    """

    def __init__(
        self,
        record: Sample,
        image: Callable[[], bytes],
        source: Callable[[tuple[str, ...]], Image | None],
    ) -> None:
        self.record, self._image, self._source = record, image, source
        self.row_id, self.split = record.row_id, record.split
        self.task, self.sub_task, self.form = record.task, record.sub_task, record.form
        self.question, self.answer = record.question, record.answer

    def __repr__(self) -> str:
        return f"Row({self.row_id!r}, {self.question!r} -> {self.answer!r})"

    @property
    def image(self) -> Image:
        """The degraded picture, uint8 RGB ``(height, width, 3)``."""
        return decode_png(self._image())

    def source_image(self, *sources: str | Path) -> Image | None:
        """The pristine picture at the same size; ``None`` when it is not at hand.

        Args:
            sources: Where the photographs lie, as given to ``build``; none takes the places that
                the run noted.
        """
        found = self._source(tuple(str(source) for source in sources))
        size = (self.record.height, self.record.width)
        return found if found is not None and found.shape[:2] == size else None

    @cached_property
    def mask(self) -> Mask | None:
        """The region, bool ``(height, width)``; ``None`` for questions about the whole picture."""
        record = self.record
        return None if record.mask is None else decode(record.mask, record.height, record.width)

    @property
    def region(self) -> RowRegion | None:
        """The region with its name; ``None`` for questions about the whole picture."""
        record, mask = self.record, self.mask
        if mask is None or record.box is None or record.point is None:
            return None
        box, point = tuple(record.box), tuple(record.point)
        return RowRegion(record.region_id, record.reference, box, point, mask)

    @property
    def chain(self) -> tuple[Step, ...]:
        """The region's distortions in the order they were applied; empty when it is clean."""
        return tuple(self.record.chain)


class _Group(NamedTuple):
    """A row group: its file, its number there, its rows."""

    file: Path
    number: int
    rows: int

    def read(self, columns: Sequence[str]) -> pa.Table:
        with pq.ParquetFile(readable(self.file)) as file:
            return file.read_row_group(self.number, columns=list(columns))


class _Files:
    """The data files of a folder; the row groups asked for last stay in memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.groups: list[_Group] = []
        for path in data_files(folder):
            with pq.ParquetFile(readable(path)) as file:
                counts = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
            self.groups += [_Group(path, number, rows) for number, rows in enumerate(counts)]
        self.starts = np.cumsum([0, *(group.rows for group in self.groups)])
        self.records = lru_cache(_OPEN_GROUPS)(self._records)
        self.images = lru_cache(_OPEN_GROUPS)(self._images)
        self.sources = lru_cache(1)(self._sources)

    def place(self, row: int) -> tuple[int, int]:
        """Group and position inside it of a row of the whole folder."""
        group = int(np.searchsorted(self.starts, row, side="right")) - 1
        return group, row - int(self.starts[group])

    def column(self, name: str) -> list[Any]:
        """A small column of every row."""
        return [value for group in self.groups for value in group.read([name])[name].to_pylist()]

    def row(self, number: int) -> Row:
        group, place = self.place(number)
        record = self.records(group)[place]
        return Row(
            record,
            lambda: self.images(group)[place].as_py(),
            lambda sources: self.sources(sources).load(record.source, record.source_path),
        )

    def _records(self, group: int) -> list[Sample]:
        table = self.groups[group].read(list(Sample.model_fields))
        return [Sample.model_validate(row) for row in table.to_pylist()]

    def _images(self, group: int) -> Any:
        return self.groups[group].read([f"{IMAGE}.bytes"])[IMAGE].combine_chunks().field("bytes")

    def _sources(self, sources: tuple[str, ...]) -> SourceImages:
        return SourceImages(self.folder, sources)


class Dataset(Sequence[Row]):
    """Rows of a dataset folder: ``len``, indices, slices and iteration; nothing is read ahead.

    Made by ``open_dataset``. Rows are numbered as ``show`` numbers them, training rows first.
    """

    def __init__(self, files: _Files, numbers: Sequence[int]) -> None:
        self._files, self._numbers = files, numbers

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> "Dataset": ...
    def __getitem__(self, index: int | slice) -> "Row | Dataset":
        if isinstance(index, slice):
            return Dataset(self._files, self._numbers[index])
        return self._files.row(self._numbers[index])

    def __iter__(self) -> Iterator[Row]:
        return map(self._files.row, self._numbers)

    def __repr__(self) -> str:
        return f"Dataset({str(self._files.folder)!r}, {len(self)} rows)"

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that there are rows of, ``train`` first."""
        found = set(self._chosen("split"))
        return tuple(name for name in SPLITS if name in found)

    def filter(self, task: str | None = None, split: str | None = None) -> "Dataset":
        """The rows of a task and a split; columns are read, pictures are not.

        Args:
            task: ``grounding``, or with its sub-task ``grounding.hybrid_intensity``.
            split: ``train`` or ``test``.

        Raises:
            UnknownNameError: No such split, or no such task.
        """
        if split is not None and split not in SPLITS:
            raise UnknownNameError("split", split, SPLITS)
        keep = [split in (None, found) for found in self._chosen("split")]
        if task is not None:
            name, dot, sub_task = task.partition(".")
            pairs = list(zip(self._chosen("task"), self._chosen("sub_task"), strict=True))
            if name not in TASKS or (dot and sub_task not in SUB_TASKS):
                raise UnknownNameError("task", task, {*TASKS, *map(".".join, filter(all, pairs))})
            wanted = [t == name and (not dot or s == sub_task) for t, s in pairs]
            keep = [one and other for one, other in zip(keep, wanted, strict=True)]
        return Dataset(
            self._files, [n for n, kept in zip(self._numbers, keep, strict=True) if kept]
        )

    def _chosen(self, column: str) -> list[Any]:
        values = self._files.column(column)
        return [values[number] for number in self._numbers]


def open_dataset(folder: str | Path) -> Dataset:
    """The rows of a folder that ``build`` made.

    Raises:
        ConfigError: It is not a dataset of ours.
    """
    place = at(folder)
    require_dataset(place)
    files = _Files(place)
    return Dataset(files, range(int(files.starts[-1])))
