"""Stage 2: where the things are. A detector takes pictures with phrases and gives boxes."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from annotators.language.grid import Shares
from flows.grounding.merge import area_of
from schemas.arrays import Image
from schemas.settings.grounding import DetectConfig

DETECTORS = ("grounding-dino", "endpoint")
"""Detectors that a configuration may name."""


class Hit(NamedTuple):
    """A box that was found.

    Args:
        box: Shares of width and height.
        score: 0 to 1.
    """

    box: Shares
    score: float


class Looked(NamedTuple):
    """A phrase to look for.

    Args:
        image: The picture, uint8 RGB ``(height, width, 3)``.
        phrase: The words that describe the thing.
    """

    image: Image
    phrase: str


class Detector(Protocol):
    """Whoever finds things."""

    name: str
    """As rows name it, with the version of its weights where there is one."""

    def find(self, asked: Sequence[Looked]) -> list[list[Hit]]:
        """The boxes of every phrase, in the order of the phrases."""
        ...


def usable(hits: Sequence[Hit], config: DetectConfig) -> tuple[list[Hit], Counter[str]]:
    """The best boxes that are large enough, clipped to the picture; and what was dropped."""
    dropped: Counter[str] = Counter()
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda one: (-one.score, one.box)):
        x0, y0, x1, y1 = (min(1.0, max(0.0, side)) for side in hit.box)
        if area_of((x0, y0, x1, y1)) < config.min_area:
            dropped["too_small"] += 1
        elif len(kept) == config.at_most:
            dropped["too_many"] += 1
        else:
            kept.append(Hit((x0, y0, x1, y1), hit.score))
    if not hits:
        dropped["nothing_detected"] += 1
    return kept, dropped
