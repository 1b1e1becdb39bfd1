"""A distortion in ten lines: ``iqa-spider build ... --plugin examples/my_distortion.py``."""

import numpy as np

from distortions import Site, distortion
from schemas.arrays import Image


@distortion(family="darken", levels=(0.9, 0.8, 0.7, 0.6, 0.5), visible_from=2)
def dim(image: Image, factor: float, site: Site) -> Image:
    """Less light, evenly.

    Source: our own.
    """
    return np.round(image * factor).astype(np.uint8)
