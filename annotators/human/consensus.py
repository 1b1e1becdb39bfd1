"""Several people, one region: who marked the same thing, and what most of them agree on."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from schemas.arrays import Mask
from schemas.boxes import Box
from schemas.human import HumanFlaw, Verdict
from schemas.masks import bounding_box

MATCH = 0.5


class Marked(NamedTuple):
    """A region by one person."""

    annotator: str
    mask: Mask
    label: str
    flaws: Sequence[HumanFlaw]
    clean: bool = False
    """Whether the person said that nothing is wrong with it."""

    @property
    def spoke(self) -> bool:
        """Whether the person said anything of its quality."""
        return self.clean or bool(self.flaws)


class Agreed(NamedTuple):
    """What several people agree on.

    Args:
        mask: Pixels that enough of those who marked the region marked.
        label: The name most gave; ties go to the alphabet.
        flaws: Distortions that at least half of those named who said anything of its quality, with
            their median severity.
        votes: How many marked it.
        verdict: Flawed, clean where at least half said so, or nothing that anybody said.
    """

    mask: Mask
    label: str
    flaws: list[HumanFlaw]
    votes: int
    verdict: Verdict


def match(first: Sequence[Mask], second: Sequence[Mask]) -> list[tuple[int, int, float]]:
    """Pairs of masks that are the same region: one to one, best total IoU, at least ``MATCH``."""
    overlaps = _overlaps(first, second)
    if not overlaps:
        return []
    pairs = np.array(list(overlaps), np.int32)  # what old versions of scipy count with
    size = len(first) + len(second)
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1] + len(first))), (size, size))
    # Masks that meet, directly or through others, are matched among themselves.
    _, part = connected_components(graph, directed=False)
    found = []
    for name in np.unique(part[pairs[:, 0]]):
        rows = np.flatnonzero(part[: len(first)] == name)
        columns = np.flatnonzero(part[len(first) :] == name)
        values = np.array([[overlaps.get((int(a), int(b)), 0.0) for b in columns] for a in rows])
        for row, column in zip(*linear_sum_assignment(-values), strict=True):
            if values[row, column] >= MATCH:
                found.append((int(rows[row]), int(columns[column]), float(values[row, column])))
    return sorted(found)


def _overlaps(first: Sequence[Mask], second: Sequence[Mask]) -> dict[tuple[int, int], float]:
    """IoU of the pairs that share a pixel, looked for where boxes meet."""
    if not first or not second:
        return {}
    boxes = [bounding_box(mask) for mask in first], [bounding_box(mask) for mask in second]
    areas = [[int(np.count_nonzero(mask)) for mask in masks] for masks in (first, second)]
    a, b = (np.array([(o.x0, o.y0, o.x1, o.y1) for o in own]) for own in boxes)
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    found = {}
    for one, two in np.argwhere((low < high).all(axis=2)).tolist():
        both = Box(*low[one, two].tolist(), *high[one, two].tolist()).slices
        shared = int(np.count_nonzero(first[one][both] & second[two][both]))
        if shared:
            found[one, two] = shared / (areas[0][one] + areas[1][two] - shared)
    return found


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
    mask = _voted(group, max(1.0, share * len(group)))
    labels = Counter(region.label for region in group if region.label)
    label = min(labels, key=lambda name: (-labels[name], name)) if labels else ""
    spoken = [region for region in group if region.spoke]
    flaws = agreed_flaws([region.flaws for region in spoken], len(spoken))
    return Agreed(mask, label, flaws, len(group), _verdict(spoken, flaws))


def _voted(group: Sequence[Marked], least: float) -> Mask:
    """The pixels that so many of a group marked."""
    if len(group) == 1:
        return group[0].mask
    votes = np.zeros(group[0].mask.shape, np.int32)
    for region in group:
        votes += region.mask
    return np.asarray(votes >= least)


def _verdict(spoken: Sequence[Marked], flaws: Sequence[HumanFlaw]) -> Verdict:
    if flaws:
        return "flawed"
    praised = sum(region.clean for region in spoken)
    return "clean" if spoken and 2 * praised >= len(spoken) else "unsaid"


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
