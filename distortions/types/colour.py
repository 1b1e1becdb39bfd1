"""Colour gone wrong: casts of a false white balance, colour that bleeds or slips off."""

from functools import lru_cache

import cv2
import numpy as np

from distortions.pixels.lookup import Table, look_up, table_of
from distortions.registry import distortion
from distortions.site import Site
from schemas.arrays import Image

# BT.601.
LUMA = (0.299, 0.587, 0.114)


@lru_cache(maxsize=64)
def _gain(factor: float) -> Table:
    return table_of(lambda level: level * factor)


def _balanced(image: Image, red: float, green: float, blue: float) -> Image:
    """Channels times their gains, which are divided by their luma so that grey keeps its light."""
    whole = sum(share * gain for share, gain in zip(LUMA, (red, green, blue), strict=True))
    return look_up(image, *(_gain(round(gain / whole, 9)) for gain in (red, green, blue)))


@distortion(
    "color_cast",
    ((0.08, 0.12), (0.14, 0.22), (0.2, 0.34), (0.28, 0.46), (0.36, 0.6)),
    visible_from=2,
    scope="picture",
    default=False,
)
def warm_cast(image: Image, red: float, blue: float, site: Site) -> Image:
    """Everything is tinged yellow and orange, white included, at the same brightness.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        red: Gain of red above 1.
        blue: Gain of blue below 1.
        site: Unused.

    Source: a white balance for bluer light than there was; levels are our own.
    """
    return _balanced(image, 1 + red, 1.0, 1 - blue)


@distortion(
    "color_cast",
    ((0.08, 0.12), (0.14, 0.24), (0.2, 0.38), (0.28, 0.54), (0.36, 0.7)),
    visible_from=2,
    scope="picture",
    default=False,
)
def cool_cast(image: Image, red: float, blue: float, site: Site) -> Image:
    """Everything is tinged blue, white included, at the same brightness.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        red: Gain of red below 1.
        blue: Gain of blue above 1.
        site: Unused.

    Source: a white balance for yellower light than there was; levels are our own.
    """
    return _balanced(image, 1 - red, 1.0, 1 + blue)


@distortion(
    "color_cast",
    (0.06, 0.1, 0.16, 0.22, 0.3),
    visible_from=2,
    scope="picture",
    default=False,
)
def green_cast(image: Image, green: float, site: Site) -> Image:
    """Everything is tinged green, white included, as under fluorescent lamps.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        green: Gain of green above 1; red and blue lose half as much.
        site: Unused.

    Source: a white balance off the line of daylight; levels are our own.
    """
    return _balanced(image, 1 - green / 2, 1 + green, 1 - green / 2)


def _planes(image: Image) -> Image:
    """Y, Cr and Cb, each ``(height, width)``."""
    planes = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2YCrCb)
    return np.asarray(planes, np.uint8)


def _joined(luma: Image, red: Image, blue: Image) -> Image:
    merged = cv2.merge([np.ascontiguousarray(plane) for plane in (luma, red, blue)])
    return np.asarray(cv2.cvtColor(merged, cv2.COLOR_YCrCb2RGB), np.uint8)


def _bleeding_reach(sigma: int) -> int:
    return 3 * sigma


@distortion(
    "chroma_bleeding",
    (3, 6, 10, 16, 24),
    halo=_bleeding_reach,
    domain="neighbourhood",
    default=False,
    kadid=4,
)
def chroma_bleeding(image: Image, sigma: int, site: Site) -> Image:
    """Colours run over the contours of things, light and shade stay sharp.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        sigma: Three means over ``2 * sigma + 1`` pixels make up the blur of both chroma planes,
            whose standard deviation is this and half a pixel.
        site: Unused.

    Source: KADID-10k (Lin et al. 2019), "colour diffusion"; levels are our own.
    """
    planes, side = _planes(image), (2 * sigma + 1, 2 * sigma + 1)
    soft = [np.ascontiguousarray(planes[..., k]) for k in (1, 2)]
    for _ in range(3):
        soft = [
            np.asarray(cv2.blur(plane, side, borderType=cv2.BORDER_REPLICATE)) for plane in soft
        ]
    return _joined(planes[..., 0], *(plane.reshape(image.shape[:2]) for plane in soft))


def _moved(plane: Image, right: int, down: int) -> Image:
    """A plane moved, its border repeated."""
    height, width = plane.shape
    rows = np.clip(np.arange(height) - down, 0, height - 1)
    columns = np.clip(np.arange(width) - right, 0, width - 1)
    return plane[rows][:, columns]


def _shift_reach(distance: int) -> int:
    return distance


@distortion(
    "chroma_bleeding",
    (3, 6, 10, 15, 22),
    halo=_shift_reach,
    domain="neighbourhood",
    default=False,
    kadid=5,
)
def chroma_shift(image: Image, distance: int, site: Site) -> Image:
    """Colours have slipped off the things they belong to, light and shade stay sharp.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        distance: How far the two chroma planes move to opposite sides, pixels, and half as far
            up and down.
        site: Unused.

    Source: KADID-10k (Lin et al. 2019), "colour shift"; levels are our own.
    """
    planes, down = _planes(image), distance // 2
    blue = _moved(planes[..., 2], distance, down)
    red = _moved(planes[..., 1], -distance, -down)
    return _joined(planes[..., 0], red, blue)
