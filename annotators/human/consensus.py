"""Several people, one region: who marked the same thing, and what most of them agree on."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from schemas.arrays import Mask
from schemas.human import HumanFlaw
from schemas.masks import iou

MATCH = 0.5


class Marked(NamedTuple):
    """A region by one person."""

    annotator: str
    mask: Mask
    label: str
    flaws: Sequence[HumanFlaw]


class Agreed(NamedTuple):
    """What several people agree on.

    Args:
        mask: Pixels that enough of those who marked the region marked.
        label: The name most gave; ties go to the alphabet.
        flaws: Distortions that at least half named, with their median severity.
        votes: How many marked it.
    """

    mask: Mask
    label: str
    flaws: list[HumanFlaw]
    votes: int


def match(first: Sequence[Mask], second: Sequence[Mask]) -> list[tuple[int, int, float]]:
    """Pairs of masks that are the same region: one to one, best total IoU, at least ``MATCH``."""
    if not first or not second:
        return []
    values = np.array([[iou(a, b) for b in second] for a in first])
    rows, columns = linear_sum_assignment(-values)
    return [
        (int(row), int(column), float(values[row, column]))
        for row, column in zip(rows, columns, strict=True)
        if values[row, column] >= MATCH
    ]


def groups(regions: Sequence[Marked]) -> list[list[Marked]]:
    """Regions by what they mark; each person is in a group once at most.

    People are taken in alphabetical order, and each region joins the group whose first member it
    matches best, so the outcome does not depend on the order of the files.
    """
    found: list[list[Marked]] = []
    for name in sorted({region.annotator for region in regions}):
        own = [region for region in regions if region.annotator == name]
        pairs = match([group[0].mask for group in found], [region.mask for region in own])
        taken = set()
        for group, region, _ in pairs:
            found[group].append(own[region])
            taken.add(region)
        found += [[region] for number, region in enumerate(own) if number not in taken]
    return found


def agree(group: Sequence[Marked], raters: int, share: float = 0.5) -> Agreed | None:
    """The consensus of a group; ``None`` when fewer than half of all raters marked it.

    ``share`` of those who marked the region must have marked a pixel: 0.5 is the majority, less is
    more generous down to everything anybody marked, 1 is what all agree on.
    """
    if 2 * len(group) < raters:
        return None
    votes = np.sum([region.mask for region in group], axis=0)
    mask: Mask = votes >= max(1.0, share * len(group))
    labels = Counter(region.label for region in group if region.label)
    label = min(labels, key=lambda name: (-labels[name], name)) if labels else ""
    flaws = agreed_flaws([region.flaws for region in group], len(group))
    return Agreed(mask, label, flaws, len(group))


def agreed_flaws(said: Sequence[Sequence[HumanFlaw]], people: int) -> list[HumanFlaw]:
    """Flaws that at least half of the people named, with the lower median of their severities.

    Args:
        said: What each of those who named any named, no family twice.
        people: How many were asked.
    """
    named: dict[str, list[HumanFlaw]] = {}
    for flaw in (flaw for flaws in said for flaw in flaws):
        named.setdefault(flaw.family, []).append(flaw)
    agreed = []
    for family, flaws in sorted(named.items()):
        if 2 * len(flaws) >= people:
            given = sorted(flaw.severity for flaw in flaws if flaw.severity)
            severity = given[(len(given) - 1) // 2] if given else 0
            agreed.append(HumanFlaw(family=family, said=flaws[0].said, severity=severity))
    return agreed
