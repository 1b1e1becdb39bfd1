"""Masks with one index a pixel (ADE20K, scene parsing, Pascal VOC) and tables of their names."""

import csv
import io
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image as Pil

from annotators.human import shapes
from annotators.human.marked import Found, MarkedPicture, Remark, clean, remark, tried
from flows.ingest.decode import DAMAGE
from flows.ingest.pillow import quiet
from flows.ingest.sources import leaves
from flows.store.inside import read_regular
from schemas.arrays import Mask
from schemas.errors import AnnotationError, ConfigError, reading

LEFT_OUT = frozenset((0, 255))
MODES = ("1", "L", "P", "I", "I;16", "I;16B")
MOST_INDICES = 1000
"""In one mask; a photograph taken for a mask has more."""


def index_masks(path: Path, table: Path | None) -> Iterator[Found]:
    """Each mask of a file or folder as a picture, each index as a region.

    Raises:
        ConfigError: The table cannot be read, or a folder holds no PNG.
    """
    names = _table(table)
    files = sorted(path.rglob("*.png")) if path.is_dir() else [path]
    if not files:
        raise ConfigError(f"{path}: no PNG in it")
    for file in files:
        outside = path.is_dir() and leaves(file, path.resolve())
        yield tried(file.name, partial(_mask_file, file, outside, names))


def _mask_file(file: Path, outside: bool, names: dict[int, str]) -> MarkedPicture:
    if outside:
        raise AnnotationError("unreadable", "a link that leaves its folder")
    index = _decoded(file)
    picture = MarkedPicture(clean(file.name), index.shape[1], index.shape[0])
    numbers = np.unique(index).tolist()
    if len(numbers) > MOST_INDICES:
        raise AnnotationError("bad_mask", f"{len(numbers)} indices, allowed {MOST_INDICES}")

    def region(number: int) -> tuple[Mask, list[Remark]]:
        return index == number, [remark("", names.get(number, f"index {number}"))]

    for number in numbers:
        if number in names or number not in LEFT_OUT:
            picture.add(f"{picture.name}: index {number}", partial(region, number))
    return picture


def _decoded(file: Path) -> np.ndarray:
    """The indices ``(height, width)``, of a palette not its colours."""
    try:
        data = read_regular(file)
        with quiet(), Pil.open(io.BytesIO(data), formats=("PNG",)) as picture:
            shapes.require_size(picture.height, picture.width)
            if picture.mode not in MODES:
                raise AnnotationError("bad_mask", f"{picture.mode}: not one index a pixel")
            return np.asarray(picture).astype(np.int32)
    except AnnotationError:
        raise
    except DAMAGE as error:
        detail = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise AnnotationError("bad_mask", f"not a readable PNG: {detail}") from None


def _table(table: Path | None) -> dict[int, str]:
    """Index to name, from lines ``INDEX NAME`` or the CSV that comes with scene parsing masks.

    Source: ADE20K's scene parsing benchmark, ``Idx,Ratio,Train,Val,Stuff,Name``; of several names
    that ``;`` parts, the first is taken.

    Raises:
        ConfigError: It is neither.
    """
    if table is None:
        return {}
    with reading(f"--table {table}"):
        lines = read_regular(table).decode("utf-8-sig").splitlines()
    rows = [line for line in lines if line.strip()]
    columns = rows[0].split(",") if rows else []
    if {"Idx", "Name"} <= set(columns):
        found = [(row["Idx"] or "", row["Name"] or "") for row in csv.DictReader(rows)]
        pairs = [(number.strip(), name.split(";")[0]) for number, name in found]
    else:
        pairs = [(first, name) for first, _, name in (row.strip().partition(" ") for row in rows)]
    if not all(number.isdecimal() and name.strip() for number, name in pairs):
        raise ConfigError(
            f"--table {table}: expected lines INDEX NAME, or columns Idx and Name of a CSV"
        )
    return {int(number): clean(name.strip()) for number, name in pairs}
