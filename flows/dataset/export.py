"""A dataset as the records of other trainers, each picture written once.

Source: the formats as their documentation gives them: TRL (conversational, list of images),
LLaMA-Factory (sharegpt with ``dataset_info.json``), ms-swift (messages with ``<image>``), LLaVA and
what follows it (Qwen-VL, Phi: conversations with ``<image>`` and a newline).
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from flows.store.layout import DATA, put_in_place, read_manifest, storage_errors, write_text
from flows.store.shards import SPLITS
from flows.store.tables import IMAGE
from schemas.errors import ConfigError, UnknownNameError

FORMATS = ("trl", "sharegpt", "swift", "llava", "jsonl")
TAG = "<image>"
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
    [("images", pa.list_(_PICTURE)), ("messages", pa.list_(_MESSAGE)), ("row_id", pa.string()),
     ("task", pa.string()), ("sub_task", pa.string())],
    # without it the library that trainers read with takes the pictures for dictionaries
    metadata={"huggingface": json.dumps({"info": {"features": _FEATURES}})},
)  # fmt: skip


def export(dataset: Path, out: Path, kind: str, absolute: bool = False) -> dict[str, int]:
    """Write a dataset in another form; returns rows by split and pictures.

    Args:
        dataset: Folder that ``build`` made.
        out: New folder.
        kind: One of ``FORMATS``.
        absolute: Whether paths of pictures are absolute or relative to ``out``.

    Raises:
        ConfigError: Unknown form, no dataset, a folder that is not empty, or a text that holds the
            tag trainers replace by the picture.
    """
    if kind not in FORMATS:
        raise UnknownNameError("export format", kind, FORMATS)
    read_manifest(dataset)
    if out.exists() and any(out.iterdir()):
        raise ConfigError(f"--out {out} is not empty; choose a new folder")
    with storage_errors(out):
        out.mkdir(parents=True, exist_ok=True)
    counts = {}
    for split in SPLITS:
        files = sorted((dataset / DATA).glob(f"{split}-*.parquet"))
        if files:
            counts[split] = _split(files, out, split, kind, absolute)
    counts["pictures"] = len(list((out / "images").glob("*.png"))) if kind != "trl" else 0
    _beside(out, kind, [split for split in SPLITS if split in counts])
    return counts


def _split(files: list[Path], out: Path, split: str, kind: str, absolute: bool) -> int:
    if kind == "trl":
        return _trl(files, out / f"{split}.parquet")
    lines = kind in ("swift", "jsonl")
    path = out / f"{split}.{'jsonl' if lines else 'json'}"
    temporary = path.with_name(path.name + ".part")
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
        parquet = pq.ParquetFile(path)
        for group in range(parquet.num_row_groups):
            for row in parquet.read_row_group(group).to_pylist():
                for text in (row["question"], row["answer"]):
                    if TAG in text:
                        raise ConfigError(f"{row['row_id']}: {TAG} in its text {text[:60]!r}")
                yield row


def _picture(row: dict[str, Any], out: Path, absolute: bool) -> str:
    """Write the row's picture unless it is there; the bytes are the dataset's own."""
    name = f"images/{row['image_id']}.png"
    path = out / name
    if not path.exists():
        with storage_errors(path):
            path.parent.mkdir(exist_ok=True)
            temporary = path.with_name(path.name + ".part")
            temporary.write_bytes(row[IMAGE]["bytes"])
            temporary.replace(path)
    return path.resolve().as_posix() if absolute else name


def _record(row: dict[str, Any], picture: str, kind: str) -> dict[str, Any]:
    question, answer = row["question"], row["answer"]
    if kind == "jsonl":
        return {"image": picture, **{key: row[key] for key in row if key != IMAGE}}
    if kind == "swift":
        return {"messages": [{"role": "user", "content": TAG + question},
                             {"role": "assistant", "content": answer}],
                "images": [picture]}  # fmt: skip
    break_ = "\n" if kind == "llava" else ""
    turns = [{"from": "human", "value": TAG + break_ + question}, {"from": "gpt", "value": answer}]
    if kind == "llava":
        return {"id": row["row_id"], "image": picture, "conversations": turns}
    return {"conversations": turns, "images": [picture]}


def _trl(files: list[Path], path: Path) -> int:
    """Pictures inside the rows; a picture with many questions is stored once a row group."""
    temporary, number = path.with_name(path.name + ".part"), 0
    with (
        storage_errors(path),
        pq.ParquetWriter(
            temporary, _TRL, compression="zstd", dictionary_pagesize_limit=1 << 30
        ) as writer,
    ):
        held: list[dict[str, Any]] = []
        for row in _rows(files):
            held.append({"images": [row[IMAGE]], "messages": row["messages"],
                         "row_id": row["row_id"], "task": row["task"],
                         "sub_task": row["sub_task"]})  # fmt: skip
            number += 1
            if len(held) == ROWS:
                writer.write_table(pa.Table.from_pylist(held, schema=_TRL))
                held = []
        if held:
            writer.write_table(pa.Table.from_pylist(held, schema=_TRL))
    put_in_place(temporary, path)
    return number


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
