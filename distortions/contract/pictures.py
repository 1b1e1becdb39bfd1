"""Small made-up pictures on which types are tried: one ordinary, and the odd ones."""

from collections.abc import Iterator

import cv2
import numpy as np

from schemas.arrays import Image, Mask


def sample_picture(height: int = 150, width: int = 200) -> Image:
    """A picture with everything a photograph has: gradient, edges, texture, colour, flat parts."""
    y, x = np.mgrid[:height, :width].astype(np.int64)
    image = np.stack([x * 200 // width + 20, y * 180 // height + 40, (x + y) % 120 + 60], axis=2)
    image[height // 3 : height // 2, width // 4 : width // 2] = (200, 60, 40)
    disk = (x - 3 * width // 4) ** 2 + (y - height // 2) ** 2 < (height // 4) ** 2
    texture = (x * 7919 + y * 104729 + x * y * 31) % 97
    image[disk] = np.stack([texture + 80, 2 * texture, 200 - texture], axis=2)[disk]
    image[:, : width // 10] = 128
    return np.ascontiguousarray(image.astype(np.uint8))


def edge_pictures() -> Iterator[tuple[str, Image]]:
    """Pictures that break careless code: tiny, flat, black, white, two-valued, a view."""
    yield "one pixel", np.full((1, 1, 3), 77, np.uint8)
    yield "one row", np.arange(60, dtype=np.uint8).reshape(1, 20, 3)
    yield "flat", np.full((40, 50, 3), (90, 120, 150), np.uint8)
    yield "black", np.zeros((40, 50, 3), np.uint8)
    yield "white", np.full((40, 50, 3), 255, np.uint8)
    two = np.zeros((40, 50, 3), np.uint8)
    two[:, 25:] = 255
    yield "two-valued", two
    yield "not contiguous", sample_picture(80, 90)[::2, ::-1]


def sample_masks(height: int, width: int) -> Iterator[Mask]:
    """A blob in the middle, one at a corner, a thin strip, and scattered pixels."""
    blob = np.zeros((height, width), np.uint8)
    cv2.ellipse(blob, (width // 2, height // 2), (width // 5, height // 4), 20, 0, 360, 1, -1)
    yield blob.astype(np.bool_)
    corner = np.zeros((height, width), np.bool_)
    corner[-height // 3 :, -width // 4 - 3 :] = True
    yield corner
    strip = np.zeros((height, width), np.bool_)
    strip[height // 2 : height // 2 + 5, 7:-11] = True
    yield strip
    y, x = np.mgrid[:height, :width]
    yield (x * 37 + y * 101) % 53 == 0
