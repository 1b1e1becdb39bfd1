"""What sensors add: noise of photons and of reading, stripes, stuck pixels, too little light."""

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from distortions.kernels import Kernels
from distortions.pixels import tables
from distortions.pixels.lookup import Table, rows_of
from distortions.registry import distortion
from distortions.site import Site
from schemas.arrays import Image
from schemas.streams import derive_key

_sensor = Kernels("further.sensor")

POWER = 2.2
QUANTILES = 1 << 12
# From so many photons on their number is as good as normal.
MANY = 60
CHANCE = 1 << 53


def _below(light: float, photons: float, reading: float) -> NDArray[np.float64]:
    """Chance that a reading lies below the borders between the 256 levels, for a given light."""
    from scipy.special import ndtr  # a third of a second that most runs do not need

    borders = ((np.arange(1, 256) - 0.5) / 255) ** POWER
    mean = light * photons
    if mean > MANY:
        deviation = math.sqrt(light / photons + reading**2)
        return np.asarray(ndtr((borders - light) / deviation))
    counts = np.arange(int(mean + 12 * math.sqrt(mean + 1)) + 8)
    logs = np.concatenate([[0.0], np.cumsum(np.log(counts[1:]))])
    masses = np.exp(counts * math.log(mean) - mean - logs) if mean else (counts == 0) * 1.0
    parts = ndtr((borders - counts[:, None] / photons) / reading)
    return np.asarray(masses @ parts / masses.sum())


@lru_cache(maxsize=12)
def _reading(gain: float, photons: float, reading: float) -> Table:
    """Equally likely results for each of the 256 levels, ``(256, 4096)``, read-only."""
    middles = (np.arange(QUANTILES) + 0.5) / QUANTILES
    out = np.empty((256, QUANTILES), np.uint8)
    for level in range(256):
        below = _below(gain * (level / 255) ** POWER, photons, reading)
        # Nine places, so that the last bit of a mathematics library decides nothing.
        out[level] = np.searchsorted(np.round(below, 9), middles, side="right")
    out.flags.writeable = False
    return out


def _read(image: Image, site: Site, gain: float, photons: float, reading: float) -> Image:
    rows = rows_of(image)
    out = np.empty_like(rows)
    key, table = np.uint64(site.key), _reading(gain, photons, reading)
    _sensor.from_quantiles(rows, key, site.x, site.y, table, out)
    return out.reshape(image.shape)


@distortion(
    "noise",
    ((900, 0.006), (400, 0.012), (180, 0.02), (80, 0.032), (35, 0.05)),
    random=True,
    default=False,
    panda="noise",
)
def sensor_noise(image: Image, photons: int, reading: float, site: Site) -> Image:
    """Grain that is strong in the shadows and weak in the lights, as at a high ISO number.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        photons: How many make up white.
        reading: Standard deviation of the noise of reading, share of white, in linear light.
        site: Place in the picture and key.

    Source: Poisson and Gaussian noise in linear light, as in Foi et al. 2008, with a power of 2.2
    for the transfer curve; levels are our own.
    """
    return _read(image, site, 1.0, photons, reading)


@distortion(
    "low_light",
    (
        (0.5, 900, 0.004),
        (0.3, 500, 0.006),
        (0.18, 300, 0.008),
        (0.12, 200, 0.01),
        (0.08, 130, 0.012),
    ),
    random=True,
    default=False,
)
def low_light(image: Image, light: float, photons: int, reading: float, site: Site) -> Image:
    """Everything is dark and full of grain, as by night without a lamp.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        light: Share of the light that is left.
        photons: How many would make up white.
        reading: Standard deviation of the noise of reading, share of white, in linear light.
        site: Place in the picture and key.

    Source: as ``sensor_noise``, with less light; levels are our own.
    """
    return _read(image, site, light, photons, reading)


def _striped(
    image: Image, deviation: float, site: Site, purpose: str, place: Callable[..., tuple[int, int]]
) -> Image:
    """Offsets for rows or for columns; ``place`` picks the one that varies."""
    rows = rows_of(image)
    height, width = image.shape[:2]
    down, across = np.zeros(height, np.int16), np.zeros(width, np.int16)
    key = np.uint64(derive_key(site.key, purpose))
    table = tables.normal_table(deviation)
    first, offsets = place((site.y, down), (site.x, across))
    _sensor.line_noise(key, first, table, offsets)
    out = np.empty_like(rows)
    _sensor.add_lines(rows, down, across, out)
    return out.reshape(image.shape)


@distortion("sensor_pattern", (6, 9, 13, 18, 24), random=True, default=False)
def row_stripes(image: Image, deviation: float, site: Site) -> Image:
    """Fine level lines run right across, some lighter and some darker.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        deviation: Standard deviation of what a row gains or loses, levels.
        site: Place in the picture and key.

    Source: row noise of sensors; levels are our own.
    """
    return _striped(image, deviation, site, "rows", lambda down, across: down)


@distortion("sensor_pattern", (6, 9, 13, 18, 24), random=True, default=False)
def column_stripes(image: Image, deviation: float, site: Site) -> Image:
    """Fine upright lines run from top to bottom, some lighter and some darker.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        deviation: Standard deviation of what a column gains or loses, levels.
        site: Place in the picture and key.

    Source: column noise of sensors; levels are our own.
    """
    return _striped(image, deviation, site, "columns", lambda down, across: across)


@distortion(
    "sensor_pattern",
    ((0.012, 1), (0.02, 1), (0.008, 2), (0.012, 2), (0.018, 2)),
    random=True,
    default=False,
    sparse=True,
)
def dead_pixels(image: Image, share: float, side: int, site: Site) -> Image:
    """Single dots of pure colour stand where pixels of the sensor are stuck.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        share: Share of the places that are struck; one channel there is 0 or 255.
        side: 2 strikes squares of 2 x 2 pixels.
        site: Place in the picture and key.

    Source: stuck and dead pixels of sensors; levels are our own.
    """
    rows = rows_of(image)
    out = rows.copy()
    key, chance = np.uint64(derive_key(site.key, "dead")), np.uint64(round(share * CHANCE))
    _sensor.stuck(rows, key, site.x, site.y, chance, side, out)
    return out.reshape(image.shape)
