"""Records of LLaMA-Factory, with the table that names them and a run.

Source: LLaMA-Factory's documentation: sharegpt with ``dataset_info.json``.
"""

import json
from collections.abc import Sequence

from flows.dataset.formats import recipe
from flows.dataset.formats.form import Form, Rows
from flows.dataset.formats.sink import Sink, conversation


def _split(rows: Rows, sink: Sink, split: str) -> int:
    records = ({"conversations": conversation(row), "images": [sink.picture(row)]} for row in rows)
    return sink.json(f"{split}.json", records)


def _beside(sink: Sink, splits: Sequence[str]) -> None:
    entries = {
        f"iqa_spider_{split}": {
            "file_name": f"{split}.json",
            "formatting": "sharegpt",
            "columns": {"messages": "conversations", "images": "images"},
        }
        for split in splits
    }
    sink.text("dataset_info.json", json.dumps(entries, indent=1) + "\n")
    sink.text("sft.yaml", recipe.llama_factory("iqa_spider_train"))


FORMAT = Form(_split, _beside)
