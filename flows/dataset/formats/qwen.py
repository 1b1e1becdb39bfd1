"""Grounding as Qwen-VL answers it: the region's box as JSON, and a point in it.

``qwen25vl`` counts pixels of the picture as the model resizes it, ``qwen3vl`` thousandths of each
side. Each question about a region is asked twice, once for its box and once for a point; where the
region is the whole picture, only for its box.

Source: Qwen2.5-VL's and Qwen3-VL's notebooks on spatial understanding (``bbox_2d``, ``point_2d``);
LLaVA-like conversations, which ms-swift and Qwen's own trainer read.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from annotators.language.notation import resized
from annotators.language.positions import WHOLE_IMAGE
from flows.dataset.formats import recipe
from flows.dataset.formats.form import Form, Rows
from flows.dataset.formats.sink import TAG, Sink

Scale = Callable[[int, int], tuple[int, int]]
"""Width and height of a picture to those that its coordinates are counted in."""
BOX = "Give its bounding box in JSON format."
POINT = "Give a point in it in JSON format."


def _split(scale: Scale, rows: Rows, sink: Sink, split: str) -> int:
    return sink.json(f"{split}.json", _records(rows, sink, scale))


def _records(rows: Rows, sink: Sink, scale: Scale) -> Iterator[dict[str, Any]]:
    for row in rows:
        if row["box"] is None:
            continue
        width, height = scale(row["width"], row["height"])
        across, down = width / row["width"], height / row["height"]
        x0, y0, x1, y1 = row["box"]
        box = [round(x0 * across), round(y0 * down), round(x1 * across), round(y1 * down)]
        picture = sink.picture(row)
        yield _record(row, picture, BOX, {"bbox_2d": box})
        if row["point"] is not None and row["spatial_answer"] != WHOLE_IMAGE:
            x, y = row["point"]
            yield _record(row, picture, POINT, {"point_2d": [round(x * across), round(y * down)]})


def _record(
    row: dict[str, Any], picture: str, wish: str, place: dict[str, list[int]]
) -> dict[str, Any]:
    said = json.dumps([{**place, "label": row["reference"]}], ensure_ascii=False)
    kind = next(iter(place))
    return {
        "id": f"{row['row_id']}/{kind}",
        "image": picture,
        "conversations": [
            {"from": "human", "value": f"{TAG}\n{row['question']} {wish}"},
            {"from": "gpt", "value": said},
        ],
    }


def _thousandths(_: int, __: int) -> tuple[int, int]:
    return 1000, 1000


def _resized(width: int, height: int) -> tuple[int, int]:
    return resized((width, height))


def _beside(sink: Sink, splits: Sequence[str]) -> None:
    sink.text("sft.sh", recipe.swift("train.json"))


QWEN25VL = Form(partial(_split, _resized), _beside, tasks=("grounding",))
QWEN3VL = Form(partial(_split, _thousandths), _beside, tasks=("grounding",))
