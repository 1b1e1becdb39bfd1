"""Weather before the lens and on it: haze, fog, rain, snow, drops and frost.

What is strewn and where fog is thick belongs to places of the picture. Shares are tables rounded
to 1/65536, so that no exponential runs per pixel.
"""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from distortions.kernels import Kernels
from distortions.pixels.crystals import crystals
from distortions.pixels.lookup import rows_of
from distortions.pixels.value_noise import value_noise
from distortions.registry import distortion
from distortions.site import Site
from schemas.arrays import Image
from schemas.streams import derive_key

_weather = Kernels("further.weather")

Shares = NDArray[np.int32]
FULL = 1 << 16
CHANCE = 1 << 53
# Depth at the bottom of the picture, with 1 at its top: a ground that comes towards the viewer.
NEAREST = 0.35
STEPS = 1024
DROP_CELL, DROP_RADII, DROP_LIFT = 32, (4, 14), 40


def _shares(values: list[float]) -> Shares:
    """Shares 0 to 1 in 1/65536, read-only."""
    out = np.array([round(round(value, 9) * FULL) for value in values], np.int32)
    out.flags.writeable = False
    return out


@lru_cache(maxsize=32)
def _through_depth(beta: float, height: int) -> Shares:
    """How much light of every picture row comes through haze."""
    fall = (1 - NEAREST) / max(height - 1, 1)
    return _shares([math.exp(-beta * (1 - fall * row)) for row in range(height)])


@lru_cache(maxsize=32)
def _by_depth(beta: float) -> Shares:
    """How much light comes through haze, for depth from 0 to 1."""
    return _shares([math.exp(-beta * i / (STEPS - 1)) for i in range(STEPS)])


@lru_cache(maxsize=32)
def _through_noise(beta: float) -> Shares:
    """How much light comes through fog, for noise from 0 to 1."""
    return _shares([math.exp(-beta * (0.5 + (i + 0.5) / STEPS)) for i in range(STEPS)])


def _grey(level: int) -> Image:
    return np.full(3, level, np.uint8)


def _chance(share: float) -> np.uint64:
    return np.uint64(round(share * CHANCE))


@distortion(
    "haze",
    (0.25, 0.5, 0.85, 1.3, 1.9),
    scope="picture",
    default=False,
    panda="haze",
)
def haze(image: Image, beta: float, site: Site) -> Image:
    """A pale veil lies over everything, thicker towards the top, where the scene is far away.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        beta: Density; of the light at the top ``exp(-beta)`` comes through.
        site: Place in the picture, and its depth with 1 for the farthest place; where nobody knows
            it, it falls from 1 at the top to 0.35 at the bottom.

    Source: atmospheric scattering, Koschmieder 1924, as OneRestore (Guo et al. 2024) uses it with
    an estimated depth; levels are our own.
    """
    rows = rows_of(image)
    if site.depth is not None:
        out = np.empty_like(rows)
        field = np.ascontiguousarray(site.depth)
        _weather.veil_field(rows, field, _by_depth(beta), _grey(230), out)
        return out.reshape(image.shape)
    kept = _through_depth(beta, site.height)[site.y : site.y + rows.shape[0]]
    out = np.empty_like(rows)
    _weather.veil_rows(rows, np.ascontiguousarray(kept), _grey(230), out)
    return out.reshape(image.shape)


@distortion(
    "haze",
    (0.25, 0.45, 0.75, 1.1, 1.6),
    random=True,
    scope="picture",
    default=False,
    panda="haze",
)
def fog(image: Image, beta: float, site: Site) -> Image:
    """Pale swathes of uneven thickness drift before the scene and swallow its contrast.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        beta: Density, on average.
        site: Place in the picture and key; the largest swathes are a sixth of its longer side.

    Source: atmospheric scattering with value noise for depth; after ImageNet-C (Hendrycks and
    Dietterich 2019), whose fog adds a fractal and rescales instead.
    """
    rows = rows_of(image)
    field = value_noise(site, image.shape[:2], max(site.width, site.height) / 6, 4, "fog")
    out = np.empty_like(rows)
    _weather.veil_field(rows, field, _through_noise(beta), _grey(235), out)
    return out.reshape(image.shape)


@lru_cache(maxsize=128)
def _streak(length: int, angle_deg: float) -> tuple[NDArray[np.int64], Shares]:
    """Columns and shares of a line of ``2 * length + 1`` pixels, row by row from its top."""
    sine, cosine = math.sin(math.radians(angle_deg)), math.cos(math.radians(angle_deg))
    reach = max(1, int(round(length * cosine, 6)))
    amount = 1.2 * length / (2 * length + 1) / cosine
    across = [round(row * sine / cosine, 6) for row in range(-reach, reach + 1)]
    columns = np.array([math.floor(place) for place in across], np.int64)
    parts = [round(place - math.floor(place), 6) for place in across]
    flat = _shares([amount * part for place in parts for part in (1 - place, place)])
    columns.flags.writeable = False
    return columns, flat.reshape(-1, 2)


