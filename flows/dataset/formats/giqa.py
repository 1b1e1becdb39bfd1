"""Rows with boxes as Grounding-IQA's two tasks, and a bench of our own from the test split.

``des.json`` and ``vqa.json`` are LLaVA conversations, ``boxes.json`` the exact boxes of both;
``bench.json`` is what ``evaluate --giqa`` reads.
"""

from collections.abc import Iterator
from typing import Any

from annotators.language.grid import shares
from flows.dataset.formats.form import Form, Rows
from flows.dataset.formats.sink import Sink, conversation

DESCRIPTION = "giqa_description"


def _split(rows: Rows, sink: Sink, split: str) -> int:
    if split == "test":
        return sink.json("bench.json", (_bench(row, sink) for row in rows))
    kept: dict[str, list[dict[str, Any]]] = {"des.json": [], "vqa.json": []}
    boxes: list[dict[str, Any]] = []
    for row in rows:
        name = "des.json" if row["sub_task"] == DESCRIPTION else "vqa.json"
        kept[name].append(
            {
                "id": row["row_id"],
                "image": sink.picture(row),
                "conversations": conversation(row, "\n"),
            }
        )
        boxes.append({"id": row["row_id"], "boxes": list(_exact(row, ("question", "answer")))})
    for name, records in kept.items():
        sink.json(name, records)
    sink.json("boxes.json", boxes)
    return len(boxes)


def _bench(row: dict[str, Any], sink: Sink) -> dict[str, Any]:
    size = {"width": row["width"], "height": row["height"]}
    boxes = [
        {"tag": box["name"], "box": [round(s, 6) for s in shares(box["box"], *size.values())]}
        for box in row["boxes"]
        if box["part"] == "answer"
    ]
    return {
        "id": row["row_id"],
        "image": sink.picture(row),
        "kind": row["sub_task"].removeprefix("giqa_"),
        "question": row["question"],
        "answer": row["answer"],
        "boxes": boxes,
        **size,
    }


def _exact(row: dict[str, Any], parts: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    for box in row["boxes"]:
        if box["part"] in parts:
            yield {
                "part": box["part"],
                "name": box["name"],
                "box_xyxy_px": box["box"],
                "cells": box["cells"],
                "region_id": box["region_id"],
            }


FORMAT = Form(_split, tasks=("giqa",))
