"""A dataset as the records of other trainers, each picture written once.

Source: the formats as their documentation gives them: TRL (conversational, list of images),
LLaMA-Factory (sharegpt with ``dataset_info.json``), ms-swift (messages with ``<image>``), LLaVA and
what follows it (Qwen-VL, Phi: conversations with ``<image>`` and a newline).
"""

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from flows.dataset.vida.export import FORMATS as WHOLE
from flows.dataset.vida.export import export_pictures
from flows.store.inside import file_stem, require_text
from flows.store.layout import (
    DATA,
    MANIFEST,
    TEMPORARY,
    put_in_place,
    read_manifest,
    require_records,
    storage_errors,
    write_text,
)
from flows.store.place import readable
from flows.store.shards import SPLITS
from flows.store.tables import IMAGE
from schemas.errors import ConfigError, UnknownNameError
from schemas.records import Sample

FORMATS = ("trl", "sharegpt", "swift", "llava", "jsonl")
TAG = "<image>"
PNG = b"\x89PNG\r\n\x1a\n"
NEEDED = {IMAGE, "image_id", "row_id", "question", "answer", "messages", "task", "sub_task"}
MARKER = ".export.json"
"""Says which dataset a folder is the export of, and in which form."""
ROWS = 256
"""Rows of a row group of the TRL file."""

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


def export(dataset: Path, out: Path, kind: str, absolute: bool = False) -> dict[str, int]:
    """Write a dataset in another form; returns rows by split and pictures.

    Args:
        dataset: Folder that ``build`` made.
        out: New folder.
        kind: One of ``FORMATS``.
        absolute: Whether paths of pictures are absolute or relative to ``out``.

    An export that was killed goes on: the same call writes what is missing.

    Raises:
        ConfigError: Unknown form, no dataset or an older one, a folder that holds something else,
            a name of a picture that is none, or a text that holds the tag trainers replace by the
            picture.
    """
    if kind not in (*FORMATS, *WHOLE):
        raise UnknownNameError("export format", kind, (*FORMATS, *WHOLE))
    require_records(dataset, read_manifest(dataset), [Sample])
    _claim(dataset, out, {"format": kind, "absolute": absolute})
    if kind in WHOLE:
        return export_pictures(dataset, out, kind)
    counts = {}
    for split in SPLITS:
        files = sorted((dataset / DATA).glob(f"{split}-*.parquet"))
        try:
            if files:
                counts[split] = _split(files, out, split, kind, absolute)
        except pa.ArrowException as error:
            said = " ".join(str(error).split())[:200]
            raise ConfigError(f"{dataset}: its {split} files cannot be read: {said}") from None
    counts["pictures"] = len(list((out / "images").glob("*.png"))) if kind != "trl" else 0
    _beside(out, kind, [split for split in SPLITS if split in counts])
    return counts


def _claim(dataset: Path, out: Path, how: dict[str, Any]) -> None:
    """Make ``out`` this export's folder, or find that it is already."""
    require_text(out, "--out")
    digest = hashlib.sha256((dataset / MANIFEST).read_bytes()).hexdigest()
    mark = json.dumps({"manifest_sha256": digest, **how}, sort_keys=True) + "\n"
    marker = out / MARKER
    with storage_errors(out):
        if out.exists() and not out.is_dir():
            raise ConfigError(f"--out {out} is a file; choose a new folder")
        if marker.is_file() and marker.read_text(encoding="utf-8", errors="replace") == mark:
            return
        if out.is_dir() and not all(_half_a_marker(name.name) for name in out.iterdir()):
            raise ConfigError(
                f"--out {out} is not empty and holds no export of this dataset in this form; "
                "choose a new folder"
            )
    write_text(marker, mark)


def _half_a_marker(name: str) -> bool:
    """Whether a file is what a killed process left of its claim."""
    return name.startswith(MARKER) and name.endswith(TEMPORARY)


def _split(files: list[Path], out: Path, split: str, kind: str, absolute: bool) -> int:
    if kind == "trl":
        return _trl(files, out / f"{split}.parquet")
    lines = kind in ("swift", "jsonl")
    path = out / f"{split}.{'jsonl' if lines else 'json'}"
    temporary = path.with_name(path.name + TEMPORARY)
    with storage_errors(path), temporary.open("w", encoding="utf-8") as file:
        number = _write(_rows(files), file, out, kind, absolute, lines)
    put_in_place(temporary, path)
    return number


def _write(
    rows: Iterator[dict[str, Any]], file: IO[str], out: Path, kind: str, absolute: bool, lines: bool
) -> int:
    number = 0
    file.write("" if lines else "[\n")
    for row in rows:
        picture = _picture(row, out, absolute)
        record = json.dumps(_record(row, picture, kind), ensure_ascii=False)
        file.write("" if lines or not number else ",\n")
        file.write(record + ("\n" if lines else ""))
        number += 1
    file.write("" if lines else "\n]\n")
    return number


