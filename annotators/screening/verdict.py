"""From scores to a refusal, or to the right to say that nothing is wrong."""

from typing import Final

import numpy as np

from annotators.screening.coarse import coarse
from annotators.screening.finer import finer
from schemas.arrays import Image, require_image
from schemas.records import Screen
from schemas.settings.config import ScreenConfig

CLEAR: Final = Screen(
    sharpness=2.0,
    noise=3.0,
    blockiness=1.15,
    detail=6.0,
    clipped=0.02,
    steadiness=1.6,
    focus=1.25,
    texture=0.1,
    blown=0.02,
    veil=45.0,
)
"""Scores well inside the limits: a third of good photographs reach all of them, and of those with a
flaw hardly any. Chosen on one half of the shared ones: ``tests/benchmarks/screening.py``."""
DIGITS: Final = 4


def screen(image: Image) -> Screen:
    """Score a picture; see ``coarse`` and ``finer``.

    Raises:
        ContractError: An array that is no RGB picture.
    """
    require_image(image)
    pixels = np.ascontiguousarray(image)
    scores = {**coarse(pixels)._asdict(), **finer(pixels)._asdict()}
    return Screen(**{name: round(value, DIGITS) for name, value in scores.items()})


def verdict(scores: Screen, config: ScreenConfig) -> tuple[str, str] | None:
    """Reason and detail when the picture is no good source, else ``None``."""
    least = (
        ("near_uniform", "detail", config.min_detail),
        ("blurred", "sharpness", config.min_sharpness),
        ("shaken", "steadiness", config.min_steadiness),
        ("smeared", "texture", config.min_texture),
    )
    most = (
        ("clipped", "clipped", config.max_clipped),
        ("blown_out", "blown", config.max_blown),
        ("over_compressed", "blockiness", config.max_blockiness),
        ("noisy", "noise", config.max_noise),
        ("hazy", "veil", config.max_veil),
    )
    found = {
        reason: f"{name} {_said(getattr(scores, name))}, at least {limit:g}"
        for reason, name, limit in least
        if getattr(scores, name) < limit
    } | {
        reason: f"{name} {_said(getattr(scores, name))}, at most {limit:g}"
        for reason, name, limit in most
        if getattr(scores, name) > limit
    }
    return next(((reason, found[reason]) for reason in REASONS if reason in found), None)


REASONS: Final = (
    *("near_uniform", "clipped", "blown_out", "over_compressed", "noisy"),
    *("blurred", "shaken", "smeared", "hazy"),
)
"""Reasons in the order in which they are given, the plainest first."""


def _said(value: float) -> str:
    return f"{value:.3f}" if value < 1 else f"{value:.2f}"


def well_inside(scores: Screen) -> bool:
    """Whether "no visible flaw" may be said of what nobody degraded in this picture.

    The limits of ``CLEAR`` are stricter than any that only keep a picture out.
    """
    least = ("sharpness", "detail", "steadiness", "focus", "texture")
    most = ("noise", "blockiness", "clipped", "blown", "veil")
    return all(getattr(scores, name) >= getattr(CLEAR, name) for name in least) and all(
        getattr(scores, name) <= getattr(CLEAR, name) for name in most
    )
