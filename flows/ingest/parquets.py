"""Picture bytes out of Parquet files.

What a file says of itself is looked at before anything is unpacked: a few kilobytes may claim to
hold gigabytes. Reading costs about twice a row group, as one page of the file may hold all of it.
Nothing stays open; of the files read last, some rows are remembered.
"""

import re
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from flows.store.place import place, readable

COLUMN: Final = re.compile(r"(image|img|picture|photo|jpe?g|png|webp)")
MOST_GROUP: Final = 192 << 20
"""Bytes of pictures in a row group, unpacked, at most, where nobody says otherwise."""
SMALL_GROUP: Final = 64 << 20
"""Bytes, unpacked, of a group that is read at once."""
PART: Final = 16 << 20
"""Bytes of the parts in which larger ones are read."""
MOST_PACKED: Final = 20
"""Above ``SMALL_GROUP`` bytes, pictures were packed into a part of at least one in so many;
pictures are packed already."""


def picture_column(schema: pa.Schema) -> str | None:
    """Name of the column of picture bytes: a struct with ``bytes``, else a binary column.

    Where there are several, one that is named after pictures goes first.
    """
    structs = [f.name for f in schema if _holds_bytes(f.type)]
    plain = [
        f.name for f in schema if pa.types.is_binary(f.type) or pa.types.is_large_binary(f.type)
    ]
    ranked = sorted(structs + plain, key=lambda name: not COLUMN.match(name.lower()))
    return str(ranked[0]) if ranked else None


def _holds_bytes(kind: pa.DataType) -> bool:
    if not pa.types.is_struct(kind) or kind.get_field_index("bytes") < 0:
        return False
    inner = kind.field("bytes").type
    return bool(pa.types.is_binary(inner) or pa.types.is_large_binary(inner))


def count_rows(path: Path) -> tuple[str | None, int, list[str]]:
    """The picture column, the number of rows, and the names of all columns.

    Raises:
        OSError, pa.ArrowException: It cannot be read.
        ValueError: It claims more rows than it has bytes.
    """
    with pq.ParquetFile(readable(path)) as file:
        names, rows = file.schema_arrow.names, file.metadata.num_rows
        column = picture_column(file.schema_arrow)
    if rows > path.stat().st_size:
        raise ValueError(f"{rows:,} rows in {path.stat().st_size:,} bytes")
    return column, rows, names


def read_row(path: str, row: int, most: int = MOST_GROUP) -> bytes:
    """The picture bytes of a row.

    Args:
        path: Of the file.
        row: Counted over all row groups, from 0.
        most: Bytes of pictures in its row group, unpacked, at most.

    Raises:
        LookupError: There is no such row, or no picture in it.
        ValueError: Its row group claims to be larger than is read.
        OSError, pa.ArrowException: The file cannot be read.
    """
    for group, size in enumerate(_group_sizes(path)):
        if row < size:
            rows = _rows_at_once(path, group, most)
            value = _part(path, group, row // rows, rows)[row % rows].as_py()
            data = value.get("bytes") if isinstance(value, dict) else value
            if data is None:
                raise LookupError("no picture bytes in this row")
            return bytes(data)
        row -= size
    raise LookupError("no such row")


@lru_cache(maxsize=1)
def _part(path: str, group: int, number: int, rows: int) -> pa.Array:
    """So many rows of the column of pictures; they become Python's one by one."""
    with pq.ParquetFile(readable(place(path)), buffer_size=1 << 20, pre_buffer=False) as file:
        name = _column(file)
        parts = file.iter_batches(rows, row_groups=[group], columns=[name], use_threads=False)
        for at, part in enumerate(parts):
            if at == number:
                return part.column(0)
    raise LookupError("no such row")


@lru_cache(maxsize=4)
def _rows_at_once(path: str, group: int, most: int) -> int:
    """How many rows of a group are read at once.

    Raises:
        ValueError: It claims to be larger than is read.
    """
    with pq.ParquetFile(readable(place(path))) as file:
        about, name = file.metadata.row_group(group), _column(file)
    unpacked = _require_small(about, name, most)
    if unpacked <= SMALL_GROUP:
        return max(1, int(about.num_rows))
    return max(1, int(about.num_rows) * PART // unpacked)


def _column(file: pq.ParquetFile) -> str:
    name = picture_column(file.schema_arrow)
    if name is None:
        raise LookupError("no column of picture bytes")
    return name


def _require_small(group: Any, name: str, most: int) -> int:
    """Bytes of the pictures of a group, unpacked."""
    columns = [group.column(index) for index in range(group.num_columns)]
    own = [c for c in columns if f"{c.path_in_schema}.".startswith(f"{name}.")]
    unpacked = sum(int(column.total_uncompressed_size) for column in own)
    packed = sum(int(column.total_compressed_size) for column in own)
    if unpacked > SMALL_GROUP and unpacked > MOST_PACKED * packed:
        raise ValueError(f"a row group of {packed:,} bytes that unpacks to {unpacked:,}")
    if unpacked > most:
        raise ValueError(
            f"a row group of {unpacked:,} bytes of pictures, allowed {most:,}; write smaller "
            "groups, or raise [ingest] max_row_group_mb (reading takes twice as much memory)"
        )
    return unpacked


@lru_cache(maxsize=4)
def _group_sizes(path: str) -> tuple[int, ...]:
    metadata = pq.read_metadata(readable(place(path)))
    return tuple(metadata.row_group(i).num_rows for i in range(metadata.num_row_groups))