@distortion(
    "rain",
    (
        (0.0008, 12, 0.65),
        (0.0012, 15, 0.7),
        (0.0018, 19, 0.76),
        (0.0025, 23, 0.83),
        (0.0034, 27, 0.9),
    ),
    random=True,
    draws={"angle_deg": (-25.0, 25.0)},
    scope="picture",
    default=False,
    panda="rain",
)
def rain_streaks(
    image: Image, density: float, length: int, alpha: float, angle_deg: float, site: Site
) -> Image:
    """Thin pale streaks slant across the picture, all in one direction.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        density: Streaks for each pixel of the picture.
        length: Half the length of a streak, pixels.
        alpha: How opaque a streak is at most, share.
        angle_deg: Slant, degrees from the vertical.
        site: Place in the picture and key.

    Source: line-shaped rain as in OneRestore (Guo et al. 2024); streaks here have a strength of
    their own each.
    """
    rows = rows_of(image)
    columns, shares = _streak(length, angle_deg)
    cover = np.zeros(image.shape[:2], np.int32)
    key = np.uint64(derive_key(site.key, "rain"))
    _weather.streaks(key, site.x, site.y, _chance(density), columns, shares, cover)
    out = np.empty_like(rows)
    _weather.lay_over(rows, cover, round(alpha * FULL), _grey(225), out)
    return out.reshape(image.shape)


@lru_cache(maxsize=32)
def _spot(sigma: float) -> Shares:
    """A Gaussian spot cut at three ``sigma``, 1 in its middle."""
    reach = math.ceil(3 * sigma)
    side = range(-reach, reach + 1)
    flat = [math.exp(-(dx * dx + dy * dy) / (2 * sigma * sigma)) for dy in side for dx in side]
    return _shares(flat).reshape(1, 2 * reach + 1, -1)


@distortion(
    "snow",
    (
        (0.0012, 1.2, 0.78, 1),
        (0.0016, 1.5, 0.82, 1),
        (0.002, 1.8, 0.85, 2),
        (0.003, 2.3, 0.9, 2),
        (0.0042, 2.9, 0.95, 2),
    ),
    random=True,
    scope="picture",
    default=False,
    panda="snow",
)
def snowflakes(
    image: Image, density: float, sigma: float, alpha: float, layers: int, site: Site
) -> Image:
    """Soft white flakes are strewn over everything, near ones large and far ones small.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        density: Flakes of the near layer for each pixel of the picture.
        sigma: Size of a flake there, standard deviation of its Gaussian, pixels.
        alpha: How opaque a flake is at most, share.
        layers: 2 adds twice as many flakes of half the size.
        site: Place in the picture and key.

    Source: our own; ImageNet-C (Hendrycks and Dietterich 2019) smears thresholded noise instead.
    """
    rows = rows_of(image)
    cover = np.zeros(image.shape[:2], np.int32)
    for layer in range(layers):
        key = np.uint64(derive_key(site.key, "flakes", layer))
        chance = _chance(density * 2**layer)
        _weather.spots(key, site.x, site.y, chance, _spot(sigma / 2**layer), cover)
    out = np.empty_like(rows)
    _weather.lay_over(rows, cover, round(alpha * FULL), _grey(250), out)
    return out.reshape(image.shape)


@distortion(
    "lens_deposits",
    (0.06, 0.12, 0.2, 0.3, 0.42),
    halo=2 * DROP_RADII[1],
    random=True,
    domain="neighbourhood",
    default=False,
)
def lens_droplets(image: Image, chance: float, site: Site) -> Image:
    """Small drops sit on the lens, each with a pale upside-down picture of what is behind it.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        chance: Share of the lattice's cells of 32 x 32 pixels that hold a drop.
        site: Place in the picture and key.

    Source: our own.
    """
    rows = rows_of(image)
    out = rows.copy()
    radii, key = np.array(DROP_RADII, np.int64), np.uint64(derive_key(site.key, "drops"))
    _weather.droplets(rows, key, site.x, site.y, _chance(chance), DROP_CELL, radii, DROP_LIFT, out)
    return out.reshape(image.shape)


@distortion(
    "lens_deposits",
    (
        (0.95, 0.25, 0.0006),
        (0.85, 0.4, 0.001),
        (0.75, 0.55, 0.0015),
        (0.65, 0.7, 0.0022),
        (0.55, 0.85, 0.003),
    ),
    random=True,
    default=False,
)
def frost(image: Image, through: float, ice: float, density: float, site: Site) -> Image:
    """Feathery white ice crystals cover the picture, as on a cold window.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        through: Share of the picture's light that is left.
        ice: Brightness of the ice that is added, share.
        density: Crystals for each pixel of the picture.
        site: Place in the picture and key.

    Source: after ImageNet-C (Hendrycks and Dietterich 2019), which adds photographs of ice in
    such shares; the ice here is drawn, and levels are our own.
    """
    rows = rows_of(image)
    field = value_noise(site, image.shape[:2], 48, 5, "film")
    cover = np.zeros(image.shape[:2], np.int32)
    key = np.uint64(derive_key(site.key, "crystals"))
    _weather.spots(key, site.x, site.y, _chance(density), crystals(), cover)
    out = np.empty_like(rows)
    _weather.ice(rows, field, cover, round(through * FULL), round(ice * FULL), out)
    return out.reshape(image.shape)
