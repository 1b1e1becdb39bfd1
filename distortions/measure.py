"""How far a region moved: full-reference measures inside a mask, and the direction of the change.

All are rounded to four decimals, so that the last bits of a mathematics library cannot change a
stored number or a decision.
"""

import math
from functools import cached_property
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from distortions.kernels import Kernels
from distortions.pixels import tables
from schemas.arrays import Image, Mask, require_image, require_mask
from schemas.errors import ContractError

WINDOW = 7
PSNR_CAP = 100.0
COLOUR_SAMPLES = 4_096
# Below this a mean gradient, a deviation or a chroma is that of a flat or grey region.
FLAT = 0.05
# The steepest share of a region's pixels are the edges that a viewer follows; below a gradient of
# so many levels a pixel a surface is without structure.
EDGE_SHARE = 0.02
SMOOTH = 2.0

_compare = Kernels("compare")
_delta_e = Kernels("delta_e")


class Effect(NamedTuple):
    """What changed between two versions of a region.

    Args:
        delta_e: Mean CIEDE2000; over at most 4,096 of the mask's pixels, evenly taken.
        gradient_log_ratio: Natural log of mean Prewitt gradient after over before; 0 when both
            are flat.
        ssim: Mean SSIM over the mask; luma, uniform 7x7 window.
        contrast_ratio: Standard deviation of luma after over before; 1 when both are flat.
        chroma_ratio: Mean Lab chroma after over before; 1 when both are grey.
        lightness_shift: Mean L* after minus before.
        edges_kept: Mean gradient after over before at the steepest fiftieth of the pixels; 1 unless
            asked for.
        smooth: Share of the region that was without structure before; likewise.
    """

    delta_e: float
    gradient_log_ratio: float
    ssim: float
    contrast_ratio: float
    chroma_ratio: float
    lightness_shift: float
    edges_kept: float = 1.0
    smooth: float = 1.0


class Fidelity(NamedTuple):
    """How far a region is from its pristine self, pixel by pixel.

    Args:
        psnr: Peak signal-to-noise ratio over the mask, dB, at most 100.
        ssim: As in ``Effect``.
        delta_e: As in ``Effect``.
    """

    psnr: float
    ssim: float
    delta_e: float


class OrderEffect(NamedTuple):
    """How two orders of a chain differ, pixel by pixel.

    Args:
        ssim: SSIM between the two results.
        gradient: Absolute log ratio of their mean gradients.
    """

    ssim: float
    gradient: float


class Look:
    """One state of a region; what is measured of it alone is measured once, when it is needed."""

    def __init__(self, region: "Looker", image: Image) -> None:
        self.region, self.image = region, np.ascontiguousarray(image)
        self._compared: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None

    @cached_property
    def luma(self) -> NDArray[np.int32]:
        """BT.601, ``(height, width)``."""
        plane: NDArray[np.int32] = _compare.luma(self.image)
        return plane

    @cached_property
    def rough(self) -> float:
        """Mean Prewitt gradient of luma, not quite 0 where it is flat."""
        region = self.region
        return float(_compare.gradient_sum(self.luma, region.mask) / region.area + FLAT)

    @cached_property
    def slopes(self) -> NDArray[np.float64]:
        """Prewitt gradients of luma under the mask, pixel by pixel."""
        return gradients(self.luma)[self.region.mask]

    @cached_property
    def spread(self) -> float:
        """Standard deviation of luma."""
        area = self.region.area
        total, squares = _compare.luma_moments(self.luma, self.region.mask)
        return math.sqrt(max(0, area * int(squares) - int(total) ** 2)) / area

    @cached_property
    def lab(self) -> NDArray[np.float64]:
        """CIE Lab of the sampled pixels, ``(pixels, 3)``."""
        values: NDArray[np.float64] = _delta_e.lab_of(
            self.image, self.region.places, tables.light()
        )
        return values

    def colours_against(self, before: "Look") -> NDArray[np.float64]:
        """Sums of colour difference, lightness moved, chroma before and after, and of pixels."""
        if self._compared is None or self._compared[0] is not before.lab:
            self._compared = before.lab, _delta_e.colour_sums(before.lab, self.lab)
        return self._compared[1]

    def among(self, before: "Look") -> "Look":
        """This state under the mask and ``before`` around it, as in the degraded picture."""
        image = before.image.copy()
        cv2.copyTo(self.image, self.region.mask.view(np.uint8), image)
        look = Look(self.region, image)
        # The colours under the mask are the same.
        look.lab, look._compared = self.lab, self._compared
        return look


