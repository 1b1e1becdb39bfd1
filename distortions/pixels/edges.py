"""Smoothing that keeps edges."""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from distortions.kernels import Kernels
from distortions.pixels.lookup import Table, rows_of
from schemas.arrays import Image

_smooth = Kernels("further.smooth")


@lru_cache(maxsize=16)
def _near(sigma: float, radius: int) -> NDArray[np.float32]:
    """Half of a Gaussian, centre first, read-only."""
    half = [round(math.exp(-0.5 * (i / sigma) ** 2), 6) for i in range(radius + 1)]
    out = np.array(half, np.float32)
    out.flags.writeable = False
    return out


def edge_kept(
    image: Image, range_: float, space: float, radius: int, passes: int, table: Table
) -> Image:
    """A bilateral filter along columns, then along rows, and a table at the end.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        range_: Standard deviation of the weight of likeness, sum of three channels' levels. The
            weight is ``(1 - d² / (2 range)²)²``, which has the Gaussian's curvature and an end.
        space: Standard deviation of the weight of nearness, pixels.
        radius: Half the side of the window, pixels; the whole looks ``passes`` times as far.
        passes: How often.
        table: What becomes of every level.

    Source: Tomasi and Manduchi 1998; along one axis after the other as Pham and van Vliet 2005.
    """
    rows = rows_of(image)
    picture = np.empty((image.shape[0], 3, image.shape[1]), np.float32)
    _smooth.apart_into(rows, picture)
    for _ in range(passes):
        _smooth.keep_edges(picture, _near(space, radius), 2 * range_)
    out = np.empty_like(rows)
    _smooth.together(picture, table, out)
    return out.reshape(image.shape)
