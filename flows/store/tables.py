"""The Arrow schema of dataset rows, with what Hugging Face readers need to know.

The schema metadata key ``huggingface`` describes the features, so that ``load_dataset`` decodes
pictures with no code of ours. ``datasets`` itself is not needed to write it.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from flows.store.layout import put_in_place, storage_errors, temporary_of
from flows.store.place import make_folder
from schemas.errors import ContractError
from schemas.records import Sample


def parquet_options(schema: pa.Schema) -> dict[str, Any]:
    """Writer settings: zstd everywhere but on picture bytes, which are stored once a row group."""
    sink = pa.BufferOutputStream()
    pq.write_table(schema.empty_table(), sink)
    leaves = pq.read_metadata(pa.BufferReader(sink.getvalue())).schema
    paths = [leaves.column(i).path for i in range(len(leaves))]
    return {
        "compression": {p: "none" if p == f"{IMAGE}.bytes" else "zstd" for p in paths},
        "dictionary_pagesize_limit": 1 << 30,
        "write_statistics": [p for p in paths if p != f"{IMAGE}.bytes"],
    }


def write_table(path: Path, table: pa.Table) -> None:
    """Write a table whole or not at all."""
    temporary = temporary_of(path)
    with storage_errors(path):
        make_folder(path.parent)
        pq.write_table(table, temporary, **parquet_options(table.schema))
    put_in_place(temporary, path)


IMAGE = "image"
IMAGE_TYPE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
MASK_COLUMNS = ("box", "mask", "point")
"""Columns that only the ``grounding`` view has."""


def dataset_schema() -> pa.Schema:
    """``Sample`` plus the picture, with name, version and features in the metadata."""
    base = Sample.arrow_schema()
    note = {"description": "The degraded picture, PNG, lossless."}
    schema = pa.schema([pa.field(IMAGE, IMAGE_TYPE, metadata=note), *base], base.metadata)
    features = {field.name: feature(field.type) for field in base}
    features = {IMAGE: {"_type": "Image"}, **features}
    info = json.dumps({"info": {"features": features}}, separators=(",", ":"))
    return schema.with_metadata({**(base.metadata or {}), b"huggingface": info.encode()})


class StoredPicture(NamedTuple):
    """A picture as it is stored: PNG, name, and how many rows in a row speak of it."""

    png: bytes
    path: str
    rows: int


def dataset_table(rows: Sequence[Mapping[str, Any]], pictures: Sequence[StoredPicture]) -> pa.Table:
    """Rows of ``Sample`` beside their pictures, each of which is held once."""
    base = Sample.arrow_schema()
    places = np.repeat(np.arange(len(pictures), dtype=np.int32), [p.rows for p in pictures])
    held = pa.array([picture.png for picture in pictures], pa.binary())
    paths = pa.array([picture.path for picture in pictures], pa.string()).take(places)
    png = pa.DictionaryArray.from_arrays(pa.array(places), held)
    image = pa.StructArray.from_arrays([png, paths], names=["bytes", "path"])
    table = pa.Table.from_pylist(rows, schema=base.remove_metadata())
    field = pa.field(IMAGE, image.type, metadata=dataset_schema().field(IMAGE).metadata)
    return table.add_column(0, field, image)


def dataset_writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """A writer of ``dataset_table``s whose readers see ``dataset_schema``.

    Left to itself, Arrow would note the dictionary in the file, and ``datasets`` would give
    dictionaries instead of pictures; so the schema is noted here, as Arrow notes it.
    """
    options, wanted = parquet_options(schema), dataset_schema()
    writer = pq.ParquetWriter(path, schema, store_schema=False, **options)
    note = base64.b64encode(wanted.serialize().to_pybytes())
    writer.add_key_value_metadata({**wanted.metadata, b"ARROW:schema": note})
    return writer


def feature(kind: pa.DataType) -> Any:
    """An Arrow type as a ``datasets`` feature."""
    if pa.types.is_struct(kind):
        return {field.name: feature(field.type) for field in kind}
    if pa.types.is_fixed_size_list(kind):
        return {"feature": feature(kind.value_type), "length": kind.list_size, "_type": "List"}
    if pa.types.is_list(kind):
        return {"feature": feature(kind.value_type), "_type": "List"}
    names = {pa.float32(): "float32", pa.float64(): "float64"}
    if pa.types.is_string(kind) or pa.types.is_integer(kind) or kind in names:
        return {"dtype": names.get(kind, str(kind)), "_type": "Value"}
    raise ContractError(f"no Hugging Face feature for Arrow type {kind}")


def text_columns() -> list[str]:
    """Columns of the ``instruct`` view: everything but masks, boxes and points."""
    return [name for name in dataset_schema().names if name not in MASK_COLUMNS]
