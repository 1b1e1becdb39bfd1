"""Saturation up and down, in HSV or in YCbCr."""

from functools import lru_cache

import cv2
import numpy as np

from distortions.kernels import Kernels
from distortions.pixels.lookup import Table, look_up, rows_of, table_of
from distortions.registry import distortion
from distortions.site import Site
from schemas.arrays import Image

_hsv = Kernels("hsv")


@lru_cache(maxsize=64)
def _chroma(factor: float) -> Table:
    """Chroma scaled about its middle."""
    return table_of(lambda level: 128 + (level - 128) * factor)


@lru_cache(maxsize=1)
def _unchanged() -> Table:
    return table_of(float)


def _in_hsv(image: Image, factor: float) -> Image:
    rows = rows_of(image)
    out = np.empty_like(rows)
    _hsv.with_saturation(rows, round(4096 * factor), out)
    return out.reshape(image.shape)


def _in_ycbcr(image: Image, factor: float) -> Image:
    planes = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2YCrCb)
    luma, chroma = _unchanged(), _chroma(factor)
    planes = look_up(np.asarray(planes, np.uint8), luma, chroma, chroma)
    return np.asarray(cv2.cvtColor(planes, cv2.COLOR_YCrCb2RGB), np.uint8)


@distortion(
    family="saturate_strengthen",
    levels=(3.0, 6.0, 12.0, 20.0, 64.0),
    visible_from=2,
    dq495k="saturate_strengthen_HSV",
    kadid=7,
    panda="saturate_inc",
)
def saturate_strengthen_hsv(image: Image, factor: float, site: Site) -> Image:
    """Every trace of colour becomes vivid; brightness of the strongest channel stays.

    Source: DQ-495K, S times factor in HSV, at most 1.
    """
    return _in_hsv(image, factor)


@distortion(
    family="saturate_strengthen",
    levels=(2.0, 3.0, 5.0, 8.0, 16.0),
    visible_from=2,
    dq495k="saturate_strengthen_YCrCb",
    kadid=8,
    panda="saturate_inc",
)
def saturate_strengthen_ycbcr(image: Image, factor: float, site: Site) -> Image:
    """Colours become garish at the same luma.

    Source: DQ-495K, chroma times factor in 8-bit YCrCb.
    """
    return _in_ycbcr(image, factor)


@distortion(
    family="saturate_weaken",
    levels=(0.7, 0.55, 0.4, 0.2, 0.0),
    visible_from=2,
    dq495k="saturate_weaken_HSV",
    kadid=7,
    panda="saturate_dec",
)
def saturate_weaken_hsv(image: Image, factor: float, site: Site) -> Image:
    """Colours fade towards white, since the strongest channel stays.

    Source: DQ-495K, S times factor in HSV.
    """
    return _in_hsv(image, factor)


@distortion(
    family="saturate_weaken",
    levels=(0.6, 0.4, 0.2, 0.1, 0.0),
    visible_from=2,
    dq495k="saturate_weaken_YCrCb",
    kadid=8,
    panda="saturate_dec",
)
def saturate_weaken_ycbcr(image: Image, factor: float, site: Site) -> Image:
    """Colours fade to grey at the same luma.

    Source: DQ-495K, chroma times factor in 8-bit YCrCb.
    """
    return _in_ycbcr(image, factor)
