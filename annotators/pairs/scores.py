"""Scores that compare pixels, by name: what packages and plugin files bring.

A file of yours is enough::

    @pair_score("likeness")
    def likeness(reference: Image, degraded: Image, mask: Mask) -> float:
        return 1 - np.abs(reference[mask] / 255 - degraded[mask] / 255).mean()

and ``pairs DATASET --score likeness --plugin FILE`` makes relations from it. A package declares one
entry point in the group ``iqa_spider.pair_scores`` that names the module.
"""

from collections.abc import Callable
from typing import TypeAlias

from annotators.pairs.relation import SCORES
from schemas.arrays import Image, Mask
from schemas.errors import ConfigError
from schemas.plugins import Registry

PairScore: TypeAlias = Callable[[Image, Image, Mask], float]
"""Photograph and degraded picture, uint8 ``(height, width, 3)``, and the region, bool ``(height,
width)``, to a score from 0 to 1, 1 for a region that is as it was."""

PAIR_SCORES: Registry[PairScore] = Registry("pair score", "iqa_spider.pair_scores")


def pair_score(name: str) -> Callable[[PairScore], PairScore]:
    """Register a score, as in ``pairs --score name``.

    Raises:
        ConfigError: The name is taken.
    """

    def add(function: PairScore) -> PairScore:
        if name in SCORES:
            raise ConfigError(f"pair score {name!r}: every dataset stores one of this name")
        PAIR_SCORES.add(name, function)
        return function

    return add
