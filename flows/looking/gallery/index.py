"""What rows there are and where they lie; small columns of every row, no picture."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from sys import intern
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from flows.store.layout import data_files
from flows.store.tables import IMAGE
from schemas.streams import derive_key

FACETS = ("task", "sub_task", "family", "grade", "split", "writer", "source", "origin")
"""What rows can be filtered by, in the order in which pages offer it."""
_COLUMNS = ("row_id", "image_id", "task", "sub_task", "split", "writer", "source", "origin")
_STEPS = ("chain.list.element.family", "chain.list.element.grade")
_SHOWN = (
    *_COLUMNS,
    *(f"chain.list.element.{name}" for name in ("family", "type", "severity", "grade", "damage")),
    "picture_id",
    "region_id",
    "form",
    "question",
    "answer",
    "reference",
    "width",
    "height",
    "mask",
    "scores.damage",
    "source_path",
    "licence",
)


class Place(NamedTuple):
    """Where a row lies.

    Args:
        file: Number of the file, training files first.
        group: Row group in it.
        row: Row in that.
    """

    file: int
    group: int
    row: int


class Entry(NamedTuple):
    """What a row can be found by.

    Args:
        row_id: Of the row.
        image_id: The degraded picture.
        place: Where it lies.
        facets: The values of each of ``FACETS``; several where a chain has several.
    """

    row_id: str
    image_id: str
    place: Place
    facets: tuple[tuple[str, ...], ...]

    def matches(self, wanted: dict[str, str]) -> bool:
        """Whether the row has every wanted value; facet to value."""
        return all(
            value in self.facets[FACETS.index(facet)] for facet, value in wanted.items() if value
        )


class RowIndex:
    """All rows of a dataset in the order of their files, training rows first.

    Args:
        out: The dataset folder.
    """

    def __init__(self, out: Path) -> None:
        self.files = data_files(out)
        known: dict[tuple[tuple[str, ...], ...], tuple[tuple[str, ...], ...]] = {}
        self.entries = [
            entry._replace(facets=known.setdefault(entry.facets, entry.facets))
            for number, path in enumerate(self.files)
            for entry in _entries(path, number)
        ]
        pa.default_memory_pool().release_unused()

    def values(self) -> dict[str, list[str]]:
        """Facet to the values that occur, sorted."""
        found: dict[str, set[str]] = {facet: set() for facet in FACETS}
        for entry in self.entries:
            for facet, values in zip(FACETS, entry.facets, strict=True):
                found[facet].update(values)
        return {facet: sorted(values - {""}) for facet, values in found.items()}

    def pictures(self, wanted: dict[str, str] | None = None) -> list[list[int]]:
        """Numbers of the rows that match, those of one degraded picture together."""
        chosen = [n for n, entry in enumerate(self.entries) if entry.matches(wanted or {})]
        return [list(rows) for _, rows in groupby(chosen, lambda n: self.entries[n].image_id)]

    def sample(self, rows: int) -> list[list[int]]:
        """So many rows of keyed pictures, whole pictures as far as they fit."""
        keyed = sorted(
            self.pictures(), key=lambda p: derive_key("look", self.entries[p[0]].image_id)
        )
        return _cut(keyed, rows)

    def near_sample(self, rows: int, groups: int) -> list[list[int]]:
        """As ``sample``, out of a few row groups only: reads little of a large dataset."""
        by_group: dict[tuple[int, int], list[list[int]]] = {}
        for picture in self.pictures():
            place = self.entries[picture[0]].place
            by_group.setdefault((place.file, place.group), []).append(picture)
        keyed = sorted(by_group, key=lambda group: derive_key("look", *group))[:groups]
        pictures = [picture for group in keyed for picture in by_group[group]]
        pictures.sort(key=lambda p: derive_key("look", self.entries[p[0]].image_id))
        return _cut(pictures, rows)

    def records(self, numbers: Sequence[int]) -> Iterator[dict[str, Any]]:
        """Rows by number with the columns that pages show; each row group is read once."""
        for (file, group), chosen in self._by_group(numbers):
            table = self._read(file, group, [*_SHOWN])
            rows = [self.entries[number].place.row for number in chosen]
            # not `take`: it would load pandas, a quarter of what the server may weigh
            found = [table.slice(row, 1).to_pylist()[0] for row in rows]
            del table
            pa.default_memory_pool().release_unused()
            yield from found

    def images(self, numbers: Sequence[int]) -> Iterator[bytes]:
        """The PNG of each row; each row group is read once."""
        for (file, group), chosen in self._by_group(numbers):
            column = self._read(file, group, [f"{IMAGE}.bytes"])[IMAGE].combine_chunks()
            stored = column.field("bytes")
            found = [stored[self.entries[number].place.row].as_py() for number in chosen]
            del column, stored
            pa.default_memory_pool().release_unused()
            yield from found

    def _by_group(self, numbers: Sequence[int]) -> Iterator[tuple[tuple[int, int], Sequence[int]]]:
        for place, chosen in groupby(numbers, lambda n: self.entries[n].place[:2]):
            yield place, list(chosen)

    def _read(self, file: int, group: int, columns: list[str]) -> pa.Table:
        # A picture is stored once a row group; without the dictionary each row would bring its own.
        with pq.ParquetFile(self.files[file], read_dictionary=[f"{IMAGE}.bytes"]) as opened:
            return opened.read_row_group(group, columns=columns, use_threads=False)


def _cut(pictures: Sequence[list[int]], rows: int) -> list[list[int]]:
    """The first pictures with so many rows between them, in the order of the files."""
    chosen: list[list[int]] = []
    for picture in pictures:
        if rows <= 0:
            break
        chosen.append(picture[:rows])
        rows -= len(picture)
    return sorted(chosen)


def _entries(path: Path, number: int) -> Iterator[Entry]:
    with pq.ParquetFile(path) as file:
        tables = [
            file.read_row_group(group, columns=[*_COLUMNS, *_STEPS], use_threads=False)
            for group in range(file.num_row_groups)
        ]
    for group, table in enumerate(tables):
        for row, values in enumerate(table.to_pylist()):
            steps = values["chain"]
            facets: dict[str, tuple[str, ...]] = {
                name: (intern(values[name]),) for name in _COLUMNS[2:]
            }
            facets["family"] = tuple(sorted({intern(step["family"]) for step in steps}))
            facets["grade"] = tuple(sorted({intern(step["grade"]) for step in steps}))
            yield Entry(
                values["row_id"],
                intern(values["image_id"]),
                Place(number, group, row),
                tuple(facets[facet] for facet in FACETS),
            )
