"""Measures of a region, and the score that is made of them."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

HAAR_STEEPNESS = 4.2
UNTOUCHED = 4.6
"""What people gave pictures that had not been changed. Source: KADID-10k, types 8 and 18."""


class Fit(NamedTuple):
    """How measures make a score; see ``score``.

    Source: fitted by ``tests/benchmarks/fit_perception.py`` to the opinion scores of KADID-10k
    (Lin et al. 2019), 23 of its types remade on 14 photographs at 512 pixels.
    """

    gmsd: float = 5.8102
    haarpsi: float = 1.0901
    colour: float = 0.0617
    lightness: float = 0.0247
    peak: float = 0.0098


FIT = Fit()
FLAT_SHARE = 0.5
"""GMSD is a deviation: where all gradients are lost alike it falls to 0. There this share of the
mean loss stands in, which is below GMSD in every cell of KADID-10k."""


class Damage(NamedTuple):
    """What a viewer sees of the difference between two versions of a region.

    Args:
        damage: Points of opinion lost, 0 (nothing to see) to 3.6; 4.6 minus it is the score
            people would give (KADID-10k's scale: 5 imperceptible, 1 very annoying).
        gmsd: Gradient magnitude similarity deviation on blocks.
        gradient_loss: 1 minus the mean gradient magnitude similarity.
        haarpsi: Haar perceptual similarity, 1 where nothing changed.
        delta_e_mean: Mean CIEDE2000 of the blocks.
        delta_e_95: Its 95th percentile.
        delta_e_99: Its 99th percentile.
        lightness: Mean of CIEDE2000's lightness part.
        colour: Mean of its part in chroma and hue.
        ssim: SSIM of L*.
        chroma_ssim: Mean of the SSIM of a* and b*.
        share_visible: Share of the mask in blocks with CIEDE2000 above 3.
    """

    damage: float
    gmsd: float
    gradient_loss: float
    haarpsi: float
    delta_e_mean: float
    delta_e_95: float
    delta_e_99: float
    lightness: float
    colour: float
    ssim: float
    chroma_ssim: float
    share_visible: float

    @property
    def opinion(self) -> float:
        """Score that people would give, on KADID-10k's scale."""
        return round(UNTOUCHED - self.damage, 4)


class Glance(NamedTuple):
    """The part of ``Damage`` that tells whether there is anything to see."""

    delta_e_95: float
    ssim: float


def glance_of(sums: NDArray[np.float64]) -> Glance:
    """The same numbers as ``of_sums`` gives, from what ``kernels.pooling.glance`` added up."""
    return Glance(*(round(float(value), 4) + 0.0 for value in (sums[9], sums[11] / sums[0])))


def of_sums(sums: NDArray[np.float64]) -> Damage:
    """Measures from what ``kernels.pooling.pool`` added up, rounded to four decimals."""
    area = float(sums[0])
    loss, squares = sums[1] / area, sums[2] / area
    measured = Damage(
        damage=0.0,
        gmsd=math.sqrt(max(0.0, squares - loss * loss)),
        gradient_loss=loss,
        haarpsi=_unsquashed(float(sums[3]), float(sums[4])),
        delta_e_mean=sums[5] / area,
        delta_e_95=sums[9],
        delta_e_99=sums[10],
        lightness=sums[14] / area,
        colour=sums[6] / area,
        ssim=sums[11] / area,
        chroma_ssim=(sums[12] + sums[13]) / (2 * area),
        share_visible=sums[7] / area,
    )
    rounded = Damage(*(round(float(value), 4) + 0.0 for value in measured))
    return rounded._replace(damage=round(score(rounded), 4))


def score(measured: Damage, fit: Fit = FIT) -> float:
    """Damage on the scale of opinions.

    Four terms are joined by the fourth root of the sum of their fourth powers, near to the largest
    yet smooth: loss of structure (GMSD and HaarPSI), colour moved, lightness moved (squared:
    people forgive it until it is large) and the worst hundredth.

    Source: our own; the link 4.6 to 1 falls exponentially with the joined term, constants of
    ``Fit``.
    """
    edges = max(measured.gmsd, FLAT_SHARE * measured.gradient_loss)
    terms = (
        fit.gmsd * edges + fit.haarpsi * (1 - measured.haarpsi),
        fit.colour * measured.colour,
        (fit.lightness * measured.lightness) ** 2,
        fit.peak * measured.delta_e_99,
    )
    joined = math.sqrt(math.sqrt(math.fsum((term * term) ** 2 for term in terms)))
    return (UNTOUCHED - 1) * (1 - math.exp(-joined))


def _unsquashed(similar: float, weight: float) -> float:
    """HaarPSI from its weighted sum; 1 where there is no structure at all."""
    if weight == 0:
        return 1.0
    mean = min(similar / weight, 1 / (1 + math.exp(-HAAR_STEEPNESS)))
    return float((math.log(mean / (1 - mean)) / HAAR_STEEPNESS) ** 2)
