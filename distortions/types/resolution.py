"""Loss of resolution in blocks."""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from distortions.kernels import Kernels
from distortions.pixels.lookup import rows_of
from distortions.registry import distortion
from distortions.site import Site
from schemas.arrays import Image

_resolution = Kernels("resolution")

Spans = NDArray[np.int64]


@lru_cache(maxsize=128)
def _spans(size: int, scale: float) -> Spans:
    """First line and the one after the last of every line's block, lines of a whole picture.

    A line belongs to the block its middle lies in. Where that ties with a border the choice is
    the reference's, which hangs on float rounding: hence a running sum and not a product.
    """
    blocks = max(1, int(size * scale))
    step = size / blocks
    middle = (np.arange(blocks) + 0.5) * step
    first = (middle - 0.5 * step + 0.5).astype(np.int64)
    stop = np.minimum((middle + 0.5 * step + 0.5).astype(np.int64), size)
    first += (first - middle + 0.5) * (1.0 / step) <= -0.5
    stop -= (stop - 1 - middle + 0.5) * (1.0 / step) > 0.5
    steps = np.full(size, blocks / size)
    steps[0] *= 0.5
    block = np.minimum(np.cumsum(steps).astype(np.int64), blocks - 1)
    spans = np.stack([first[block], stop[block]], axis=1)
    spans.flags.writeable = False
    return spans


def _spans_within(size: int, scale: float, first: int, count: int) -> Spans:
    """Spans of ``count`` lines from picture line ``first`` on, in crop lines, none empty."""
    spans = _spans(size, scale)[first : first + count] - first
    low = np.clip(spans[:, 0], 0, count - 1)
    return np.stack([low, np.clip(spans[:, 1], low + 1, count)], axis=1)


def _block_reach(scale: float) -> int:
    """A picture of just under ``2 / scale`` pixels is a single block."""
    return math.ceil(2 / scale) - 1


@distortion(
    "pixelate",
    (0.5, 0.4, 0.3, 0.25, 0.2),
    halo=_block_reach,
    domain="neighbourhood",
    dq495k="pixelate",
    kadid=21,
    panda="pixelate",
)
def pixelate(image: Image, scale: float, site: Site) -> Image:
    """Coarse squares of one colour each stand in for detail.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        scale: Size of the reduced picture, share of the original, at least one pixel.
        site: Place in the picture: blocks are counted from the picture's corner.

    Departure: a picture too small for one reduced pixel becomes one block; the reference raises.
    Departure: block means are rounded once, the reference rounds per axis.

    Source: DQ-495K ``pixelate`` (Pillow BOX down, NEAREST up).
    """
    rows = rows_of(image)
    out = np.empty_like(rows)
    height, width = image.shape[:2]
    down = _spans_within(site.height, scale, site.y, height)
    across = _spans_within(site.width, scale, site.x, width)
    _resolution.pixelate(rows, down, across, out)
    return out.reshape(image.shape)
