"""Picture bytes out of Parquet files.

What a file says of itself is looked at before anything is unpacked: a few kilobytes may claim to
hold gigabytes. Nothing stays open; of the files read last, the last row group is remembered.
"""

import re
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

COLUMN: Final = re.compile(r"(image|img|picture|photo|jpe?g|png|webp)")
MOST_GROUP: Final = 1 << 30
"""Bytes of pictures in a row group, unpacked, at most."""
SMALL_GROUP: Final = 64 << 20
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
    with pq.ParquetFile(path) as file:
        names, rows = file.schema_arrow.names, file.metadata.num_rows
        column = picture_column(file.schema_arrow)
    if rows > path.stat().st_size:
        raise ValueError(f"{rows:,} rows in {path.stat().st_size:,} bytes")
    return column, rows, names


def read_row(path: str, row: int) -> bytes:
    """The picture bytes of a row.

    Raises:
        LookupError: There is no such row, or no picture in it.
        ValueError: Its row group claims to be larger than is read at once.
        OSError, pa.ArrowException: The file cannot be read.
    """
    for group, size in enumerate(_group_sizes(path)):
        if row < size:
            value = _row_group(path, group)[row].as_py()
            data = value.get("bytes") if isinstance(value, dict) else value
            if data is None:
                raise LookupError("no picture bytes in this row")
            return bytes(data)
        row -= size
    raise LookupError("no such row")


@lru_cache(maxsize=1)
def _row_group(path: str, group: int) -> Any:
    """The column of pictures of a row group; its values become Python's one by one."""
    with pq.ParquetFile(path) as file:
        name = picture_column(file.schema_arrow)
        if name is None:
            raise LookupError("no column of picture bytes")
        _require_small(file.metadata.row_group(group), name)
        return file.read_row_group(group, columns=[name])[name]


def _require_small(group: Any, name: str) -> None:
    columns = [group.column(index) for index in range(group.num_columns)]
    own = [c for c in columns if c.path_in_schema.split(".")[0] == name]
    unpacked = sum(column.total_uncompressed_size for column in own)
    packed = sum(column.total_compressed_size for column in own)
    if unpacked > MOST_GROUP or (unpacked > SMALL_GROUP and unpacked > MOST_PACKED * packed):
        raise ValueError(f"a row group of {packed:,} bytes that unpacks to {unpacked:,}")


@lru_cache(maxsize=4)
def _group_sizes(path: str) -> tuple[int, ...]:
    metadata = pq.read_metadata(path)
    return tuple(metadata.row_group(i).num_rows for i in range(metadata.num_row_groups))
