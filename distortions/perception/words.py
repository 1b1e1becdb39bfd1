"""From numbers to words: seen or not, mild, moderate or severe."""

from typing import Literal, TypeAlias

from distortions.perception.measures import Damage, Glance

Grade: TypeAlias = Literal["mild", "moderate", "severe"]

MODERATE_FROM, SEVERE_FROM = 1.6, 2.6
"""Damage at an opinion of 3 (slightly annoying) and of 2 (annoying). Source: the degradation
category scale, ITU-R BT.500, as KADID-10k used it."""
GRADE_MARGIN = 0.2
"""About half of the score's error on a type it was not fitted to: within it, no word is safe."""

SEEN_DELTA_E = 5.0
SEEN_STRUCTURE = 0.045
"""Of what passes, a referee (S-CIELAB, multi-scale SSIM) sees 99 %; of what it sees 94 % pass.
Source: ``tests/benchmarks/visibility.py``, set on seeds 1 and 2, checked on seed 3."""


ORDER_STRUCTURE, ORDER_DELTA_E = 1.25, 1.5
ORDER_SHARE = 0.1
"""What two orders of a chain must differ by, in thresholds of one step: a step is looked for
against nothing, an order against another way of being bad. Colour needs more than structure, for
grains of colour (noise before or after fading) melt at a distance while CIEDE2000 counts them; and
a tenth of the region must differ, for a few specks are no other look. Source: 317 chains on the
shared photographs and COCO, of which the referee sees 98.7 % without and 268 of 268 with it."""


def visible(
    measured: Damage | Glance, *, delta_e: float = SEEN_DELTA_E, structure: float = SEEN_STRUCTURE
) -> bool:
    """Whether somebody who has no reference beside it sees the difference.

    Args:
        measured: What ``compare``, or a glance, found between the picture with and the one without.
        delta_e: Least 95th percentile of CIEDE2000.
        structure: Least loss of SSIM; either will do.
    """
    return measured.delta_e_95 >= delta_e or 1 - measured.ssim >= structure


def colour_visible(measured: Damage, *, delta_e: float, structure: float) -> bool:
    """Whether a flaw of colour alone is seen, which luma does not show and the mean hides.

    Args:
        measured: As ``visible``.
        delta_e: Least 95th percentile of CIEDE2000.
        structure: Least loss of SSIM of a* and b*; both are needed.
    """
    return measured.delta_e_95 >= delta_e and 1 - measured.chroma_ssim >= structure


def specks_visible(measured: Damage, *, share: float, peak: float) -> bool:
    """Whether a flaw of few strong places is seen: rain, lost blocks.

    Args:
        measured: As ``visible``.
        share: Least share of the region that differs.
        peak: Least 99th percentile of CIEDE2000; both are needed.
    """
    return measured.share_visible >= share and measured.delta_e_99 >= peak


def orders_differ(
    measured: Damage, *, delta_e: float = SEEN_DELTA_E, structure: float = SEEN_STRUCTURE
) -> bool:
    """Whether the two orders of a chain look different; arguments as ``visible``.

    Args:
        measured: What ``compare`` found between the two results.
        delta_e: As for one step; multiplied by ``ORDER_DELTA_E``.
        structure: As for one step; multiplied by ``ORDER_STRUCTURE``.
    """
    limits = {"delta_e": ORDER_DELTA_E * delta_e, "structure": ORDER_STRUCTURE * structure}
    return measured.share_visible >= ORDER_SHARE and visible(measured, **limits)


def grade_of(damage: float, margin: float = GRADE_MARGIN) -> Grade | None:
    """The word for a damage, ``None`` where it lies within ``margin`` of a border."""
    if any(abs(damage - border) < margin for border in (MODERATE_FROM, SEVERE_FROM)):
        return None
    if damage < MODERATE_FROM:
        return "mild"
    return "moderate" if damage < SEVERE_FROM else "severe"