def _rows(files: list[Path]) -> Iterator[dict[str, Any]]:
    """Rows by row group, so that memory stays flat; texts with the tag are refused."""
    for path in files:
        # The rows of a picture share one copy of its bytes, here as in the file.
        parquet = pq.ParquetFile(readable(path), read_dictionary=[f"{IMAGE}.bytes"])
        if missing := sorted(NEEDED - set(parquet.schema_arrow.names)):
            raise ConfigError(f"{path}: not a dataset of ours: no column {', '.join(missing)}")
        for group in range(parquet.num_row_groups):
            table = parquet.read_row_group(group)
            pictures = _pictures(table[IMAGE], path)
            for row, picture in zip(table.drop([IMAGE]).to_pylist(), pictures, strict=True):
                row[IMAGE] = picture
                _check(row, path)
                yield row


def _pictures(column: pa.ChunkedArray, path: Path) -> Iterator[dict[str, Any]]:
    """Bytes and path of each row's picture; rows of one picture get the same bytes object."""
    for chunk in column.chunks:
        if not pa.types.is_struct(chunk.type) or chunk.type.get_field_index("bytes") < 0:
            raise ConfigError(f"{path}: not a dataset of ours: its pictures have no bytes")
        encoded, names = chunk.field("bytes"), chunk.field("path").to_pylist()
        if not pa.types.is_dictionary(encoded.type):
            encoded = encoded.dictionary_encode()
        held = [*encoded.dictionary.to_pylist(), None]
        places = encoded.indices.fill_null(len(held) - 1).to_numpy()
        for place, name in zip(places, names, strict=True):
            yield {"bytes": held[place], "path": name}


def _check(row: dict[str, Any], path: Path) -> None:
    """Look whether a row is one of ours; the dataset may be anybody's."""
    for text in (row.get("question"), row.get("answer"), row.get("row_id")):
        if not isinstance(text, str):
            raise ConfigError(
                f"{path}: not a dataset of ours: a row without question, answer or id"
            )
        if TAG in text:
            raise ConfigError(f"{row['row_id']}: {TAG} in its text {text[:60]!r}")
    picture = row.get(IMAGE)
    data = picture.get("bytes") if isinstance(picture, dict) else None
    if not isinstance(data, bytes) or not data.startswith(PNG):
        raise ConfigError(f"{path}: {row['row_id']!r:.80}: its picture is no PNG")


def _picture(row: dict[str, Any], out: Path, absolute: bool) -> str:
    """Write the row's picture unless it is there; the bytes are the dataset's own."""
    name = f"images/{file_stem(row.get('image_id'), 'image_id')}.png"
    path, data = out / name, row[IMAGE]["bytes"]
    if not path.is_file() or path.stat().st_size != len(data):  # the power may have failed
        with storage_errors(path):
            path.parent.mkdir(exist_ok=True)
            temporary = path.with_name(path.name + TEMPORARY)
            temporary.write_bytes(data)
            temporary.replace(path)
    return path.resolve().as_posix() if absolute else name


def _record(row: dict[str, Any], picture: str, kind: str) -> dict[str, Any]:
    question, answer = row["question"], row["answer"]
    if kind == "jsonl":
        return {"image": picture, **{key: row[key] for key in row if key != IMAGE}}
    if kind == "swift":
        return {
            "messages": [
                {"role": "user", "content": TAG + question},
                {"role": "assistant", "content": answer},
            ],
            "images": [picture],
        }
    break_ = "\n" if kind == "llava" else ""
    turns = [{"from": "human", "value": TAG + break_ + question}, {"from": "gpt", "value": answer}]
    if kind == "llava":
        return {"id": row["row_id"], "image": picture, "conversations": turns}
    return {"conversations": turns, "images": [picture]}


def _trl(files: list[Path], path: Path) -> int:
    """Pictures inside the rows; a picture with many questions is stored once a row group."""
    temporary, number = path.with_name(path.name + TEMPORARY), 0
    with (
        storage_errors(path),
        _trl_writer(temporary) as writer,
    ):
        held: list[dict[str, Any]] = []
        for row in _rows(files):
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


def _beside(out: Path, kind: str, splits: list[str]) -> None:
    """What a trainer needs beside the records."""
    if kind == "sharegpt":
        entries = {
            f"iqa_spider_{split}": {
                "file_name": f"{split}.json",
                "formatting": "sharegpt",
                "columns": {"messages": "conversations", "images": "images"},
            }
            for split in splits
        }
        write_text(out / "dataset_info.json", json.dumps(entries, indent=1) + "\n")
    if kind == "swift":
        write_text(
            out / "sft.sh",
            "#!/bin/sh\n# LoRA on the language model, vision tower and projector in full.\n"
            'cd "$(dirname "$0")" && exec swift sft --model "$1" --dataset train.jsonl '
            "--tuner_type lora_llm --vit_lr 1e-5 --aligner_lr 1e-5 --learning_rate 1e-4\n",
        )
