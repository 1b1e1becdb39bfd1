"""Large pictures as arrays, strip by strip, so that no step holds several copies of them."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pil

from schemas.arrays import Image

PIXELS: Final = 1 << 20
"""Of a strip, about."""


def rgb_array(picture: Pil.Image) -> Image:
    """A picture of mode RGB as uint8 ``(height, width, 3)``."""
    found = np.empty((picture.height, picture.width, 3), np.uint8)
    for top, bottom in strips(picture.height, picture.width):
        found[top:bottom] = np.asarray(picture.crop((0, top, picture.width, bottom)))
    return found


def eight_bit_grey(picture: Pil.Image) -> NDArray[np.uint8]:
    """A grey picture of 16 bits as uint8 ``(height, width)``: ``value / 257``, rounded."""
    found = np.empty((picture.height, picture.width), np.uint8)
    for top, bottom in strips(picture.height, picture.width):
        found[top:bottom] = _scaled(np.asarray(picture.crop((0, top, picture.width, bottom))))
    return found


def eight_bit_colour(deep: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Colour of 16 bits as OpenCV gives it, ``(height, width, 3 or 4)``, as RGB or RGBA."""
    found = np.empty(deep.shape, np.uint8)
    order = [2, 1, 0, 3][: deep.shape[2]]
    for top, bottom in strips(*deep.shape[:2]):
        found[top:bottom] = _scaled(deep[top:bottom][..., order])
    return found


def strips(height: int, width: int) -> Iterator[tuple[int, int]]:
    """First and last row, the latter left out, of one strip after the other."""
    rows = max(1, PIXELS // max(1, width))
    for top in range(0, height, rows):
        yield top, min(height, top + rows)


def _scaled(deep: NDArray[np.generic]) -> NDArray[np.uint8]:
    return ((deep.astype(np.uint32) + 128) // 257).astype(np.uint8)
