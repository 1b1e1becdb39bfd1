"""Brighten and darken: a shift or a gamma, on RGB or on the value of HSV.

Changing the value at fixed hue and saturation scales the three channels by one factor, which is
done in whole numbers; black, which has no hue, becomes grey.
"""

import math
from functools import lru_cache

import numpy as np

from distortions.kernels import Kernels
from distortions.pixels.lookup import Table, look_up, rows_of, table_of
from distortions.registry import distortion
from distortions.site import Site
from schemas.arrays import Image

_hsv = Kernels("hsv")


@lru_cache(maxsize=64)
def _shifted(shift: float) -> Table:
    return table_of(lambda level: level + 255 * shift)


@lru_cache(maxsize=64)
def _power(gamma: float) -> Table:
    return table_of(lambda level: 255 * math.pow(level / 255, gamma))


def _on_value(image: Image, table: Table) -> Image:
    rows = rows_of(image)
    out = np.empty_like(rows)
    _hsv.with_value(rows, table, out)
    return out.reshape(image.shape)


@distortion(
    family="brighten",
    levels=(0.1, 0.2, 0.3, 0.4, 0.5),
    visible_from=2,
    dq495k="brightness_brighten_shfit_HSV",
    kadid=16,
    panda="brightness",
)
def brighten_value_shift(image: Image, shift: float, site: Site) -> Image:
    """Everything is lighter by the same amount, colours keep their hue.

    Source: DQ-495K, V + shift in HSV; rounded instead of floored.
    """
    return _on_value(image, _shifted(shift))


@distortion(
    family="brighten",
    levels=(0.1, 0.15, 0.2, 0.27, 0.35),
    visible_from=2,
    dq495k="brightness_brighten_shfit_RGB",
    kadid=18,
    panda="brightness",
)
def brighten_rgb_shift(image: Image, shift: float, site: Site) -> Image:
    """Everything is lighter by the same amount and paler.

    Source: DQ-495K, RGB + shift; rounded instead of floored.
    """
    return look_up(image, _shifted(shift))


@distortion(
    family="brighten",
    levels=(0.7, 0.58, 0.47, 0.36, 0.25),
    visible_from=2,
    dq495k="brightness_brighten_gamma_HSV",
    kadid=16,
    panda="brightness",
)
def brighten_value_gamma(image: Image, gamma: float, site: Site) -> Image:
    """Dark tones are lifted most, colours keep their hue.

    Source: DQ-495K, V to the power gamma in HSV; without its 8-bit hue steps.
    """
    return _on_value(image, _power(gamma))


@distortion(
    family="brighten",
    levels=(0.8, 0.7, 0.6, 0.45, 0.3),
    visible_from=2,
    dq495k="brightness_brighten_gamma_RGB",
    kadid=16,
    panda="brightness",
)
def brighten_rgb_gamma(image: Image, gamma: float, site: Site) -> Image:
    """Dark tones are lifted most and turn pale.

    Source: DQ-495K, RGB to the power gamma; rounded instead of floored.
    """
    return look_up(image, _power(gamma))


@distortion(
    family="darken",
    levels=(0.1, 0.2, 0.3, 0.4, 0.5),
    visible_from=2,
    dq495k="brightness_darken_shfit_HSV",
    kadid=17,
    panda="darken",
)
def darken_value_shift(image: Image, shift: float, site: Site) -> Image:
    """Everything is darker by the same amount, colours keep their hue.

    Source: DQ-495K, V - shift in HSV; rounded instead of floored.
    """
    return _on_value(image, _shifted(-shift))


@distortion(
    family="darken",
    levels=(0.1, 0.15, 0.2, 0.27, 0.35),
    visible_from=2,
    dq495k="brightness_darken_shfit_RGB",
    kadid=18,
    panda="darken",
)
def darken_rgb_shift(image: Image, shift: float, site: Site) -> Image:
    """Everything is darker by the same amount, shadows drown.

    Source: DQ-495K, RGB - shift; rounded instead of floored.
    """
    return look_up(image, _shifted(-shift))


@distortion(
    family="darken",
    levels=(1.5, 1.8, 2.2, 2.7, 3.5),
    visible_from=2,
    dq495k="brightness_darken_gamma_HSV",
    kadid=17,
    panda="darken",
)
def darken_value_gamma(image: Image, gamma: float, site: Site) -> Image:
    """Middle tones sink, colours keep their hue.

    Source: DQ-495K, V to the power gamma in HSV; without its 8-bit hue steps.
    """
    return _on_value(image, _power(gamma))


@distortion(
    family="darken",
    levels=(1.4, 1.7, 2.1, 2.6, 3.2),
    visible_from=2,
    dq495k="brightness_darken_gamma_RGB",
    kadid=17,
    panda="darken",
)
def darken_rgb_gamma(image: Image, gamma: float, site: Site) -> Image:
    """Middle tones sink and colours deepen.

    Source: DQ-495K, RGB to the power gamma; rounded instead of floored.
    """
    return look_up(image, _power(gamma))
