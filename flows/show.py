"""One row drawn for people: degraded picture, source beside it, mask, question, answer."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from flows.drawing import below, beside, cross, fitted, outline, paragraph
from flows.features import IMAGE
from flows.layout import DATA
from flows.png import decode_png
from schemas.arrays import Image
from schemas.errors import ConfigError
from schemas.masks import decode

PANEL = (640, 480)


def find_row(out: Path, row: str) -> dict[str, Any]:
    """A row by its id or its number (train files first).

    Raises:
        ConfigError: There is no such row.
    """
    start = 0
    files = sorted((out / DATA).glob("*.parquet"), key=lambda p: (p.name.startswith("test"), p))
    for file in files:
        ids = pq.read_table(file, columns=["row_id"])["row_id"].to_pylist()
        index = int(row) - start if row.isdigit() else (ids.index(row) if row in ids else -1)
        if 0 <= index < len(ids):
            found: dict[str, Any] = _read_row(pq.ParquetFile(file), index)
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
    panels = [fitted(_marked(image, row), *PANEL)]
    if source is not None:
        panels.append(fitted(source, *PANEL))
    top = beside(panels)
    return below([top, paragraph(_lines(row), top.shape[1])])


def _marked(image: Image, row: dict[str, Any]) -> Image:
    if row["mask"] is None:
        return image
    marked = outline(image, decode(row["mask"], row["height"], row["width"]))
    return cross(marked, *row["point"])


def _lines(row: dict[str, Any]) -> list[str]:
    chain = ", then ".join(f"{s['grade']} {s['family']} ({s['type']} {s['severity']})"
                           for s in row["chain"])  # fmt: skip
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