class Looker:
    """Measures states of one region against each other.

    Args:
        mask: bool ``(height, width)``, not empty.

    Raises:
        ContractError: No mask, or an empty one.
    """

    def __init__(self, mask: Mask) -> None:
        require_mask(mask, *mask.shape)
        self.mask = np.ascontiguousarray(mask)
        self.area = int(np.count_nonzero(mask))
        if self.area == 0:
            raise ContractError("cannot measure inside an empty mask")

    @cached_property
    def places(self) -> NDArray[np.int32]:
        """Where colours are compared: at most 4,096 of the mask's pixels, evenly taken."""
        every = -(-self.area // COLOUR_SAMPLES)
        found: NDArray[np.int32] = _compare.every_nth(self.mask, every, -(-self.area // every))
        return found

    def look(self, image: Image) -> Look:
        """Prepare a state: uint8 RGB ``(height, width, 3)`` of the mask's size."""
        require_image(image)
        require_mask(self.mask, *image.shape[:2])
        return Look(self, image)

    def effect(self, before: Look, after: Look, *, detail: bool = False) -> Effect:
        """See ``compare``; with ``detail``, what only a few families are asked, too."""
        sums = after.colours_against(before)
        values = Effect(
            delta_e=sums[0] / sums[4],
            gradient_log_ratio=math.log(after.rough / before.rough),
            ssim=self._ssim(before, after),
            contrast_ratio=(after.spread + FLAT) / (before.spread + FLAT),
            chroma_ratio=(sums[3] / sums[4] + FLAT) / (sums[2] / sums[4] + FLAT),
            lightness_shift=sums[1] / sums[4],
        )
        found = Effect(*map(_rounded, values[:6]))
        return found._replace(**_detail(before, after)) if detail else found

    def fidelity(self, before: Look, after: Look) -> Fidelity:
        """See ``fidelity``."""
        sums = after.colours_against(before)
        squared = _compare.squared_error(before.image, after.image, self.mask)
        values = Fidelity(
            psnr=_psnr(squared, self.area),
            ssim=self._ssim(before, after),
            delta_e=sums[0] / sums[4],
        )
        return Fidelity(*map(_rounded, values))

    def orders(self, one: Look, other: Look) -> OrderEffect:
        """See ``compare_orders``."""
        rougher = _rounded(math.log(other.rough / one.rough))
        return OrderEffect(_rounded(self._ssim(one, other)), abs(rougher))

    def _ssim(self, one: Look, other: Look) -> float:
        return float(_compare.ssim_sum(one.luma, other.luma, self.mask, WINDOW) / self.area)


def compare(reference: Image, degraded: Image, mask: Mask) -> Effect:
    """Measure ``degraded`` against ``reference`` inside ``mask``.

    Args:
        reference: uint8 RGB ``(height, width, 3)``; a crop will do.
        degraded: The same shape.
        mask: bool ``(height, width)``, not empty.

    Raises:
        ContractError: Shapes that differ or an empty mask.

    Source: SSIM, Wang et al. 2004; CIEDE2000, Sharma et al. 2005.
    """
    region, before, after = _looks(reference, degraded, mask)
    return region.effect(before, after)


def fidelity(reference: Image, degraded: Image, mask: Mask) -> Fidelity:
    """What is stored of a finished region; arguments and errors as ``compare``."""
    region, before, after = _looks(reference, degraded, mask)
    return region.fidelity(before, after)


def compare_orders(one: Image, other: Image, mask: Mask) -> OrderEffect:
    """What is stored of two orders; arguments and errors as ``compare``."""
    region, before, after = _looks(one, other, mask)
    return region.orders(before, after)


def gradients(plane: NDArray[np.int32]) -> NDArray[np.float64]:
    """Prewitt gradient magnitudes of a luma plane, grey levels a pixel, of its shape."""
    values = plane.astype(np.float64)
    smooth, step = np.ones(3), np.array([-1.0, 0.0, 1.0])
    across = cv2.sepFilter2D(values, -1, step, smooth, borderType=cv2.BORDER_REPLICATE)
    down = cv2.sepFilter2D(values, -1, smooth, step, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(np.sqrt(across * across + down * down) / 6, np.float64)


def _detail(before: Look, after: Look) -> dict[str, float]:
    last = before.slopes.size - max(1, int(EDGE_SHARE * before.slopes.size))
    steep = before.slopes >= np.partition(before.slopes, last)[last]
    kept = (after.slopes[steep].sum() + FLAT) / (before.slopes[steep].sum() + FLAT)
    smooth = np.count_nonzero(before.slopes < SMOOTH) / before.slopes.size
    return {"edges_kept": _rounded(kept), "smooth": _rounded(smooth)}


def _looks(reference: Image, degraded: Image, mask: Mask) -> tuple[Looker, Look, Look]:
    require_image(reference, "reference")
    require_image(degraded, "degraded")
    if reference.shape != degraded.shape:
        raise ContractError(f"expected equal shapes, got {reference.shape} and {degraded.shape}")
    require_mask(mask, *reference.shape[:2])
    region = Looker(mask)
    return region, region.look(reference), region.look(degraded)


def _rounded(value: float) -> float:
    return round(float(value), 4) + 0.0


def _psnr(squared: int, area: int) -> float:
    if squared == 0:
        return PSNR_CAP
    return min(PSNR_CAP, 10 * math.log10(255 * 255 * 3 * area / squared))
