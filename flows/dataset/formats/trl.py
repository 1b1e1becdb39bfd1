"""Conversations with a list of pictures inside the rows, as TRL reads them.

Source: TRL's documentation of vision data sets: conversational, list of images.
"""

import base64
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from flows.dataset.formats.form import Form, Rows
from flows.dataset.formats.sink import Sink
from flows.store.layout import TEMPORARY, put_in_place, storage_errors
from flows.store.tables import IMAGE

ROWS = 256
"""Rows of a row group."""

_FEATURES = {
    "images": {"feature": {"_type": "Image"}, "_type": "List"},
    "messages": {
        "feature": {
            "role": {"dtype": "string", "_type": "Value"},
            "content": {"dtype": "string", "_type": "Value"},
        },
        "_type": "List",
    },
    **{name: {"dtype": "string", "_type": "Value"} for name in ("row_id", "task", "sub_task")},
}
_MESSAGE = pa.struct([("role", pa.string()), ("content", pa.string())])
_PICTURE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
_TRL = pa.schema(
    [
        ("images", pa.list_(_PICTURE)),
        ("messages", pa.list_(_MESSAGE)),
        ("row_id", pa.string()),
        ("task", pa.string()),
        ("sub_task", pa.string()),
    ],
    # without it the library that trainers read with takes the pictures for dictionaries
    metadata={"huggingface": json.dumps({"info": {"features": _FEATURES}})},
)


def _split(rows: Rows, sink: Sink, split: str) -> int:
    """Pictures inside the rows; a picture with many questions is stored once a row group."""
    path, number = sink.out / f"{split}.parquet", 0
    temporary = path.with_name(path.name + TEMPORARY)
    with storage_errors(path), _trl_writer(temporary) as writer:
        held: list[dict[str, Any]] = []
        for row in rows:
            held.append(row)
            number += 1
            if len(held) == ROWS:
                writer.write_table(_trl_table(held))
                held = []
        if held:
            writer.write_table(_trl_table(held))
    put_in_place(temporary, path)
    return number


def _trl_writer(path: Path) -> pq.ParquetWriter:
    """A writer of ``_trl_table``s whose readers see ``_TRL``, see ``dataset_writer``."""
    schema = _trl_table([]).schema
    writer = pq.ParquetWriter(
        path, schema, compression="zstd", dictionary_pagesize_limit=1 << 30, store_schema=False
    )
    note = base64.b64encode(_TRL.serialize().to_pybytes())
    writer.add_key_value_metadata({**_TRL.metadata, b"ARROW:schema": note})
    return writer


def _trl_table(rows: list[dict[str, Any]]) -> pa.Table:
    """Rows with their pictures, each of which is held once."""
    bytes_of = {id(row[IMAGE]["bytes"]): row[IMAGE]["bytes"] for row in rows}
    place_of = {key: place for place, key in enumerate(bytes_of)}
    places = pa.array([place_of[id(row[IMAGE]["bytes"])] for row in rows], pa.int32())
    png = pa.DictionaryArray.from_arrays(places, pa.array(list(bytes_of.values()), pa.binary()))
    paths = pa.array([row[IMAGE]["path"] for row in rows], pa.string())
    picture = pa.StructArray.from_arrays([png, paths], names=["bytes", "path"])
    each = pa.array(range(len(rows) + 1), pa.int32())
    columns = [pa.ListArray.from_arrays(each, picture)]
    columns += [pa.array([row[f.name] for row in rows], f.type) for f in list(_TRL)[1:]]
    return pa.Table.from_arrays(columns, names=_TRL.names)


FORMAT = Form(_split)
