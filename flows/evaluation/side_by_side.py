"""Several models on the same questions: picture, truth, and each model's mask and point.

Source: figures 4, 12 and 13 of the paper, which show questions with the masks of several models.
"""

import io
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image as Pil
from PIL import ImageDraw, ImageFont

from flows.evaluation import grounding
from flows.evaluation.predictions import Prediction, Predictions
from flows.evaluation.truth import Bench
from flows.pointing.drawing import marked
from flows.store.layout import storage_errors
from schemas import masks
from schemas.arrays import Image, Mask
from schemas.errors import ConfigError
from schemas.records import Sample
from schemas.streams import Stream

PANEL, GAP, COLUMNS, ROWS = 260, 12, 5, 4
"""Width of a panel and space around it, pixels; panels beside each other, rows on a page."""
LINE, LARGE, SMALL = 18, 15, 13
GREY = (110, 110, 110)


class Panel(NamedTuple):
    """One picture of a strip, and what stands below it."""

    picture: Pil.Image
    title: str
    note: str


def draw_rows(
    bench: Bench, systems: Mapping[str, Predictions], count: int, seed: int, folder: Path
) -> list[Path]:
    """Draw grounding rows to ``page-1.png`` and so on.

    Args:
        bench: The rows, with their dataset.
        systems: Name to predictions, in the order of the panels.
        count: Rows; fewer where there are fewer.
        seed: Draws them, from as many pictures as can be.
        folder: Where pages go.

    Returns:
        The pages.

    Raises:
        ConfigError: There is no grounding row.
    """
    rows = chosen(bench, count, seed)
    if not rows:
        raise ConfigError("--side-by-side: no grounding rows in this split")
    pictures = bench.pictures({row.image_id for row in rows})
    strips = [_strip(row, _small(pictures[row.image_id]), systems) for row in rows]
    pages = []
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for number, page in enumerate(_pages(strips), 1):
            path = folder / f"page-{number}.png"
            page.save(path, "PNG")
            pages.append(path)
    return pages


def chosen(bench: Bench, count: int, seed: int) -> list[Sample]:
    """A keyed draw of grounding rows, in their order; another picture each, while there are any."""
    stream = Stream(seed, "side by side")
    pool = stream.shuffled([row for row in bench.samples if row.task == "grounding"])
    seen: dict[str, int] = {}
    turns = []
    for row in pool:  # the first row of every picture before the second of any
        turns.append(seen.setdefault(row.picture_id, 0))
        seen[row.picture_id] += 1
    order = sorted(range(len(pool)), key=lambda place: (turns[place], place))
    drawn = {pool[place].row_id for place in order[:count]}
    return [row for row in bench.samples if row.row_id in drawn]


def _small(data: bytes) -> Image:
    """A stored picture as wide as a panel; what is marked on it later stays crisp."""
    picture = Pil.open(io.BytesIO(data)).convert("RGB")
    height = max(1, round(picture.height * PANEL / picture.width))
    return np.asarray(picture.resize((PANEL, height), Pil.Resampling.LANCZOS))


def _mask(counts: str, row: Sample, image: Image) -> Mask:
    """A mask of the row's picture in the size of its small one."""
    full = masks.decode(counts, row.height, row.width).view(np.uint8)
    size = image.shape[1], image.shape[0]
    return cv2.resize(full, size, interpolation=cv2.INTER_NEAREST).astype(np.bool_)


def _strip(row: Sample, image: Image, systems: Mapping[str, Predictions]) -> Pil.Image:
    """A question with its panels."""
    truth = _mask(row.mask or "", row, image)
    panels = [
        Panel(marked(image), "picture", ""),
        Panel(marked(image, target=truth, mask=truth), "truth", row.answer),
    ]
    for name, predictions in systems.items():
        panels.append(_panel(name, row, image, predictions.get(row.row_id)))
    return _laid_out(row.question, panels)


def _panel(name: str, row: Sample, image: Image, said: Prediction | None) -> Panel:
    if said is None:
        return Panel(marked(image), name, "no prediction")
    truth = _mask(row.mask or "", row, image)
    scored = grounding.item(row, said)
    counts = said.mask
    if counts is None and said.status == "whole":
        counts = grounding.full(row.height, row.width)
    mask = _mask(counts, row, image) if counts is not None else None
    told = [f"IoU {scored.overlap.iou:.2f}"] if mask is not None else []
    if said.point is not None:
        told.append("point inside" if scored.hit else "point outside")
    title = f"{name}: {', '.join(told) or 'no mask, no point'}"
    scale = PANEL / row.width
    point = (said.point[0] * scale, said.point[1] * scale) if said.point else None
    return Panel(marked(image, point, mask, truth), title, said.answer)


def _laid_out(question: str, panels: Sequence[Panel]) -> Pil.Image:
    """Panels of one question below it, ``COLUMNS`` beside each other."""
    across = min(COLUMNS, len(panels))
    width = across * (PANEL + GAP) + GAP
    heads = textwrap.wrap(question, width // 8)
    lines = [panels[n : n + COLUMNS] for n in range(0, len(panels), COLUMNS)]
    drawn = [[_drawn(panel) for panel in line] for line in lines]
    tall = [max(picture.height for picture in line) for line in drawn]
    top = GAP + (LINE + 2) * len(heads)
    sheet = Pil.new("RGB", (width, top + sum(height + GAP for height in tall)), "white")
    draw = ImageDraw.Draw(sheet)
    for number, text in enumerate(heads):
        draw.text((GAP, GAP // 2 + (LINE + 2) * number), text, "black", _font(LARGE))
    y = top
    for line, height in zip(drawn, tall, strict=True):
        for column, picture in enumerate(line):
            sheet.paste(picture, (GAP + column * (PANEL + GAP), y))
        y += height + GAP
    return sheet


def _drawn(panel: Panel) -> Pil.Image:
    """A panel with its lines of text."""
    height = panel.picture.height
    titles = textwrap.wrap(panel.title, PANEL // 7)
    notes = textwrap.wrap(panel.note, PANEL // 6, max_lines=4, placeholder=" ...")
    sheet = Pil.new("RGB", (PANEL, height + 4 + LINE * (len(titles) + len(notes))), "white")
    sheet.paste(panel.picture, (0, 0))
    draw = ImageDraw.Draw(sheet)
    for number, text in enumerate([*titles, *notes]):
        colour = "black" if number < len(titles) else GREY
        draw.text((0, height + 3 + LINE * number), text, colour, _font(SMALL))
    return sheet


def _pages(strips: Sequence[Pil.Image]) -> Iterator[Pil.Image]:
    for start in range(0, len(strips), ROWS):
        part = strips[start : start + ROWS]
        width = max(strip.width for strip in part)
        page = Pil.new("RGB", (width, sum(strip.height for strip in part)), "white")
        y = 0
        for strip in part:
            page.paste(strip, (0, y))
            y += strip.height
        yield page


def _font(size: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    return ImageFont.load_default(size)
