"""The temperature that suits a model: it decides where between corner and centre points fall."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from flows.pointing.points import Scored, to_point
from schemas.arrays import Mask

GRID = tuple(round(2 ** (step / 2), 3) for step in range(-4, 15))
"""Temperatures tried: 0.25 to 128, half an octave apart."""


class Calibration(NamedTuple):
    """What ``--calibrate`` found.

    Args:
        temperature: The best.
        accuracy: Share of points inside their target at each temperature of ``GRID``.
        rows: Rows looked at.
    """

    temperature: float
    accuracy: dict[float, float]
    rows: int


def calibrate(scored: Sequence[Scored], masks: Sequence[Mask]) -> Calibration:
    """The temperature with which most points lie inside their target.

    Where several do equally well the middle one is taken, since a lone peak is often chance.

    Args:
        scored: Answers with scores; those that give no point count as misses.
        masks: Targets, ``(height, width)``.
    """
    accuracy = {tau: _accuracy(scored, masks, tau) for tau in GRID}
    top = max(accuracy.values(), default=0.0)
    # within one standard error of the best is as good as the best
    error = math.sqrt(top * (1 - top) / len(scored)) if scored else 0.0
    good = [tau for tau in GRID if accuracy[tau] >= top - error / 2]
    return Calibration(good[len(good) // 2], accuracy, len(scored))


def _accuracy(scored: Sequence[Scored], masks: Sequence[Mask], temperature: float) -> float:
    hits = sum(is_inside(one, mask, temperature) for one, mask in zip(scored, masks, strict=True))
    return hits / len(scored) if scored else 0.0


def is_inside(scored: Scored, mask: Mask, temperature: float) -> bool:
    """Whether the point of an answer lies in a mask; an answer without a point does not."""
    point = to_point(scored, temperature)
    if point.status != "point":
        return False
    x, y = point.pixels(mask.shape[1], mask.shape[0])
    return bool(mask[int(y), int(x)])  # the pixel it falls into, as evaluate counts
