"""Six noises. Every sample's noise is a function of the key and its place in the picture."""

from collections.abc import Callable

import numpy as np

from distortions.kernels import Kernels
from distortions.pixels import tables
from distortions.pixels.lookup import rows_of
from distortions.registry import distortion
from distortions.site import Site
from schemas.arrays import Image

_noise = Kernels("noise")

# How much of Cr goes to red and green and of Cb to green and blue, in 1/4096.
_GAINS = np.array([5747, -2925, -1409, 7262], np.int16)
_GAINS.flags.writeable = False
_SLICE = 1 << 21


@distortion(
    "noise",
    (0.05, 0.10, 0.15, 0.20, 0.25),
    random=True,
    dq495k="noise_gaussian_RGB",
    kadid=11,
    panda="noise",
)
def gaussian_noise(image: Image, sigma: float, site: Site) -> Image:
    """Fine coloured grain lies evenly over everything.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        sigma: Standard deviation, share of the full range.
        site: Place in the picture and key.

    Departure: rounded, the reference floors.

    Source: DQ-495K ``noise_gaussian_RGB``.
    """
    return _with(_noise.additive, image, site, tables.normal_table(sigma * 255))


@distortion(
    "noise",
    ((0.05, 1.0), (0.06, 1.45), (0.07, 1.9), (0.08, 2.35), (0.09, 2.8)),
    random=True,
    dq495k="noise_gaussian_YCrCb",
    kadid=12,
    panda="noise",
)
def chroma_noise(image: Image, sigma: float, chroma: float, site: Site) -> Image:
    """Grain whose colour is stronger than its light and shade, blotches of red, green, blue.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        sigma: Standard deviation in Y, share of the full range.
        chroma: Factor on it in Cr and Cb.
        site: Place in the picture and key.

    Departure: the noise is turned into RGB and added, which is the same but for a conversion of
    the picture there and back; rounded, not floored.

    Source: DQ-495K ``noise_gaussian_YCrCb``; YCrCb of ITU-R BT.601 as OpenCV has it.
    """
    luma = tables.normal_table(16 * sigma * 255)
    both = np.stack([luma, tables.normal_table(16 * chroma * sigma * 255)])
    both.flags.writeable = False
    return _with(_noise.mixed, image, site, both, _GAINS)


@distortion(
    "noise",
    (0.14, 0.21, 0.28, 0.35, 0.42),
    random=True,
    dq495k="noise_speckle",
    kadid=14,
    panda="noise",
)
def speckle_noise(image: Image, scale: float, site: Site) -> Image:
    """Bright parts sparkle with grain, dark parts stay clean.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        scale: Standard deviation, share of the sample's own level.
        site: Place in the picture and key.

    Departure: rounded, the reference floors.

    Source: DQ-495K ``noise_speckle``.
    """
    return _with(_noise.multiplicative, image, site, tables.normal_table(scale * 4096))


@distortion(
    "noise",
    (0.08, 0.11, 0.14, 0.18, 0.22),
    random=True,
    dq495k="noise_spatially_correlated",
    panda="noise",
)
def correlated_noise(image: Image, sigma: float, site: Site) -> Image:
    """Soft, clumped grain, coarser than single pixels.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        sigma: Standard deviation before the 3x3 mean, which leaves a third of it; share of the
            full range.
        site: Place in the picture and key.

    Departure: only the noise goes through the 3x3 mean; the reference blurs the content too.

    Source: DQ-495K ``noise_spatially_correlated``.
    """
    return _with(_noise.correlated, image, site, tables.normal_table(32 * sigma * 255 / 9))


@distortion("noise", (80, 60, 40, 25, 15), random=True, dq495k="noise_poisson", panda="noise")
def poisson_noise(image: Image, factor: int, site: Site) -> Image:
    """Grain as of too little light, its size following the square root of the level.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        factor: Photons that make up white.
        site: Place in the picture and key.

    Departure: one draw per sample by its place; in the reference a sample's value moves the
    draws of all that follow.

    Source: DQ-495K ``noise_poisson``.
    """
    return _with(_noise.from_alias, image, site, tables.poisson_table(factor))


@distortion(
    "noise",
    (0.01, 0.03, 0.05, 0.07, 0.10),
    random=True,
    dq495k="noise_impulse",
    kadid=13,
    panda="noise",
)
def impulse_noise(image: Image, amount: float, site: Site) -> Image:
    """Single coloured dots are strewn over everything.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        amount: Share of the samples struck, each channel by itself, half to 0, half to 255.
        site: Place in the picture and key.

    Departure: keyed; the reference cannot be seeded.

    Source: DQ-495K ``noise_impulse``.
    """
    struck = round(amount * _SLICE)
    return _with(_noise.impulses, image, site, struck // 2, struck - struck // 2)


def _with(kernel: Callable[..., None], image: Image, site: Site, *arguments: object) -> Image:
    rows = rows_of(image)
    out = np.empty_like(rows)
    kernel(rows, np.uint64(site.key), site.x, site.y, *arguments, out)
    return out.reshape(image.shape)
