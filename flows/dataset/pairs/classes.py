"""A region as Panda knows it: one class, one severity from 0 to 3, one score.

Source: the public loader of Panda (ICLR 2026), whose words these are.
"""

from distortions.perception.words import MODERATE_FROM, SEVERE_FROM
from distortions.registry import DISTORTIONS
from schemas.records import DegradedRegion, Step

CLEAN = "clean"
SEVERITIES = (CLEAN, "minor", "moderate", "severe")
_GRADES = ("", "mild", "moderate", "severe")


def strongest(region: DegradedRegion) -> Step | None:
    """The step that does most damage, the later one of two; ``None`` for a clean region."""
    found: Step | None = None
    for step in region.chain:
        if found is None or _weight(step) >= _weight(found):
            found = step
    return found


def class_of(region: DegradedRegion) -> str | None:
    """Its class, as its type names it; ``None`` where Panda has none for it."""
    step = strongest(region)
    if step is None:
        return CLEAN
    known = DISTORTIONS.get(step.type)
    return known.panda if known else None


def severity_of(region: DegradedRegion) -> int:
    """0 for clean, 1 to 3 by the step's grade; by its damage where no grade is safe."""
    step = strongest(region)
    if step is None:
        return 0
    if step.grade:
        return _GRADES.index(step.grade)
    damage = step.damage or 0.0
    return 1 + (damage >= MODERATE_FROM) + (damage >= SEVERE_FROM)


def _weight(step: Step) -> tuple[float, int]:
    return step.damage or 0.0, step.severity
