"""Where on the picture a distortion works, and the numbers that are random there."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from distortions.kernels import Kernels
from schemas.arrays import Image, Mask
from schemas.boxes import Box
from schemas.errors import ContractError
from schemas.streams import KeyPart, derive_key

Depth: TypeAlias = NDArray[np.uint16]
"""How far away each pixel is, ``(height, width)``, from 0 to ``FARTHEST``."""
FARTHEST = 65535
Numbers: TypeAlias = NDArray[np.float64]

_draws = Kernels("draws")


@dataclass(frozen=True, slots=True)
class Site:
    """The place of a crop in its picture, and the key of what is random there.

    A distortion is given a crop and a site. Whatever must not change when the crop does
    (noise, block grids, the zoom centre) is computed in picture coordinates: the crop's pixel
    ``[row, column]`` is the picture's ``(x + column, y + row)``.

    Args:
        key: 64-bit key of this step; the same key gives the same noise.
        x: Picture column of the crop's first column, pixels.
        y: Picture row of the crop's first row, pixels.
        width: Width of the whole picture, pixels.
        height: Height of the whole picture, pixels.
        domain: The region's own pixels inside the crop, for types that use statistics;
            ``None`` means all of them.
        window: The part of the crop whose result is used, in crop coordinates; types that read
            the whole picture may leave the rest as it was. ``None`` means all of it.
        depth: How far away the crop's pixels are; ``None`` where nobody knows.
    """

    key: int
    x: int
    y: int
    width: int
    height: int
    domain: Mask | None = None
    window: Box | None = None
    depth: Depth | None = None

    @classmethod
    def whole(cls, image: Image, key: int = 0, domain: Mask | None = None) -> "Site":
        """The site of a whole picture."""
        height, width = image.shape[:2]
        return cls(key=key, x=0, y=0, width=width, height=height, domain=domain)

    def uniform(self, shape: tuple[int, ...], *, purpose: KeyPart = "") -> Numbers:
        """A number from ``[0, 1)`` for every pixel, or every sample, of the crop.

        The number belongs to the place in the picture: a crop has those that the whole picture
        has there, for instance ``site.uniform(image.shape[:2]) < 0.01`` strikes one pixel in a
        hundred.

        Args:
            shape: ``image.shape``, or ``image.shape[:2]`` for one number a pixel. The first two
                are rows and columns of pixels, whatever follows are independent numbers.
            purpose: Another purpose is another, independent set of numbers. A second call with
                the same purpose gives the same numbers again.

        Returns:
            float64 of ``shape``, 53 random bits each, the same on every machine.

        Raises:
            ContractError: ``shape`` is not rows and columns.

        Source: SplitMix64's finaliser over a counter, as the built-in noises have it.
        """
        return self._filled(_draws.uniform, shape, ("uniform", purpose))

    def normal(self, shape: tuple[int, ...], *, purpose: KeyPart = "") -> Numbers:
        """As ``uniform``, but from the standard normal distribution (mean 0, deviation 1).

        ``image + 12 * site.normal(image.shape)`` is a picture under Gaussian noise of 12 levels.

        Returns:
            float64 of ``shape``, from -4.13 to 4.13.

        Source: inverse of the distribution function in 8,192 equally likely bins, even in each.
        """

        def fill(key: np.uint64, x: int, y: int, out: Numbers) -> None:
            _draws.normal(key, x, y, _draws.normal_edges(), out)

        return self._filled(fill, shape, ("normal", purpose))

    def _filled(
        self, fill: Callable[..., None], shape: tuple[int, ...], stream: tuple[KeyPart, KeyPart]
    ) -> Numbers:
        if not isinstance(shape, tuple) or len(shape) < 2:
            raise ContractError(
                f"numbers are drawn for image.shape or image.shape[:2], got shape {shape!r}"
            )
        out = np.empty(shape, np.float64)
        if out.size:
            key = np.uint64(derive_key(self.key, *stream))
            fill(key, self.x, self.y, out.reshape(*shape[:2], -1))
        return out
