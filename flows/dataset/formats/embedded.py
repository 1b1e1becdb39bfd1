"""Parquet with lists of pictures inside the rows, as TRL and ``load_dataset`` read it."""

import base64
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from flows.store.layout import TEMPORARY, put_in_place, storage_errors

ROWS = 256
"""Rows of a row group."""
IMAGES = "images"
Column: TypeAlias = tuple[pa.DataType, dict[str, Any]]
"""Arrow type, and what ``datasets`` calls it."""
Columns: TypeAlias = Mapping[str, Column]
STRING: Column = (pa.string(), {"dtype": "string", "_type": "Value"})
TURNS: Column = (
    pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())])),
    {"feature": {"role": STRING[1], "content": STRING[1]}, "_type": "List"},
)
_PICTURE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def write_embedded(path: Path, records: Iterable[Mapping[str, Any]], columns: Columns) -> int:
    """Write records whole or not at all; a picture of many is stored once a row group.

    Args:
        path: The file.
        records: Each with ``images``, a list of ``{"bytes", "path"}``, and the columns.
        columns: What stands beside the pictures.

    Returns:
        Number of records.
    """
    temporary, number = path.with_name(path.name + TEMPORARY), 0
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with _writer(temporary, columns) as writer:
            held: list[Mapping[str, Any]] = []
            for record in records:
                held.append(record)
                number += 1
                if len(held) == ROWS:
                    writer.write_table(_table(held, columns))
                    held = []
            if held:
                writer.write_table(_table(held, columns))
    put_in_place(temporary, path)
    return number


def _writer(path: Path, columns: Columns) -> pq.ParquetWriter:
    """A writer of ``_table``s whose readers see plain pictures, see ``dataset_writer``."""
    features: dict[str, Any] = {IMAGES: {"feature": {"_type": "Image"}, "_type": "List"}}
    features |= {name: feature for name, (_, feature) in columns.items()}
    seen = pa.schema(
        [(IMAGES, pa.list_(_PICTURE)), *((name, kind) for name, (kind, _) in columns.items())],
        # without it the library that trainers read with takes the pictures for dictionaries
        metadata={"huggingface": json.dumps({"info": {"features": features}})},
    )
    writer = pq.ParquetWriter(
        path,
        _table([], columns).schema,
        compression="zstd",
        dictionary_pagesize_limit=1 << 30,
        store_schema=False,
    )
    note = base64.b64encode(seen.serialize().to_pybytes())
    writer.add_key_value_metadata({**seen.metadata, b"ARROW:schema": note})
    return writer


def _table(records: list[Mapping[str, Any]], columns: Columns) -> pa.Table:
    """Records with their pictures, each of which is held once."""
    pictures = [picture for record in records for picture in record[IMAGES]]
    bytes_of = {id(picture["bytes"]): picture["bytes"] for picture in pictures}
    place_of = {key: place for place, key in enumerate(bytes_of)}
    places = pa.array([place_of[id(picture["bytes"])] for picture in pictures], pa.int32())
    png = pa.DictionaryArray.from_arrays(places, pa.array(list(bytes_of.values()), pa.binary()))
    paths = pa.array([picture["path"] for picture in pictures], pa.string())
    picture = pa.StructArray.from_arrays([png, paths], names=["bytes", "path"])
    ends = [0]
    for record in records:
        ends.append(ends[-1] + len(record[IMAGES]))
    lists = [pa.ListArray.from_arrays(pa.array(ends, pa.int32()), picture)]
    lists += [pa.array([r[name] for r in records], kind) for name, (kind, _) in columns.items()]
    return pa.Table.from_arrays(lists, names=[IMAGES, *columns])
