"""Lookup tables and histograms: what tone and quantization types are made of."""

import math
from collections.abc import Callable
from functools import lru_cache

import cv2
import numpy as np
import stringzilla
from numpy.typing import NDArray

from distortions.kernels import Kernels
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
    rows = rows_of(image)
    out = np.empty_like(rows)
    if len(tables) == 1:
        # A vectorised byte translate; OpenCV's look-up goes byte by byte.
        flat = rows.reshape(-1).data
        stringzilla.translate(flat, tables[0].data, out=out.reshape(-1).data)
    else:
        _lookup.look_up(rows, *tables, out)
    return out.reshape(image.shape)


def histogram(image: Image, channel: int, domain: Mask | None) -> Counts:
    """Pixels per level of a channel inside the domain (everywhere when ``None``)."""
    mask = None if domain is None else domain.view(np.uint8)
    counts = cv2.calcHist([np.ascontiguousarray(image)], [channel], mask, [256], [0, 256])
    return np.asarray(counts).ravel().astype(np.int64)


def mean_level(counts: Counts) -> int:
    """Mean level of a histogram, rounded; 0 when it is empty."""
    total = int(counts.sum())
    return (2 * int(counts @ np.arange(256)) + total) // (2 * total) if total else 0


Indices = NDArray[np.int64]


def rows_of(image: Image) -> Image:
    """``image`` as ``(height, 3 * width)``, contiguous and read-only; copied only if need be.

    One layout and one mutability, so that numba compiles each kernel once.
    """
    height, width = image.shape[:2]
    rows = np.ascontiguousarray(image).reshape(height, 3 * width).view()
    rows.flags.writeable = False
    return rows


@lru_cache(maxsize=256)
def nearest(size: int, radius: int) -> Indices:
    """Sources of the positions ``-radius .. size + radius - 1``: the border pixel is repeated."""
    indices = np.clip(np.arange(-radius, size + radius), 0, size - 1)
    indices.flags.writeable = False
    return indices


@lru_cache(maxsize=256)
def mirrored(size: int, radius: int) -> Indices:
    """As ``nearest``, but reflected about the border pixel, which is not repeated."""
    period = max(2 * (size - 1), 1)
    folded = np.arange(-radius, size + radius) % period
    indices = np.minimum(folded, period - folded) if size > 1 else np.zeros_like(folded)
    indices.flags.writeable = False
    return indices
