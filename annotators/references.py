"""Phrases that name a region unambiguously in its picture.

Source: dataset rules, section 7: the label if it is unique, else label and position, else none.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from annotators.positions import relative_phrases
from schemas.boxes import Box
from schemas.records import DegradedRegion

WHOLE = "the whole image"


def references(regions: Sequence[DegradedRegion], width: int, height: int) -> dict[str, str]:
    """Region id to phrase; regions that cannot be told apart are absent.

    No two regions share a phrase, even where a label of its own reads like another's label with
    a place ("person on the left").

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
        for region, phrase in _told_apart(same, width, height):
            named[region.region_id] = f"the {label} {phrase}".rstrip()
    taken = Counter(named.values())
    return {region_id: phrase for region_id, phrase in named.items() if taken[phrase] == 1}


def _told_apart(
    same: Sequence[DegradedRegion], width: int, height: int
) -> Iterator[tuple[DegradedRegion, str]]:
    """Regions of one label with the place that tells them apart; none is needed for one."""
    if len(same) == 1:
        yield same[0], ""
        return
    boxes = [Box(*region.box) for region in same]
    points = [(region.point[0], region.point[1]) for region in same]
    phrases = relative_phrases(boxes, width, height, points)
    yield from ((region, p) for region, p in zip(same, phrases, strict=True) if p)
