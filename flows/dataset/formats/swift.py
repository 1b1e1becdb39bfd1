"""Records of ms-swift, with a command that trains on them.

Source: ms-swift's documentation: messages with ``<image>``.
"""

from collections.abc import Sequence

from flows.dataset.formats.form import Form, Rows
from flows.dataset.formats.sink import TAG, Sink

_COMMAND = (
    "#!/bin/sh\n# LoRA on the language model, vision tower and projector in full.\n"
    'cd "$(dirname "$0")" && exec swift sft --model "$1" --dataset train.jsonl '
    "--tuner_type lora_llm --vit_lr 1e-5 --aligner_lr 1e-5 --learning_rate 1e-4\n"
)


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
    sink.text("sft.sh", _COMMAND)


FORMAT = Form(_split, _beside)
