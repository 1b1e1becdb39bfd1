"""Prompts with pictures and solutions, for TRL's ``GRPOTrainer`` and our rewards.

Each question whose answer can be counted is a row: boxes, the chain of a region, a choice, a point.
``reference`` is an answer that every reward gives 1. Free descriptions of a picture stay out.

Source: TRL's documentation of GRPO: ``prompt``, ``images`` and further columns for the rewards.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from flows.dataset.formats.embedded import IMAGES, STRING, TURNS, write_embedded
from flows.dataset.formats.form import Form, Rows
from flows.dataset.formats.sink import Sink
from flows.store.tables import IMAGE
from flows.training.rewards.solution import solved

_TEXTS = ("solution", "reference", "kind", "row_id", "task", "sub_task")
_COLUMNS = {"prompt": TURNS, **dict.fromkeys(_TEXTS, STRING)}
_SCRIPT = '''"""Fine-tune on this folder: python grpo.py MODEL OUT"""

import sys
from pathlib import Path

from datasets import load_dataset
from trl import GRPOConfig, GRPOTrainer

from flows.training.rewards import reward_funcs

file = Path(__file__).with_name("train.parquet")
GRPOTrainer(
    model=sys.argv[1],
    reward_funcs=reward_funcs(),  # or some of them by name: reward_funcs("boxes", "severity")
    args=GRPOConfig(output_dir=sys.argv[2], num_generations=8, max_completion_length=256),
    train_dataset=load_dataset("parquet", data_files=str(file), split="train"),
).train()
'''


def _split(rows: Rows, sink: Sink, split: str) -> int:
    return write_embedded(sink.out / f"{split}.parquet", _records(rows, sink.beyond), _COLUMNS)


def _records(rows: Rows, beyond: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    for row in rows:
        if (found := solved(row, beyond)) is None:
            continue
        prompt = f"{row['question']}\n{found.instruction}".rstrip("\n")
        yield {
            IMAGES: [row[IMAGE]],
            "prompt": [{"role": "user", "content": prompt}],
            "solution": found.solution.to_json(),
            "reference": found.reference,
            "kind": found.solution.kind,
            **{name: row[name] for name in ("row_id", "task", "sub_task")},
        }


def _beside(sink: Sink, splits: Sequence[str]) -> None:
    sink.text("grpo.py", _SCRIPT)


FORMAT = Form(_split, _beside)
