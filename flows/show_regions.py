"""Regions drawn over their picture: of a dataset's row, or of a picture of a region stage."""

import colorsys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow.parquet as pq
from PIL import Image as Pil
from PIL import ImageDraw, ImageFont

from flows.drawing import PAPER, below, fitted, outline, paragraph
from flows.layout import RECORDS
from flows.show import find_row
from flows.stage import STAGE
from flows.stored import StoredRegions
from flows.tools import fixed_names
from schemas.arrays import Image, Mask
from schemas.errors import ConfigError
from schemas.masks import decode, pole
from schemas.records import Picture, Region

REGION_PANEL = (1024, 768)
WASH = 0.4


class Drawn(NamedTuple):
    """A mask and what is written on it."""

    mask: Mask
    label: str


def draw_regions(image: Image, regions: Sequence[Drawn], title: str) -> Image:
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
    named = _named(out, ordered)
    return below([fitted(named, *REGION_PANEL), paragraph([title], REGION_PANEL[0])])


def _colour(number: int) -> tuple[int, int, int]:
    """Neighbouring numbers get hues far apart (steps of the golden ratio)."""
    red, green, blue = colorsys.hsv_to_rgb(number * 0.618034 % 1.0, 0.75, 1.0)
    return round(255 * red), round(255 * green), round(255 * blue)


def _named(image: Image, regions: Sequence[Drawn]) -> Image:
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
        pictures = Picture.from_table(pq.read_table(file))
        for index, picture in enumerate(pictures, start):
            if picture.picture_id == wanted or (staged and number == str(index)):
                return picture
        start += len(pictures)
    raise ConfigError(f"{folder}: no picture {number!r}; there are {start}, numbered from 0")


def regions_of(folder: Path, picture: Picture, image: Image, staged: bool) -> list[Drawn]:
    """Eligible regions of a dataset's picture, or all proposals of a stage's."""
    if staged:
        stored = StoredRegions(folder / STAGE, fixed_names("stored"), {})
        proposals = stored.propose(image, picture, [])
        return [Drawn(p.mask, p.label) for p in proposals if p.mask.any()]
    found = []
    for file in sorted((folder / RECORDS).glob("regions-*.parquet")):
        table = pq.read_table(file, filters=[("picture_id", "=", picture.picture_id)])
        found += Region.from_table(table)
    return [Drawn(decode(r.mask, *image.shape[:2]), r.label) for r in found]
