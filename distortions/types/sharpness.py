"""Too much sharpening."""

import numpy as np

from distortions.kernels import Kernels
from distortions.pixels.lookup import mirrored, rows_of
from distortions.registry import distortion
from distortions.site import Site
from schemas.arrays import Image

_sharpness = Kernels("sharpness")


@distortion(
    "oversharpen",
    (2, 2.8, 4, 6, 8),
    halo=2,
    domain="neighbourhood",
    visible_from=2,
    dq495k="oversharpen",
    kadid=24,
    panda="oversharpen",
)
def oversharpen(image: Image, amount: float, site: Site) -> Image:
    """Edges carry bright and dark halos and texture turns brittle.

    Args:
        image: Crop, uint8 ``(height, width, 3)``; reflected about its border pixels.
        amount: How many times the detail that a 5x5 binomial mean (sigma about 1.1) removes is
            added.
        site: Unused.

    Source: DQ-495K ``oversharpen``; binomial weights as OpenCV has for five taps.
    """
    rows = rows_of(image)
    out = np.empty_like(rows)
    down, across = (mirrored(size, 2) for size in image.shape[:2])
    _sharpness.unsharp(rows, round(amount * 65536), down, across, out)
    return out.reshape(image.shape)
