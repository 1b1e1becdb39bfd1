"""How a region of one picture looks beside the same region of another.

Source: Panda (ICLR 2026) for the five relations and their thresholds, there of a learned score.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Literal, TypeAlias, get_args

from schemas.records import DegradedRegion

Relation = Literal[
    "same", "slightly_better", "slightly_worse", "significantly_better", "significantly_worse"
]
RELATIONS: tuple[Relation, ...] = get_args(Relation)
Thresholds: TypeAlias = tuple[float, float]
"""Differences from which a relation is slight, and significant."""
PANDA: Thresholds = (0.1, 0.3)
THRESHOLDS: Mapping[str, Thresholds] = {
    "ssim": PANDA,
    "haarpsi": (0.15, 0.4),
    "damage": (0.3, 0.65),
}
"""By stored score. On the default data (three variants of photographs) each of the five relations
has 14 to 28 % of the regions that are degraded in at least one of the two pictures; for SSIM
Panda's own thresholds do that."""
DIGITS = 6
"""Of a stored score; relations are made from stored ones."""
SURE, ALIKE = 0.4, 0.2
"""Least and most difference in visible damage by which a viewer says better, or the same. Source:
twice and once the margin within which no grade is safe."""
LITTLE, MUCH = 1.6, 1.2
"""Most of it that a viewer still calls a little, and least that is called much: the damage up to
which a word is mild, and that less the same margin twice."""
WORST = 3.6


def relation(anchor: float, target: float, thresholds: Thresholds = PANDA) -> Relation:
    """The anchor's relation to the target, from scores 0 to 1, 1 for a pristine region."""
    difference, (slightly, significantly) = anchor - target, thresholds
    if abs(difference) < slightly:
        return "same"
    if abs(difference) < significantly:
        return "slightly_better" if difference > 0 else "slightly_worse"
    return "significantly_better" if difference > 0 else "significantly_worse"


def opposite(found: Relation) -> Relation:
    """The relation with the pictures swapped."""
    for one, other in (("better", "worse"), ("worse", "better")):
        if found.endswith(one):
            swapped: Relation = next(r for r in RELATIONS if r == found.replace(one, other))
            return swapped
    return found


def damage(region: DegradedRegion) -> float:
    """Visible damage; 0 for a clean region."""
    return region.scores.damage if region.scores and region.chain else 0.0


Score: TypeAlias = Callable[[DegradedRegion], float]
"""A region to its score, 0 to 1, rounded as it is written; 1 for a clean one."""
SCORES: Mapping[str, Callable[[DegradedRegion], float]] = {
    "ssim": lambda region: region.scores.ssim if region.scores else 1.0,
    "haarpsi": lambda region: region.scores.haarpsi if region.scores else 1.0,
    "damage": lambda region: 1 - damage(region) / WORST,
}
"""Scores 0 to 1 that are stored for every region, by name."""


def score(region: DegradedRegion, name: str) -> float:
    """A stored score of a region, rounded as it is written; 1 for a clean one."""
    found = SCORES[name](region) if region.chain else 1.0
    return round(min(1.0, max(0.0, found)), DIGITS)


def stored(name: str) -> Score:
    """The stored score of this name."""
    return partial(score, name=name)


def is_plain(
    found: Relation, anchor: DegradedRegion, target: DegradedRegion, by_how_much: bool = False
) -> bool:
    """Whether a viewer says so, too: what people see of the damage agrees with the relation.

    Args:
        found: The relation.
        anchor: The region in the first picture.
        target: The region in the second picture.
        by_how_much: Whether "slightly" and "significantly" must agree as well.
    """
    more = damage(target) - damage(anchor)
    if found == "same":
        return abs(more) < ALIKE
    more = more if found.endswith("better") else -more
    if not by_how_much:
        return more >= SURE
    return SURE <= more < LITTLE if found.startswith("slightly") else more >= MUCH
