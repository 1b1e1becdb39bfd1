"""How bad a region and a picture are, in the words of their grades."""

from collections.abc import Sequence

from schemas.records import DegradedRegion

GRADES = {"mild": 1, "moderate": 2, "severe": 3}
# Grade times share of the picture above which the whole is called poor or uneven.
POOR, MIXED = 0.6, 0.12


def grade_of(region: DegradedRegion) -> str:
    """The gravest grade of a region; empty where a step has none, for it may be graver."""
    grades = [step.grade for step in region.chain]
    return "" if "" in grades else max(grades, key=lambda grade: GRADES[grade], default="")


def weight(region: DegradedRegion) -> float:
    """How much a degraded region counts for the whole: gravest grade times share of the picture."""
    return max(GRADES.get(step.grade, 2) for step in region.chain) * region.area_fraction


def verdict_of(degraded: Sequence[DegradedRegion]) -> str:
    """``poor``, ``mixed`` or ``fair``: poor only with something severe, fair only without."""
    grades = {step.grade for region in degraded for step in region.chain}
    total = sum(weight(region) for region in degraded)
    if total > POOR and "severe" in grades:
        return "poor"
    return "fair" if grades == {"mild"} or (total <= MIXED and "severe" not in grades) else "mixed"
