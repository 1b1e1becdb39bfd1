"""The Arrow schema of dataset rows, with what Hugging Face readers need to know.

The schema metadata key ``huggingface`` describes the features, so that ``load_dataset`` decodes
pictures with no code of ours. ``datasets`` itself is not needed to write it.
"""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from flows.store.layout import (
    TEMPORARY,
    put_in_place,
    storage_errors,
)
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
    temporary = path.with_name(path.name + TEMPORARY)
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
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
