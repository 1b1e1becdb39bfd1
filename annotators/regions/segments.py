"""Regions without any model: areas of like colour and texture, named by how they look.

The picture is shrunk to a long side of 256 pixels, smoothed, cut into homogeneous patches
(``kernels/graph.py``) that are joined to a dozen regions (``kernels/merge.py``), and the borders
are found again at full resolution (``kernels/flood.py``); of each region the largest connected
part counts (``kernels/parts.py``). These are areas, not objects: a cat
may fall apart into face and body. Same pixels give the same regions on every x86-64 machine.
"""

import importlib
import math
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from annotators.regions.plain_names import plain_names
from annotators.regions.registry import SourceRequest, region_source
from annotators.regions.source import OneByOne, Proposal, Proposals
from schemas.arrays import Image, Mask, require_image
from schemas.records import Picture

LONG_SIDE: Final = 256
"""Patches are found at this long side, pixels."""
REGIONS: Final = 12
"""Regions per picture, at most."""
NEAR_SIGMA: Final = 7.0
"""Spread of the smoothing over distance, pixels."""
ALIKE_SIGMA: Final = 40.0
"""Spread of the smoothing over colour, summed grey levels."""
SOFTEN: Final = (0, 6, 58, 128, 58, 6, 0)
"""Gaussian of sigma 0.8 in 256ths."""
SCALE: Final = 100
"""Preference for large patches, grey levels times pixels."""
BAND: Final = 9
"""Width of the band in which borders are found again, pixels."""


class SegmentRegions(OneByOne):
    """Weight-free regions; holds tables only, so one may serve many threads."""

    name = "segments"

    def __init__(self) -> None:
        self._near = _bell(81, NEAR_SIGMA, [math.hypot(i // 9 - 4, i % 9 - 4) for i in range(81)])
        self._alike = _bell(766, ALIKE_SIGMA, list(range(766)))

    def find(self, image: Image, picture: Picture) -> Proposals:
        """Up to twelve areas that do not overlap; those that plain words tell apart are named."""
        require_image(image)
        masks = self.masks(image)
        names = plain_names(image, masks)
        return Proposals(
            [Proposal(*pair, connected=True) for pair in zip(masks, names, strict=True)]
        )

    def masks(self, image: Image) -> list[Mask]:
        """The areas' masks, in row order of the shrunken picture."""
        small = self._smoothed(image)
        return _parts(_refined(_regions(small, _patches(small)), image))

    def _smoothed(self, image: Image) -> Image:
        small = _shrunk(image)
        out = np.empty_like(small)
        _kernel("smooth").bilateral(small, self._near.reshape(9, 9), self._alike, out)
        return out


@region_source("segments")
def segments(request: SourceRequest) -> SegmentRegions:
    """The source that needs nothing."""
    return SegmentRegions()


def _kernel(name: str) -> Any:
    """A compiled module, loaded when first needed: importing numba takes half a second."""
    return importlib.import_module(f"annotators.regions.kernels.{name}")


def _bell(size: int, sigma: float, at: list[float] | list[int]) -> NDArray[np.float64]:
    weights = [round(1024 * math.exp(-(x * x) / (2 * sigma * sigma))) for x in at]
    return np.array(weights, np.float64).reshape(size)


def _shrunk(image: Image) -> Image:
    height, width = image.shape[:2]
    long = max(height, width)
    if long <= LONG_SIDE:
        return np.ascontiguousarray(image)
    rows, columns = max(1, height * LONG_SIDE // long), max(1, width * LONG_SIDE // long)
    out = np.empty((rows, columns, 3), np.uint8)
    _kernel("smooth").shrink(np.ascontiguousarray(image), out)
    return out


def _patches(small: Image) -> NDArray[np.int32]:
    """Patch number per pixel, ``(rows, columns)``."""
    graph = _kernel("graph")
    rows, columns = small.shape[:2]
    edge, price = graph.edges(_softened(small))
    smallest = max(8, rows * columns // 1000)
    pixels = graph.join(edge, price, rows * columns, columns, SCALE * 256, smallest)
    return np.asarray(pixels).reshape(rows, columns)


def _softened(small: Image) -> NDArray[np.int32]:
    """Convolved both ways with ``SOFTEN``, in 1/16 grey levels."""
    kernel = np.array(SOFTEN, np.float32)
    # Sums of whole numbers below 2**24, which floats of 32 bits hold exactly in any order.
    sums = cv2.sepFilter2D(small, cv2.CV_32F, kernel, kernel, borderType=cv2.BORDER_REPLICATE)
    return np.right_shift(np.asarray(sums).astype(np.int32) + (1 << 11), 12)


def _regions(small: Image, patches: NDArray[np.int32]) -> NDArray[np.uint8]:
    """Region number per pixel, from 1."""
    merge = _kernel("merge")
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB).astype(np.int32)
    lightness, a, b = lab[..., 0], lab[..., 1], lab[..., 2]
    tint = np.clip((lab[..., 1:] - 68) * 6 // 120, 0, 5)
    colour_bin = lightness * 8 // 256 * 36 + tint[..., 0] * 6 + tint[..., 1]
    fine = np.stack([lightness * 1600 // 255, a * 16, b * 16], axis=-1)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    texture = _texture_bins()[np.abs(cv2.Laplacian(grey, cv2.CV_16S))]
    found = merge.measure(patches, int(patches.max()) + 1, fine, colour_bin, texture)
    owner = merge.merge(found, patches.size * 3 // 200, REGIONS)
    return np.asarray(owner[patches] + 1, np.uint8)


def _texture_bins() -> NDArray[np.int32]:
    """Histogram bin of each absolute Laplacian, about logarithmic."""
    return np.array([min(7, int(math.log1p(x) / 5 * 8)) for x in range(2041)], np.int32)


def _refined(regions: NDArray[np.uint8], image: Image) -> NDArray[np.uint8]:
    """The region numbers at the picture's size, borders on its gradients."""
    height, width = image.shape[:2]
    rows = np.arange(height) * regions.shape[0] // height
    columns = np.arange(width) * regions.shape[1] // width
    full = np.ascontiguousarray(regions[:, columns][rows])
    brush = np.ones((BAND, BAND), np.uint8)
    inside = np.where(cv2.erode(full, brush) == cv2.dilate(full, brush), full, np.uint8(0))
    if not inside.any():
        return full
    framed = cv2.copyMakeBorder(inside, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=255)
    _kernel("flood").flood(framed, np.ascontiguousarray(image))
    return np.ascontiguousarray(framed[1:-1, 1:-1])


def _parts(regions: NDArray[np.uint8]) -> list[Mask]:
    """The largest connected part of each region; what is left over belongs to none."""
    masks, there = _kernel("parts").largest(regions, int(regions.max()))
    return [mask for mask, is_there in zip(masks, there, strict=True) if is_there]
