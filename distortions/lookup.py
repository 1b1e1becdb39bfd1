"""Lookup tables and histograms: what tone and quantization types are made of."""

import math
from collections.abc import Callable
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from distortions.buffers import rows_of
from distortions.compiled import Kernels
from schemas.arrays import Image, Mask

_lookup = Kernels("lookup")

Table = NDArray[np.uint8]
Counts = NDArray[np.int64]


def table_of(curve: Callable[[int], float]) -> Table:
    """A read-only table of ``curve`` over the 256 levels, rounded half up and clipped."""
    # Nine decimals first, so that the last bit of a mathematics library decides nothing.
    values = [math.floor(round(curve(level), 9) + 0.5) for level in range(256)]
    table = np.clip(values, 0, 255).astype(np.uint8)
    table.flags.writeable = False
    return table


def look_up(image: Image, *tables: Table) -> Image:
    """One table for all channels, or one for each."""
    if len(tables) == 1:
        return np.asarray(cv2.LUT(image, tables[0]), np.uint8)
    rows = rows_of(image)
    out = np.empty_like(rows)
    _lookup.look_up(rows, *tables, out)
    return out.reshape(image.shape)


# Below this many values the table of pairs is not worth its place in the cache.
_MANY = 1 << 17


def look_up_fixed(image: Image, table: Table) -> Image:
    """As ``look_up`` with one table, for tables that are used again and again."""
    flat = rows_of(image).reshape(-1)
    if flat.size < _MANY or flat.size % 2:
        return look_up(image, table)
    out = np.empty_like(flat)
    pairs = _pairs(table.tobytes())
    _lookup.look_up_pairs(flat.view(np.uint16), pairs, out.view(np.uint16))
    return out.reshape(image.shape)


@lru_cache(maxsize=32)
def _pairs(table: bytes) -> NDArray[np.uint16]:
    """All pairs of levels, mapped; low and high byte each through the table."""
    single = np.frombuffer(table, np.uint8).astype(np.uint16)
    joined = (single[None, :] | (single[:, None] << 8)).reshape(-1).astype(np.uint16)
    joined.flags.writeable = False
    return joined


def histogram(image: Image, channel: int, domain: Mask | None) -> Counts:
    """Pixels per level of a channel inside the domain (everywhere when ``None``)."""
    mask = None if domain is None else domain.view(np.uint8)
    counts = cv2.calcHist([np.ascontiguousarray(image)], [channel], mask, [256], [0, 256])
    return np.asarray(counts).ravel().astype(np.int64)


def mean_level(counts: Counts) -> int:
    """Mean level of a histogram, rounded; 0 when it is empty."""
    total = int(counts.sum())
    return (2 * int(counts @ np.arange(256)) + total) // (2 * total) if total else 0
