"""What ``pairs`` made as the records of trainers, two pictures a row."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from annotators.pairs.asking import options_in
from flows.dataset.formats.embedded import IMAGES, STRING, TURNS, write_embedded
from flows.dataset.formats.sink import TAG, Sink
from flows.dataset.pairs.reading import Row, rows_of
from flows.store.inside import file_stem
from flows.store.layout import DATA
from flows.store.shards import SPLITS
from flows.training.rewards.reading import plain_answer
from flows.training.rewards.solution import Solution
from schemas.errors import UnknownNameError

_SFT = {"messages": TURNS, "row_id": STRING, "task": STRING, "form": STRING}
_GRPO = {"prompt": TURNS, **dict.fromkeys(("solution", "reference", "kind", "row_id"), STRING)}


def export_pairs(folder: Path, sink: Sink, kind: str) -> dict[str, int]:
    """Write the rows of all splits in a form; returns rows by split, and pictures.

    Raises:
        UnknownNameError: A form that has no two pictures a row.
    """
    if kind not in PAIR_FORMS:
        raise UnknownNameError("export format of pairs", kind, PAIR_FORMS)
    counts = {}
    for split in SPLITS:
        file = folder / DATA / f"{split}.parquet"
        if file.is_file():
            counts[split] = PAIR_FORMS[kind](rows_of(file), sink, split)
    return {**counts, "pictures": sink.pictures()}


def _pictures(row: Mapping[str, Any], sink: Sink) -> list[str]:
    return [
        sink.put(f"images/{file_stem(row[name], name)}.png", picture["bytes"])
        for name, picture in zip(("anchor", "target"), row[IMAGES], strict=True)
    ]


def _turns(row: Mapping[str, Any], before: str) -> list[dict[str, str]]:
    return [
        {"from": "human", "value": before + row["question"]},
        {"from": "gpt", "value": row["answer"]},
    ]


def _sharegpt(rows: Iterator[Row], sink: Sink, split: str) -> int:
    return sink.json(
        f"{split}.json",
        ({"conversations": _turns(r, TAG * 2), "images": _pictures(r, sink)} for r in rows),
    )


def _swift(rows: Iterator[Row], sink: Sink, split: str) -> int:
    def messages(row: Row) -> list[dict[str, str]]:
        first, second = row["messages"]
        return [{**first, "content": TAG * 2 + first["content"]}, second]

    records = ({"messages": messages(row), "images": _pictures(row, sink)} for row in rows)
    return sink.lines(f"{split}.jsonl", records)


def _llava(rows: Iterator[Row], sink: Sink, split: str) -> int:
    records = (
        {
            "id": row["row_id"],
            "image": _pictures(row, sink),
            "conversations": _turns(row, f"{TAG}\n{TAG}\n"),
        }
        for row in rows
    )
    return sink.json(f"{split}.json", records)


def _jsonl(rows: Iterator[Row], sink: Sink, split: str) -> int:
    records = (
        {"images": _pictures(row, sink), **{k: v for k, v in row.items() if k != IMAGES}}
        for row in rows
    )
    return sink.lines(f"{split}.jsonl", records)


def _trl(rows: Iterator[Row], sink: Sink, split: str) -> int:
    return write_embedded(sink.out / f"{split}.parquet", rows, _SFT)


def _grpo(rows: Iterator[Row], sink: Sink, split: str) -> int:
    """Questions with options; why a picture is better has no reward."""
    records = (
        {
            IMAGES: row[IMAGES],
            "prompt": [{"role": "user", "content": row["question"]}],
            "solution": _solution(row).to_json(),
            "reference": row["answer"],
            "kind": "choice",
            "row_id": row["row_id"],
        }
        for row in rows
        if row["form"] == "relation"
    )
    return write_embedded(sink.out / f"{split}.parquet", records, _GRPO)


def _solution(row: Row) -> Solution:
    options = {letter: plain_answer(text) for letter, text in options_in(row["question"]).items()}
    answer = row["answer"].rstrip(".")
    return Solution("choice", (row["width"], row["height"]), answer=answer, options=options)


PAIR_FORMS: Mapping[str, Callable[[Iterator[Row], Sink, str], int]] = {
    "trl": _trl,
    "grpo": _grpo,
    "sharegpt": _sharegpt,
    "swift": _swift,
    "llava": _llava,
    "jsonl": _jsonl,
}
"""Forms that have room for two pictures."""
