"""What programs do to pictures: too much denoising, warps, fills, textures in the wrong place."""

from functools import lru_cache
from statistics import NormalDist

import numpy as np

from distortions.kernels import Kernels
from distortions.pixels.edges import edge_kept
from distortions.pixels.frame import frame_of
from distortions.pixels.lookup import Table, rows_of, table_of
from distortions.pixels.value_noise import DEVIATIONS, value_noise
from distortions.registry import distortion
from distortions.site import Site
from schemas.arrays import Image
from schemas.streams import Stream

_gather = Kernels("further.gather")
_patches = Kernels("further.patches")

SPACE, RADIUS, PASSES = 5.0, 4, 3
WARP_CELL, BLOT_CELL = 48, 28
# Forty layers of a fill, two pixels each: see ``distortions/kernels/further/patches.py``.
FILL_REACH = 80
SMALLEST, LARGEST, FARTHEST, SOFT = 24, 64, 40, 4


@lru_cache(maxsize=1)
def _same() -> Table:
    return table_of(float)


@distortion(
    "oversmoothing",
    (28, 36, 44, 51, 58),
    halo=PASSES * RADIUS,
    domain="neighbourhood",
    default=False,
    kadid=15,
)
def oversmoothing(image: Image, likeness: int, site: Site) -> Image:
    """Texture is wiped away like by too much retouching, skin looks like wax; contours stay.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        likeness: How unlike pixels may be that are averaged, standard deviation of the sum of
            three channels' levels.
        site: Unused.

    Source: three passes of a bilateral filter, KADID-10k's (Lin et al. 2019) "denoise" by its
    look; levels are our own.
    """
    return edge_kept(image, likeness, SPACE, RADIUS, PASSES, _same())


def _warp_reach(distance: int) -> int:
    return distance + 1


@distortion(
    "generative_artifact",
    (2, 4, 7, 11, 16),
    halo=_warp_reach,
    random=True,
    domain="neighbourhood",
    default=False,
)
def local_warp(image: Image, distance: int, site: Site) -> Image:
    """Straight lines wobble and shapes are bent, as in a picture that a program made up.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        distance: How far content moves at most, pixels.
        site: Place in the picture and key.

    Source: PIPAL (Gu et al. 2020), "spatial warping", with value noise; levels are our own.
    """
    rows, shape = rows_of(image), image.shape[:2]
    right = value_noise(site, shape, WARP_CELL, 2, "warp right")
    down = value_noise(site, shape, WARP_CELL, 2, "warp down")
    out = np.empty_like(rows)
    _gather.displaced(rows, right, down, 256 * distance, out)
    return out.reshape(image.shape)


@distortion(
    "generative_artifact",
    (0.1, 0.16, 0.24, 0.33, 0.44),
    halo=FILL_REACH,
    random=True,
    domain="neighbourhood",
    default=False,
)
def smeared_inpainting(image: Image, share: float, site: Site) -> Image:
    """Blots are filled with colours drawn in from around them, smooth and streaky.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        share: Share of the picture that is filled.
        site: Place in the picture and key.

    Source: tools that remove things; a fill from the rim inwards after Telea 2004, over 5 x 5
    pixels; levels are our own.
    """
    field = value_noise(site, image.shape[:2], BLOT_CELL, 2, "blots")
    place = 0.5 + NormalDist().inv_cdf(share) / (2 * DEVIATIONS)
    colours = image.astype(np.int32) << 8
    _patches.fill(colours, field, round(65535 * round(place, 6)))
    return ((colours + 128) >> 8).astype(np.uint8)


@distortion(
    "generative_artifact",
    (4, 8, 13, 20, 30),
    halo=FARTHEST,
    random=True,
    domain="region",
    default=False,
    kadid=20,
)
def texture_swap(image: Image, count: int, site: Site) -> Image:
    """Patches of it stand a little beside where they belong, with soft seams.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        count: How many; their sides are 24 to 64 pixels where the region's box is as large as
            640 x 480 pixels, else they go with the root of the area. They come from at most 40
            pixels away.
        site: Place in the picture, key and region.

    Source: KADID-10k (Lin et al. 2019), "non-eccentricity patch"; levels are our own.
    """
    frame, out = frame_of(image, site), rows_of(image).copy()
    for index in range(count):
        stream = Stream(site.key, "patch", index)
        size = frame.side(SMALLEST + stream.below(LARGEST - SMALLEST + 1))
        x = frame.box.x0 + stream.below(frame.box.width) - size // 2
        y = frame.box.y0 + stream.below(frame.box.height) - size // 2
        across = _beside(stream, x, size, site.width) - site.x
        down = _beside(stream, y, size, site.height) - site.y
        columns = np.clip(np.arange(across, across + size), 0, image.shape[1] - 1)
        rows = np.clip(np.arange(down, down + size), 0, image.shape[0] - 1)
        patch = np.ascontiguousarray(image[rows[:, None], columns]).reshape(size, 3 * size)
        _patches.feather(x - site.x, y - site.y, SOFT, patch, out)
    return out.reshape(image.shape)


def _beside(stream: Stream, first: int, size: int, whole: int) -> int:
    """Where a patch comes from, 20 to 40 pixels to the one side or, at the border, the other."""
    step = stream.choice((-1, 1)) * (FARTHEST // 2 + stream.below(FARTHEST // 2 + 1))
    inside = 0 <= first + step <= whole - size
    return first + step if inside else first - step
