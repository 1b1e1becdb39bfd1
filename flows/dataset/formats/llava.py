"""Conversations of LLaVA and what follows it (Qwen-VL, Phi).

Source: LLaVA's documentation of custom data: ``<image>`` and a newline in the first turn.
"""

from collections.abc import Sequence

from flows.dataset.formats import recipe
from flows.dataset.formats.form import Form, Rows
from flows.dataset.formats.sink import Sink, conversation


def _split(rows: Rows, sink: Sink, split: str) -> int:
    records = (
        {
            "id": row["row_id"],
            "image": sink.picture(row),
            "conversations": conversation(row, "\n"),
        }
        for row in rows
    )
    return sink.json(f"{split}.json", records)


def _beside(sink: Sink, splits: Sequence[str]) -> None:
    sink.text("sft.sh", recipe.llava())


FORMAT = Form(_split, _beside)
