"""Contrast up and down, about the mean of the region's own pixels.

``scale`` moves levels along a straight line through the grey mean. ``stretch`` bends them along a
curve through each channel's mean. The reference's stretch maps every channel mean to one half
(which removes colour casts and brightens dark regions), lowers contrast where it should raise it
and raises it on dark input where it should lower it, and turns black white. Ours keeps the mean
where it is; levels move away from it, or towards it, always.
"""

from functools import lru_cache

import cv2
import numpy as np

from distortions.pixels.lookup import Table, histogram, look_up, mean_level, table_of
from distortions.registry import distortion
from distortions.site import Site
from schemas.arrays import Image


@lru_cache(maxsize=512)
def _line(mean: int, factor: float) -> Table:
    return table_of(lambda level: mean + (level - mean) * factor)


@lru_cache(maxsize=4096)
def _gain(mean: int, factor: float) -> Table:
    """Away from the mean: slope 1 + factor / 2 there, black and white stay."""
    gain = 1 + factor / 2

    def curve(level: int) -> float:
        span = 255 - mean if level > mean else mean
        t = abs(level - mean) / span if span else 0.0
        bent = gain * t / (1 + (gain - 1) * t)
        return mean + (span if level > mean else -span) * bent

    return table_of(curve)


@lru_cache(maxsize=4096)
def _squeeze(mean: int, factor: float) -> Table:
    """Towards the mean: slope 3/4 of the factor there, less beyond."""
    slope = 0.75 * factor

    def curve(level: int) -> float:
        t = abs(level - mean) / 255
        return mean + (level - mean) * slope / (1 + (1 - slope) * t)

    return table_of(curve)


def _grey_mean(image: Image, site: Site) -> int:
    grey = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY)[..., None]
    return mean_level(histogram(np.asarray(grey, np.uint8), 0, site.domain))


def _channel_means(image: Image, site: Site) -> list[int]:
    return [mean_level(histogram(image, channel, site.domain)) for channel in range(3)]


@distortion(
    family="contrast_strengthen",
    levels=(1.4, 1.7, 2.1, 2.6, 4.0),
    domain="region",
    visible_from=2,
    dq495k="contrast_strengthen_scale",
    kadid=25,
    panda="contrast_inc",
)
def contrast_strengthen_scale(image: Image, factor: float, site: Site) -> Image:
    """Light parts get lighter and dark parts darker until they clip.

    Source: DQ-495K; a line through the grey mean, here of the region's own pixels.
    """
    return look_up(image, _line(_grey_mean(image, site), factor))


@distortion(
    family="contrast_strengthen",
    levels=(2.0, 4.0, 6.0, 8.0, 10.0),
    domain="region",
    visible_from=2,
    dq495k="contrast_strengthen_stretch",
    kadid=25,
    panda="contrast_inc",
)
def contrast_strengthen_stretch(image: Image, factor: float, site: Site) -> Image:
    """Tones are pushed apart along a curve, most in the middle.

    Source: DQ-495K's levels; the curve is ours, see the module, because the reference's moves
    the mean and lowers contrast on bright input.
    """
    return look_up(image, *(_gain(mean, factor) for mean in _channel_means(image, site)))


@distortion(
    family="contrast_weaken",
    levels=(0.75, 0.6, 0.45, 0.3, 0.2),
    domain="region",
    visible_from=2,
    dq495k="contrast_weaken_scale",
    kadid=25,
    panda="contrast_dec",
)
def contrast_weaken_scale(image: Image, factor: float, site: Site) -> Image:
    """Light and shade draw together, as behind a grey veil.

    Source: DQ-495K; a line through the grey mean, here of the region's own pixels.
    """
    return look_up(image, _line(_grey_mean(image, site), factor))


@distortion(
    family="contrast_weaken",
    levels=(1.0, 0.9, 0.8, 0.6, 0.4),
    domain="region",
    visible_from=2,
    dq495k="contrast_weaken_stretch",
    kadid=25,
    panda="contrast_dec",
)
def contrast_weaken_stretch(image: Image, factor: float, site: Site) -> Image:
    """Tones draw together along a curve, extremes most.

    Source: DQ-495K's levels; the curve is ours, see the module, because the reference's raises
    contrast on dark input, moves the mean and is not mild at severity 1.
    """
    return look_up(image, *(_squeeze(mean, factor) for mean in _channel_means(image, site)))
