"""One row drawn for people: degraded picture, source beside it, mask, question, answer."""

import colorsys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq
from PIL import Image as Pil
from PIL import ImageDraw, ImageFont

from flows.dataset.drawing import (
    PAPER,
    below,
    beside,
    cross,
    named,
    outline,
    paragraph,
    shrunk,
)
from flows.regions.stored import STAGE, StoredRegions
from flows.store.layout import RECORDS, data_files
from flows.store.place import readable
from flows.store.png import decode_png
from flows.store.tables import IMAGE
from schemas.arrays import Image, Mask
from schemas.errors import ConfigError
from schemas.masks import decode, pole
from schemas.records import Picture, Region

PANEL = (480, 480)


def find_row(out: Path, row: str) -> dict[str, Any]:
    """A row by its id or its number (train files first).

    Raises:
        ConfigError: There is no such row.
    """
    start = 0
    for file in data_files(out):
        ids = pq.read_table(readable(file), columns=["row_id"])["row_id"].to_pylist()
        index = int(row) - start if row.isdigit() else (ids.index(row) if row in ids else -1)
        if 0 <= index < len(ids):
            found: dict[str, Any] = _read_row(pq.ParquetFile(readable(file)), index)
            return found
        start += len(ids)
    raise ConfigError(f"{out}: no row {row!r}; there are {start}, numbered from 0")


def _read_row(file: pq.ParquetFile, index: int) -> Any:
    for group in range(file.num_row_groups):
        rows = file.metadata.row_group(group).num_rows
        if index < rows:
            return file.read_row_group(group).slice(index, 1).to_pylist()[0]
        index -= rows
    return None


def draw_row(row: dict[str, Any], source: Image | None = None) -> Image:
    """The row as one picture.

    Args:
        row: As stored.
        source: The pristine picture, when it is at hand.
    """
    image = decode_png(row[IMAGE]["bytes"])
    panels = {"degraded": image}
    if row["mask"] is not None:
        panels["degraded, the region marked"] = _marked(image, row)
    if source is not None:
        panels["pristine"] = source
    top = beside([named(name, shrunk(panel, *PANEL)) for name, panel in panels.items()])
    return below([top, paragraph(_lines(row), top.shape[1])])


def _marked(image: Image, row: dict[str, Any]) -> Image:
    marked = outline(image, decode(row["mask"], row["height"], row["width"]))
    return cross(marked, *row["point"])


def _lines(row: dict[str, Any]) -> list[str]:
    chain = ", then ".join(
        f"{s['grade']} {s['family']} ({s['type']} {s['severity']})" for s in row["chain"]
    )
    kind = " / ".join(filter(None, [row["task"], row["sub_task"], row["form"]]))
    return [
        f"{row['row_id']}   [{kind}]   {row['split']}",
        f"Q: {row['question']}",
        f"A: {row['answer']}",
        f"region: {row['reference'] or 'none'}   chain: {chain or 'none'}",
    ]


def draw(out: Path, row: str, load_source: Callable[[str, str], Image | None]) -> Image:
    """Find a row and draw it; ``load_source(source, path)`` gives the pristine picture or None."""
    found = find_row(out, row)
    source = load_source(found["source"], found["source_path"])
    if source is not None and source.shape[:2] != (found["height"], found["width"]):
        source = None
    return np.ascontiguousarray(draw_row(found, source))


REGION_PANEL = (1024, 768)
WASH = 0.4


class Outlined(NamedTuple):
    """A mask and what is written on it."""

    mask: Mask
    label: str


def draw_regions(image: Image, regions: Sequence[Outlined], title: str) -> Image:
    """The picture with every region washed in a colour of its own and named.

    Args:
        image: uint8 ``(height, width, 3)``.
        regions: Masks of its size; larger ones are drawn first.
        title: Written below, with the number of regions.
    """
    out = image.copy()
    ordered = sorted(regions, key=lambda region: -int(np.count_nonzero(region.mask)))
    colours = [_colour(number) for number in range(len(ordered))]
    for (mask, _), colour in zip(ordered, colours, strict=True):
        washed = out[mask] * (1 - WASH) + np.asarray(colour) * WASH
        out[mask] = washed.astype(np.uint8)
        out = outline(out, mask, colour)
    labelled = shrunk(_named(out, ordered), *REGION_PANEL)
    return below([labelled, paragraph([title], labelled.shape[1])])


def _colour(number: int) -> tuple[int, int, int]:
    """Neighbouring numbers get hues far apart (steps of the golden ratio)."""
    red, green, blue = colorsys.hsv_to_rgb(number * 0.618034 % 1.0, 0.75, 1.0)
    return round(255 * red), round(255 * green), round(255 * blue)


def _named(image: Image, regions: Sequence[Outlined]) -> Image:
    page = Pil.fromarray(image)
    draw, size = ImageDraw.Draw(page), max(11, min(image.shape[:2]) // 32)
    font = ImageFont.load_default(size=size)
    for mask, label in regions:
        if label:
            x, y = pole(mask)
            half = draw.textlength(label, font=font) / 2 + 4
            x = min(max(x, half), max(image.shape[1] - half, half))
            box = draw.textbbox((x, y), label, font=font, anchor="mm")
            draw.rectangle((box[0] - 3, box[1] - 2, box[2] + 3, box[3] + 2), fill=(20, 20, 20))
            draw.text((x, y), label, fill=PAPER, font=font, anchor="mm")
    return np.ascontiguousarray(np.asarray(page))


def picture_of(folder: Path, number: str, staged: bool) -> Picture:
    """The picture of a row (by id or number), or of a stage by number or picture id.

    Raises:
        ConfigError: There is no such row or picture.
    """
    if not staged:
        wanted, root = find_row(folder, number)["picture_id"], folder / RECORDS
    else:
        wanted, root = number, folder / STAGE
    start = 0
    for file in sorted(root.glob("pictures-*.parquet")):
        pictures = Picture.from_table(pq.read_table(readable(file)))
        for index, picture in enumerate(pictures, start):
            if picture.picture_id == wanted or (staged and number == str(index)):
                return picture
        start += len(pictures)
    raise ConfigError(f"{folder}: no picture {number!r}; there are {start}, numbered from 0")


def regions_of(folder: Path, picture: Picture, image: Image, staged: bool) -> list[Outlined]:
    """Eligible regions of a dataset's picture, or all proposals of a stage's."""
    if staged:
        stored = StoredRegions(folder / STAGE, "stored", {})
        proposals = stored.propose([image], [picture])[0].regions
        return [Outlined(p.mask, p.label) for p in proposals if p.mask.any()]
    found = []
    for file in sorted((folder / RECORDS).glob("regions-*.parquet")):
        table = pq.read_table(readable(file), filters=[("picture_id", "=", picture.picture_id)])
        found += Region.from_table(table)
    return [Outlined(decode(r.mask, *image.shape[:2]), r.label) for r in found]
