"""Records of ms-swift, with a command that trains on them.

Source: ms-swift's documentation: messages with ``<image>``.
"""

from collections.abc import Sequence

from flows.dataset.formats import recipe
from flows.dataset.formats.form import Form, Rows
from flows.dataset.formats.sink import TAG, Sink


def _split(rows: Rows, sink: Sink, split: str) -> int:
    records = (
        {
            "messages": [
                {"role": "user", "content": TAG + row["question"]},
                {"role": "assistant", "content": row["answer"]},
            ],
            "images": [sink.picture(row)],
        }
        for row in rows
    )
    return sink.lines(f"{split}.jsonl", records)


def _beside(sink: Sink, splits: Sequence[str]) -> None:
    sink.text("sft.sh", recipe.swift("train.jsonl"))


FORMAT = Form(_split, _beside)
