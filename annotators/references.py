"""Phrases that name a region unambiguously in its picture.

Source: dataset rules, section 7: the label if it is unique, else label and position, else none.
"""

from collections.abc import Sequence

from annotators.positions import relative_phrases
from schemas.boxes import Box
from schemas.records import DegradedRegion

WHOLE = "the whole image"


def references(regions: Sequence[DegradedRegion], width: int, height: int) -> dict[str, str]:
    """Region id to phrase; regions that cannot be told apart are absent.

    Args:
        regions: Everything that has a name in the picture, also what is not asked about.
        width: Picture width, pixels.
        height: Picture height, pixels.
    """
    by_label: dict[str, list[DegradedRegion]] = {}
    named: dict[str, str] = {}
    for region in regions:
        if region.role == "whole":
            named[region.region_id] = WHOLE
        elif region.label_refined:
            by_label.setdefault(region.label_refined, []).append(region)
    for label, same in by_label.items():
        if len(same) == 1:
            named[same[0].region_id] = f"the {label}"
            continue
        boxes = [Box(*region.box) for region in same]
        points = [(region.point[0], region.point[1]) for region in same]
        phrases = relative_phrases(boxes, width, height, points)
        for region, phrase in zip(same, phrases, strict=True):
            if phrase:
                named[region.region_id] = f"the {label} {phrase}"
    return named
