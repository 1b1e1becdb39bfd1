"""What the ViDA-shaped questions know of a picture: flaws in their words, computed weights.

Significance and level are people's judgements in ViDA-UGC; here they are computed and said to be:
``significance = harm * sqrt(area share)`` with ``harm = max(1 - SSIM, min(1, mean deltaE / 40))``,
and the level follows the sum over regions of area share times harm.

Source: detailed assessment rules, section 3.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from annotators.facts import PictureFacts
from annotators.questions.vida.syntax import Coordinates, Found, thousandths
from annotators.questions.vida.vocabulary import Level, Vocabulary
from schemas import masks
from schemas.arrays import Mask
from schemas.records import DegradedRegion, Scores, Step

MIN_FILL = 0.35
"""A region that fills less of its box is given no box: that would claim pixels that are fine."""
CLEARLY = 1.25
"""How many times the second significance the first must be to be asked for."""
STRONGEST = 40.0
"""Mean CIEDE2000 that counts as full harm."""
_GRADES = {1: "mild", 2: "mild", 3: "moderate", 4: "severe", 5: "severe"}
_PAIR = {1: "mild", 2: "moderate", 3: "severe"}


class Flaw(NamedTuple):
    """One step of one region, in their words.

    Args:
        region: Where.
        step: What was done.
        name: Class.
        severity: The word for how strong; empty where nobody said.
        certain: Whether a viewer would choose this word and no other.
        box: Of the region, in thousandths.
        significance: See above; 0 where nothing was measured.
    """

    region: DegradedRegion
    step: Step
    name: str
    severity: str
    certain: bool
    box: Coordinates
    significance: float

    @property
    def found(self) -> Found:
        """As an answer places it."""
        return Found(self.name, self.severity, self.box)


@dataclass(frozen=True)
class Scene:
    """A picture in their words.

    Args:
        facts: What is known.
        vocabulary: Their words.
        flaws: Region by region, steps in their order.
        sparse: Ids of regions that get no box.
    """

    facts: PictureFacts
    vocabulary: Vocabulary
    flaws: tuple[Flaw, ...]
    sparse: frozenset[str]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, pixels."""
        return self.facts.width, self.facts.height

    @property
    def names(self) -> tuple[str, ...]:
        """Classes that are there, in the order of the vocabulary."""
        there = {flaw.name for flaw in self.flaws}
        return tuple(name for name in self.vocabulary.names if name in there)

    @property
    def absent(self) -> tuple[str, ...]:
        """Classes that are not there."""
        there = {flaw.name for flaw in self.flaws}
        return tuple(name for name in self.vocabulary.names if name not in there)

    def of(self, region_id: str) -> tuple[Flaw, ...]:
        """The flaws of a region."""
        return tuple(flaw for flaw in self.flaws if flaw.region.region_id == region_id)

    def named(self, name: str) -> tuple[Flaw, ...]:
        """The flaws of a class."""
        return tuple(flaw for flaw in self.flaws if flaw.name == name)

    @property
    def ranked(self) -> list[DegradedRegion]:
        """Degraded regions, the most significant first."""
        weights = {flaw.region.region_id: flaw.significance for flaw in self.flaws}
        degraded = list(self.facts.degraded)
        return sorted(degraded, key=lambda r: (-weights[r.region_id], r.region_id))

    @property
    def keys(self) -> tuple[Flaw, ...]:
        """The key distortions: all of the most significant region."""
        return self.of(self.ranked[0].region_id) if self.flaws else ()

    @property
    def clear_key(self) -> bool:
        """Whether the first region matters clearly more than the second."""
        weights = [self.of(region.region_id)[0].significance for region in self.ranked[:2]]
        return len(weights) == 1 or (len(weights) == 2 and weights[0] >= CLEARLY * weights[1] > 0)

    @property
    def level(self) -> Level:
        """The computed level of the picture."""
        total = sum(region.area_fraction * harm(region.scores) for region in self.facts.degraded)
        return self.vocabulary.level(total)

    def importance(self, region: DegradedRegion) -> str:
        """The word for how much a degraded region matters."""
        highest = self.keys[0].significance
        own = self.of(region.region_id)[0].significance
        return self.vocabulary.importance(own / highest if highest else 1.0)


def scene(facts: PictureFacts, vocabulary: Vocabulary) -> Scene | None:
    """A picture in their words; ``None`` where it carries what they have no word for."""
    flaws = []
    for region in facts.degraded:
        for step in region.chain:
            name = vocabulary.class_of(step)
            if name is None:
                return None
            flaws.append(_flaw(region, step, name, facts, vocabulary))
    sparse = frozenset(r.region_id for r in facts.regions if fill(r, facts) < MIN_FILL)
    return Scene(facts, vocabulary, tuple(flaws), sparse)


def _flaw(
    region: DegradedRegion, step: Step, name: str, facts: PictureFacts, vocabulary: Vocabulary
) -> Flaw:
    grades: Mapping[int, str] = _PAIR if len(region.chain) == 2 else _GRADES
    grade = step.grade or (grades.get(step.severity, "") if facts.origin == "synthetic" else "")
    weight = harm(region.scores) * math.sqrt(region.area_fraction)
    box = thousandths(region.box, facts.width, facts.height)
    word = vocabulary.severity_word(grade) or ""
    return Flaw(region, step, name, word, bool(step.grade), box, weight)


def harm(scores: Scores | None) -> float:
    """0 (none) to 1 from measured scores; SSIM alone is blind to colour."""
    if scores is None:
        return 0.0
    return max(1 - scores.ssim, min(1.0, scores.delta_e / STRONGEST))


def fill(region: DegradedRegion, facts: PictureFacts) -> float:
    """Share of its box that a region fills."""
    x0, y0, x1, y1 = region.box
    return masks.area(region.mask, facts.height, facts.width) / ((x1 - x0) * (y1 - y0))


def mask_of(region: DegradedRegion, facts: PictureFacts) -> Mask:
    """Its mask, ``(height, width)``."""
    return masks.decode(region.mask, facts.height, facts.width)
