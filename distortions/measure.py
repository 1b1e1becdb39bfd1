"""How far a region moved: full-reference measures inside a mask, and the direction of the change.

All are rounded to four decimals, so that the last bits of a mathematics library cannot change a
stored number or a decision.
"""

import math
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from distortions.kernels import Kernels
from schemas.arrays import Image, Mask, require_image, require_mask
from schemas.errors import ContractError

WINDOW = 7
PSNR_CAP = 100.0
COLOUR_SAMPLES = 4_096
# Below this a mean gradient, a deviation or a chroma is that of a flat or grey region.
FLAT = 0.05

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
    """

    delta_e: float
    gradient_log_ratio: float
    ssim: float
    contrast_ratio: float
    chroma_ratio: float
    lightness_shift: float


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
    area = _require(reference, degraded, mask)
    before, after = _compare.luma(reference), _compare.luma(degraded)
    spread_before, spread_after = _spread(before, mask, area), _spread(after, mask, area)
    sums = _colours(reference, degraded, mask, area)
    values = Effect(
        delta_e=sums[0] / sums[4],
        gradient_log_ratio=_roughened(before, after, mask, area),
        ssim=_compare.ssim_sum(before, after, mask, WINDOW) / area,
        contrast_ratio=(spread_after + FLAT) / (spread_before + FLAT),
        chroma_ratio=(sums[3] / sums[4] + FLAT) / (sums[2] / sums[4] + FLAT),
        lightness_shift=sums[1] / sums[4],
    )
    return Effect(*map(_rounded, values))


def fidelity(reference: Image, degraded: Image, mask: Mask) -> Fidelity:
    """What is stored of a finished region; arguments and errors as ``compare``."""
    area = _require(reference, degraded, mask)
    before, after = _compare.luma(reference), _compare.luma(degraded)
    sums = _colours(reference, degraded, mask, area)
    values = Fidelity(
        psnr=_psnr(_compare.squared_error(reference, degraded, mask), area),
        ssim=_compare.ssim_sum(before, after, mask, WINDOW) / area,
        delta_e=sums[0] / sums[4],
    )
    return Fidelity(*map(_rounded, values))


def compare_orders(one: Image, other: Image, mask: Mask) -> OrderEffect:
    """What is stored of two orders; arguments and errors as ``compare``."""
    area = _require(one, other, mask)
    before, after = _compare.luma(one), _compare.luma(other)
    ssim = _compare.ssim_sum(before, after, mask, WINDOW) / area
    return OrderEffect(_rounded(ssim), abs(_rounded(_roughened(before, after, mask, area))))


def _require(reference: Image, degraded: Image, mask: Mask) -> int:
    require_image(reference, "reference")
    require_image(degraded, "degraded")
    if reference.shape != degraded.shape:
        raise ContractError(f"expected equal shapes, got {reference.shape} and {degraded.shape}")
    require_mask(mask, *reference.shape[:2])
    area = int(np.count_nonzero(mask))
    if area == 0:
        raise ContractError("cannot measure inside an empty mask")
    return area


def _rounded(value: float) -> float:
    return round(float(value), 4) + 0.0


def _colours(reference: Image, degraded: Image, mask: Mask, area: int) -> NDArray[np.float64]:
    """Sums of colour difference, lightness moved, chroma before and after, and of pixels."""
    every = -(-area // COLOUR_SAMPLES)
    sums: NDArray[np.float64] = _delta_e.colour_sums(reference, degraded, mask, _linear(), every)
    return sums


def _roughened(before: NDArray[np.int32], after: NDArray[np.int32], mask: Mask, area: int) -> float:
    rough = [_compare.gradient_sum(plane, mask) / area + FLAT for plane in (before, after)]
    return math.log(rough[1] / rough[0])


def _spread(plane: NDArray[np.int32], mask: Mask, area: int) -> float:
    total, squares = _compare.luma_moments(plane, mask)
    return math.sqrt(max(0, area * int(squares) - int(total) ** 2)) / area


def _psnr(squared: int, area: int) -> float:
    if squared == 0:
        return PSNR_CAP
    return min(PSNR_CAP, 10 * math.log10(255 * 255 * 3 * area / squared))


@cache
def _linear() -> NDArray[np.float64]:
    """Linear light of the 256 sRGB levels. Source: IEC 61966-2-1."""
    levels = [v / 255 for v in range(256)]
    curve = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in levels]
    return np.round(np.array(curve), 12)
