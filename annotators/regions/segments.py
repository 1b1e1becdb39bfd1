"""Regions without any model: areas of like colour and texture, named by how they look.

The picture is shrunk to a long side of 256 pixels, smoothed, cut into homogeneous patches
(``kernels/graph.py``) that are joined to a dozen regions (``kernels/merge.py``), and the borders
are found again at full resolution (``kernels/flood.py``). These are areas, not objects: a cat
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
from schemas.boxes import Box
from schemas.masks import largest_part
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
        return Proposals(
            [Proposal(*pair) for pair in zip(masks, plain_names(image, masks), strict=True)]
        )

    def masks(self, image: Image) -> list[Mask]:
        """The areas' masks, in row order of the shrunken picture."""
        small = self._smoothed(image)
        return _parts(_refined(_regions(small, _patches(small)), image))

    def _smoothed(self, image: Image) -> Image:
        small = _shrunk(image)
        out = np.empty_like(small)
        _kernel("graph").bilateral(small, self._near.reshape(9, 9), self._alike, out)
        return out


@region_source("segments")
def segments(request: SourceRequest) -> SegmentRegions:
    """The source that needs nothing."""
    return SegmentRegions()


def _kernel(name: str) -> Any:
    """A compiled module, loaded when first needed: importing numba takes half a second."""
    return importlib.import_module(f"annotators.regions.kernels.{name}")


def _bell(size: int, sigma: float, at: list[float] | list[int]) -> NDArray[np.int64]:
    weights = [round(1024 * math.exp(-(x * x) / (2 * sigma * sigma))) for x in at]
    return np.array(weights, np.int64).reshape(size)


def _shrunk(image: Image) -> Image:
    height, width = image.shape[:2]
    long = max(height, width)
    if long <= LONG_SIDE:
        return np.ascontiguousarray(image)
    rows, columns = max(1, height * LONG_SIDE // long), max(1, width * LONG_SIDE // long)
    out = np.empty((rows, columns, 3), np.uint8)
    _kernel("graph").shrink(image, out)
    return out


def _patches(small: Image) -> NDArray[np.int32]:
    """Patch number per pixel, ``(rows, columns)``."""
    graph = _kernel("graph")
    rows, columns = small.shape[:2]
    values = graph.soften(small, np.array(SOFTEN, np.int64))
    first, second = np.empty((2, 4 * rows * columns), np.int32)
    cost = np.empty(4 * rows * columns, np.uint16)
    count = graph.edges(values, first, second, cost)
    # Only a stable sort orders equal costs alike on machines with and without vector sorting.
    order = np.argsort(cost[:count], kind="stable")
    smallest = max(8, rows * columns // 1000)
    pixels = graph.join(first, second, cost, order, rows * columns, SCALE * 256, smallest)
    return np.asarray(pixels).reshape(rows, columns)


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
    full = np.ascontiguousarray(regions[rows][:, columns])
    brush = np.ones((BAND, BAND), np.uint8)
    inside = np.where(cv2.erode(full, brush) == cv2.dilate(full, brush), full, np.uint8(0))
    if not inside.any():
        return full
    _kernel("flood").flood(inside, np.ascontiguousarray(image))
    return inside


def _parts(regions: NDArray[np.uint8]) -> list[Mask]:
    """The largest connected part of each region; what is left over belongs to none."""
    found = []
    for number in range(1, int(regions.max()) + 1):
        mask = regions == number
        x, y, width, height = cv2.boundingRect(mask.view(np.uint8))
        if width == 0:
            continue
        inside = Box(x, y, x + width, y + height).slices
        mask[inside] = largest_part(np.ascontiguousarray(mask[inside]))
        found.append(mask)
    return found
