"""What lenses do to light: colours apart, fringes, dark corners, glare."""

import math
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from distortions.kernels import Kernels
from distortions.pixels.lookup import Table, look_up, rows_of, table_of
from distortions.registry import distortion
from distortions.site import Site
from schemas.arrays import Image
from schemas.boxes import Box

_gather = Kernels("further.gather")
_light = Kernels("further.light")

Places = NDArray[np.int64]
FULL = 1 << 16
# Half the diagonal of a picture of 1024 x 768 pixels, in which the shift is given.
HALF_DIAGONAL = 640
HIGHLIGHTS = (140, 220)
PURPLE = (80, -24, 120)


def _scaled(size: int, zoom: float, first: int, stop: int) -> Places:
    """Where the lines ``first`` .. ``stop - 1`` of an axis lie that is enlarged about its middle.

    Returns:
        int64 ``(lines, 3)``: the line before, the line after, the fraction between in 1/256.
    """
    middle = (size - 1) / 2
    place = middle + (np.arange(first, stop) - middle) / zoom
    steps = np.floor(np.round(256 * place, 6) + 0.5).astype(np.int64)
    steps = np.clip(steps, 0, 256 * (size - 1))
    before = steps >> 8
    return np.stack([before, np.minimum(before + 1, size - 1), steps & 255], axis=1)


@distortion(
    "chromatic_aberration",
    (2.0, 3.5, 5.5, 8.0, 12.0),
    halo=None,
    domain="neighbourhood",
    default=False,
)
def lateral_chromatic(image: Image, shift: float, site: Site) -> Image:
    """Edges carry red on one side and blue on the other, more so towards the corners.

    Args:
        image: The whole picture, uint8 ``(height, width, 3)``.
        shift: How far red moves out and blue moves in at the corner of a picture of 1024 x 768
            pixels; in another one it goes with its size.
        site: Says which window is needed; the rest is returned as it was.

    Source: lateral chromatic aberration as a difference of magnification; levels are our own.
    """
    window = site.window or Box(0, 0, image.shape[1], image.shape[0])
    rows = rows_of(image)
    part = np.array(image[window.slices]).reshape(window.height, 3 * window.width)
    for channel, sign in ((0, 1), (2, -1)):
        zoom = 1 + sign * shift / HALF_DIAGONAL
        down = _scaled(site.height, zoom, window.y0, window.y1)
        across = _scaled(site.width, zoom, window.x0, window.x1)
        _gather.bilinear(rows, channel, 3, down, across, part)
    out = image.copy()
    out[window.slices] = part.reshape(window.height, window.width, 3)
    return out


def _fringe_reach(radius: int, strength: float) -> int:
    return radius


@lru_cache(maxsize=1)
def _highlights() -> Table:
    """How much of a highlight a luma is: none up to the first, wholly from the second on."""
    low, high = HIGHLIGHTS
    return table_of(lambda level: 255 * (level - low) / (high - low))


@distortion(
    "chromatic_aberration",
    ((2, 0.5), (3, 0.6), (4, 0.7), (6, 0.85), (8, 1.0)),
    halo=_fringe_reach,
    domain="neighbourhood",
    default=False,
)
def axial_fringing(image: Image, radius: int, strength: float, site: Site) -> Image:
    """Purple fringes glow on the dark side of edges against very bright parts.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        radius: How far a fringe reaches, pixels.
        strength: How purple it is at most, share.
        site: Unused.

    Source: our own, after the purple fringes of fast lenses; a picture without highlights beside
    something darker stays as it is.
    """
    luma = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY)
    luma = np.asarray(luma, np.uint8).reshape(image.shape[:2])
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    border = cv2.BORDER_REPLICATE
    peak = np.asarray(cv2.dilate(luma, disc, borderType=border), np.uint8)
    side = (2 * radius + 1, 2 * radius + 1)
    near = np.asarray(cv2.blur(cv2.LUT(luma, _highlights()), side, borderType=border), np.uint8)
    rows = rows_of(image)
    out = np.empty_like(rows)
    shape = image.shape[:2]
    tint = np.rint(strength * np.array(PURPLE)).astype(np.int64)
    _light.fringe(rows, luma, peak.reshape(shape), near.reshape(shape), tint, out)
    return out.reshape(image.shape)


@lru_cache(maxsize=64)
def _from_middle(size: int, other: int, strength: float) -> NDArray[np.float64]:
    """Share of ``strength * r²`` that an axis brings, r being 1 at the corner of the picture."""
    middle = (size - 1) / 2
    corner = max(middle**2 + ((other - 1) / 2) ** 2, 0.5)
    out = np.round(strength * (np.arange(size) - middle) ** 2 / corner, 12)
    out.flags.writeable = False
    return out


@distortion(
    "vignetting",
    (0.25, 0.5, 0.85, 1.3, 2.0),
    visible_from=2,
    scope="picture",
    default=False,
)
def vignetting(image: Image, strength: float, site: Site) -> Image:
    """The corners of the picture sink into darkness while its middle stays as it was.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        strength: Light falls to ``1 / (1 + strength)²`` at the corner.
        site: Place in the picture.

    Source: close to the cos⁴ law of natural vignetting; levels are our own.
    """
    rows = rows_of(image)
    height, width = image.shape[:2]
    down = _from_middle(site.height, site.width, strength)[site.y : site.y + height]
    across = _from_middle(site.width, site.height, strength)[site.x : site.x + width]
    out = np.empty_like(rows)
    _light.fall_off(rows, np.ascontiguousarray(down), np.ascontiguousarray(across), out)
    return out.reshape(image.shape)


@lru_cache(maxsize=1)
def _glow() -> Table:
    """What highlights give off; Source of the numbers: our own."""
    return table_of(lambda level: 2.4 * max(0, level - 150))


def _spread_out(light: Image, sigma: float) -> Image:
    """A wide Gaussian blur, made on a reduced picture."""
    height, width = light.shape[:2]
    factor = max(1, int(sigma / 4))
    size = max(1, width // factor), max(1, height // factor)
    small = cv2.resize(light, size, interpolation=cv2.INTER_AREA)
    reduced = sigma / factor
    side = 2 * math.ceil(3 * reduced) + 1
    small = cv2.GaussianBlur(small, (side, side), reduced, borderType=cv2.BORDER_REPLICATE)
    wide = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(wide, np.uint8).reshape(light.shape)


@distortion(
    "flare",
    (0.15, 0.3, 0.45, 0.65, 0.9),
    halo=None,
    domain="neighbourhood",
    scope="picture",
    default=False,
)
def veiling_glare(image: Image, strength: float, site: Site) -> Image:
    """Stray light from bright parts spreads over everything and lifts the blacks.

    Args:
        image: The whole picture, uint8 ``(height, width, 3)``.
        strength: Share of the stray light; a little of the picture's own is lost.
        site: Unused; the light spreads over a twelfth of the picture's longer side.

    Source: our own.
    """
    rows = rows_of(image)
    light = look_up(image, _glow())
    wide = rows_of(_spread_out(light, max(image.shape[:2]) / 12))
    out = np.empty_like(rows)
    kept, added = round((1 - 0.35 * strength) * FULL), round(strength * FULL)
    _light.glare(rows, wide, kept, added, 70 * added + FULL // 2, out)
    return out.reshape(image.shape)
