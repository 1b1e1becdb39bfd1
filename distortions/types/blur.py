"""Six blurs. Borders repeat the last pixel unless the type says otherwise."""

import cv2
import numpy as np

from distortions.kernels import Kernels
from distortions.pixels import tables
from distortions.pixels.lookup import mirrored, nearest, rows_of
from distortions.registry import distortion
from distortions.site import Site
from schemas.arrays import Image
from schemas.boxes import Box
from schemas.streams import Stream, derive_key

_blur = Kernels("blur")
_shuffle = Kernels("shuffle")
_zoom = Kernels("zoom")


def _smoothed(rows: Image, sigma: float) -> Image:
    """Gaussian blur of ``(height, 3 * width)`` rows."""
    weights = tables.gaussian_weights(sigma)
    radius = weights.size - 1
    out = np.empty_like(rows)
    height, width = rows.shape[0], rows.shape[1] // 3
    _blur.separable(rows, weights, nearest(height, radius), nearest(width, radius), out)
    return out


def _shuffled(rows: Image, shift: int, iterations: int, site: Site) -> Image:
    """Permute the pixels of rows within cells of side ``shift + 1``.

    An iteration is two passes; the cells of the second straddle those of the first, so that no
    border between cells is left standing. For ``shift`` 1 it is one, which moves pixels as far
    as the reference does. Pixels travel as one 32-bit word each.
    """
    side, height = shift + 1, rows.shape[0]
    place = (site.x, site.y, site.width, site.height)
    packed = cv2.cvtColor(rows.reshape(height, -1, 3), cv2.COLOR_RGB2RGBA)
    pixels = packed.reshape(height, -1).view(np.uint32)
    spare = np.empty_like(pixels)
    for index in range(iterations * min(shift, 2)):
        stream = Stream(site.key, "cells", index // 2)
        offset = index % 2 * (side // 2)
        origin = tuple((stream.below(side) + offset) % side for _ in range(2))
        key = np.uint64(derive_key(site.key, "pass", index))
        _shuffle.shuffle(pixels, key, place, origin, tables.permutations(side), spare)
        pixels, spare = spare, pixels
    moved = pixels.view(np.uint8).reshape(height, -1, 4)
    return np.asarray(cv2.cvtColor(moved, cv2.COLOR_RGBA2RGB), np.uint8)


def _gaussian_reach(sigma: float) -> int:
    return int(4 * sigma + 0.5)


def _line_reach(radius: int, sigma: float, angle_deg: float) -> int:
    return radius


def _disk_reach(radius: int) -> int:
    return radius


def _jitter_reach(shift: int) -> int:
    """A cell's side less one, then what a straddling cell adds to that."""
    return shift + (shift + 2) // 2 if shift > 1 else 1


def _glass_reach(sigma: float, shift: int, iterations: int) -> int:
    return 2 * _gaussian_reach(sigma) + iterations * _jitter_reach(shift)


@distortion(
    "blur",
    (1, 2, 3, 4, 5),
    halo=_gaussian_reach,
    domain="neighbourhood",
    dq495k="blur_gaussian",
    kadid=1,
    panda="blur",
)
def gaussian_blur(image: Image, sigma: float, site: Site) -> Image:
    """Everything is evenly out of focus, edges soft and fine texture gone.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        sigma: Standard deviation, pixels; the kernel is cut at four of them.
        site: Unused.

    Departure: rounded, the reference floors.

    Source: DQ-495K ``blur_gaussian``.
    """
    return _smoothed(rows_of(image), sigma).reshape(image.shape)


@distortion(
    "blur",
    ((5, 3), (10, 5), (15, 7), (15, 9), (20, 12)),
    halo=_line_reach,
    domain="neighbourhood",
    draws={"angle_deg": (-90.0, 90.0)},
    dq495k="blur_motion",
    kadid=3,
    panda="blur",
)
def motion_blur(image: Image, radius: int, sigma: float, angle_deg: float, site: Site) -> Image:
    """Detail is smeared along one direction, as by a camera that moved.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        radius: Half length of the line, pixels.
        sigma: Standard deviation of the one-sided Gaussian this line stands for, pixels.
        angle_deg: Direction, degrees, from the x axis towards the bottom.
        site: Unused.

    Departure: the line runs both ways and keeps the standard deviation of the reference's
    one-sided half Gaussian over ``2 * radius`` pixels, which shifts content.
    Departure: the angle is a parameter and therefore recorded; rounded, not floored.

    Source: DQ-495K ``blur_motion``.
    """
    steps, weights = tables.line_taps(radius, sigma, angle_deg)
    rows = rows_of(image)
    out = np.empty_like(rows)
    margin = (radius, radius, radius, radius)
    padded = cv2.copyMakeBorder(rows.reshape(image.shape), *margin, cv2.BORDER_REPLICATE)
    _blur.along_line(rows_of(np.asarray(padded, np.uint8)), radius, steps, weights, out)
    return out.reshape(image.shape)


@distortion(
    "blur",
    ((0.7, 1, 1), (0.9, 2, 1), (1.2, 2, 2), (1.4, 3, 2), (1.6, 4, 2)),
    halo=_glass_reach,
    random=True,
    domain="neighbourhood",
    dq495k="blur_glass",
    panda="blur",
)
def glass_blur(image: Image, sigma: float, shift: int, iterations: int, site: Site) -> Image:
    """The picture looks as through frosted glass, soft and with ragged, wobbling contours.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        sigma: Standard deviation of the Gaussian before and after, pixels.
        shift: Pixels move within cells of ``shift + 1`` pixels.
        iterations: How many times the shuffle of ``jitter`` is done.
        site: Place in the picture and key.

    Departure: the shuffle is a true permutation, unbiased, keyed by place, of bounded reach and
    up to the border; the reference copies neighbours in chains and leaves a frame untouched.
    Departure: rounded to whole levels after each of the three stages.

    Source: DQ-495K ``blur_glass``.
    """
    soft = _smoothed(rows_of(image), sigma)
    mixed = _shuffled(soft, shift, iterations, site)
    return _smoothed(rows_of(mixed), sigma).reshape(image.shape)


@distortion(
    "blur",
    (2, 3, 4, 6, 8),
    halo=_disk_reach,
    domain="neighbourhood",
    dq495k="blur_lens",
    kadid=2,
    panda="blur",
)
def lens_blur(image: Image, radius: int, site: Site) -> Image:
    """Points of light open into discs, as with a lens out of focus.

    Args:
        image: Crop, uint8 ``(height, width, 3)``; reflected about its border pixels.
        radius: Radius of the disc, pixels, 8 at most.
        site: Unused.

    Departure: rounded, the reference floors.

    Source: DQ-495K ``blur_lens``.
    """
    rows = rows_of(image)
    out = np.empty_like(rows)
    down, across = (mirrored(size, radius) for size in image.shape[:2])
    _blur.disk(rows, tables.disk_heights(radius), down, across, out)
    return out.reshape(image.shape)


@distortion(
    "blur",
    (1.02, 1.06, 1.10, 1.14, 1.20),
    halo=None,
    domain="neighbourhood",
    dq495k="blur_zoom",
    panda="blur",
)
def zoom_blur(image: Image, zoom_max: float, site: Site) -> Image:
    """Detail streaks away from the middle of the picture, more so towards the rim.

    Args:
        image: The whole picture, uint8 ``(height, width, 3)``.
        zoom_max: Largest enlargement, a multiple of 0.02, at most 1.2.
        site: Says which window is needed; the rest is returned as it was.

    Departure: the mean is over 1, 1.02, ... ``zoom_max``, each once; the reference counts the
    original twice and its number of steps hangs on float rounding.
    Departure: enlarged about the exact middle; the reference crops from the top left.

    Source: DQ-495K ``blur_zoom``.
    """
    window = site.window or Box(0, 0, image.shape[1], image.shape[0])
    rows, layers = rows_of(image), round((zoom_max - 1) * tables.ZOOM_STEP)
    upper, fractions = tables.zoom_positions(site.height, window.y0, window.y1, layers)
    plan = tables.zoom_plan(site.width, window.x0, window.x1, layers)
    part = np.empty((window.height, 3 * window.width), np.uint8)
    _zoom.zoom(rows, 3 * window.x0, window.y0, upper, fractions, *plan, part)
    if part.shape == rows.shape:
        return part.reshape(image.shape)
    out = image.copy()
    out[window.slices] = part.reshape(window.height, window.width, 3)
    return out


@distortion(
    "blur",
    (1, 2, 3, 4, 5),
    halo=_jitter_reach,
    random=True,
    domain="neighbourhood",
    dq495k="blur_jitter",
    kadid=19,
    panda="blur",
)
def jitter(image: Image, shift: int, site: Site) -> Image:
    """Neighbouring pixels have changed places, so that contours fray and texture crumbles.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        shift: Pixels move within cells of ``shift + 1`` pixels, twice (for 1: once).
        site: Place in the picture and key.

    Departure: a true permutation, unbiased, keyed by place, of bounded reach (1, 4, 5, 7, 8
    pixels); half of the pixels move by 1, 2, 3, 4, 4 or more, as in the reference. That one
    copies neighbours in chains, towards the top left, and leaves a frame untouched.

    Source: DQ-495K ``blur_jitter``.
    """
    return _shuffled(rows_of(image), shift, 1, site)
