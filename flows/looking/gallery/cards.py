"""Rows as a page shows them: pictures small, masks as outlines, chains in words."""

import base64
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import cv2
import numpy as np

from flows.looking.gallery.index import RowIndex
from flows.store.png import decode_png
from schemas.arrays import Image
from schemas.masks import decode

THUMB = 512
"""Longest side of a thumbnail, pixels."""
QUALITY = 82
"""Of its JPEG."""

LoadSource = Callable[[str, str], Image | None]


class StepLine(NamedTuple):
    """One step of a chain in words.

    Args:
        words: Grade and family, as an answer would say it.
        level: Type and level.
        damage: Visible damage it does, 0 to 3.6; ``None`` for what a person named.
    """

    words: str
    level: str
    damage: float | None


class CardRow(NamedTuple):
    """A question with everything beside it.

    Args:
        number: In the dataset, as ``show`` counts.
        record: The stored row.
        kind: Task, sub-task and form.
        steps: Its region's chain.
        damage: Of the whole chain; ``None`` where nothing was measured.
        outline: Its region as an SVG path in pixels of the picture; empty without a region.
        facets: Of its entry in the index.
    """

    number: int
    record: dict[str, Any]
    kind: str
    steps: list[StepLine]
    damage: float | None
    outline: str
    facets: tuple[tuple[str, ...], ...]


class Card(NamedTuple):
    """A degraded picture with its questions.

    Args:
        rows: At least one.
        after: Address of the degraded picture.
        before: Address of its source; empty where it is not at hand.
    """

    rows: list[CardRow]
    after: str
    before: str

    @property
    def record(self) -> dict[str, Any]:
        """What all rows share."""
        return self.rows[0].record


def small_cards(index: RowIndex, pictures: Sequence[list[int]], load: LoadSource) -> Iterator[Card]:
    """Cards whose pictures travel with them, as small JPEGs.

    Args:
        index: The dataset.
        pictures: Row numbers of each picture.
        load: (source, path) to the pristine picture.
    """
    images = index.images([picture[0] for picture in pictures])
    rows = card_rows(index, pictures)
    for found, stored in zip(rows, images, strict=True):
        image, record = decode_png(stored), found[0].record
        source = load(record["source"], record["source_path"])
        same = source is not None and source.shape == image.shape
        yield Card(found, data_uri(image), data_uri(source) if same and source is not None else "")


def card_rows(index: RowIndex, pictures: Sequence[list[int]]) -> Iterator[list[CardRow]]:
    """The rows of each picture."""
    records = index.records([number for picture in pictures for number in picture])
    for picture in pictures:
        yield [_row(number, next(records), index) for number in picture]


def _row(number: int, record: dict[str, Any], index: RowIndex) -> CardRow:
    kind = " / ".join(filter(None, [record["task"], record["sub_task"], record["form"]]))
    steps = [
        StepLine(
            " ".join(filter(None, [step["grade"], step["family"].replace("_", " ")])),
            f"{step['type']} {step['severity']}" if step["severity"] else step["type"],
            step["damage"],
        )
        for step in record["chain"]
    ]
    scores = record["scores"]
    outline = svg_path(record["mask"], record["height"], record["width"]) if record["mask"] else ""
    damage = scores["damage"] if scores else None
    return CardRow(
        number, record, kind.replace("_", " "), steps, damage, outline, index.entries[number].facets
    )


@lru_cache(1024)
def svg_path(counts: str, height: int, width: int) -> str:
    """A mask's edges as an SVG path, holes included, as exact as a thumbnail can show.

    Args:
        counts: COCO compressed run lengths.
        height: Of the picture, pixels.
        width: Of the picture, pixels.
    """
    mask = decode(counts, height, width).view(np.uint8)
    found, _ = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    slack = max(height, width) / THUMB
    lines = [cv2.approxPolyDP(line, slack, True)[:, 0] for line in found]
    return "".join(
        "M" + "L".join(f"{x} {y}" for x, y in line) + "Z" for line in lines if len(line) > 2
    )


def data_uri(image: Image, side: int = THUMB) -> str:
    """A small JPEG as the address of itself.

    Args:
        image: uint8 RGB ``(height, width, 3)``.
        side: Longest side at most, pixels.
    """
    return "data:image/jpeg;base64," + base64.b64encode(small_jpeg(image, side)).decode()


def small_jpeg(image: Image, side: int = THUMB) -> bytes:
    """The picture as a JPEG whose longest side is at most ``side`` pixels."""
    scale = side / max(image.shape[:2])
    small = image
    if scale < 1:
        small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    bgr = cv2.cvtColor(small, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return data.tobytes()
