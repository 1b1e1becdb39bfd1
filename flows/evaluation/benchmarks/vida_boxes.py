"""Boxes of ViDA-UGC held against the truth: average precision, matching, severities.

Average precision is that of the official script: a class's predictions in a given order (there is
no confidence), each matched to the true box of its picture with the highest IoU; it counts at an
IoU of .5 or more if that box was not matched before, else it is a false positive; the area under
the precision envelope over all points. The mean is over all classes of truth or predictions.

Source: Everingham et al., The Pascal Visual Object Classes Challenge, 2010 (all-point
interpolation); detailed assessment rules, section 9.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from annotators.questions.vida.syntax import Coordinates, Found
from flows.evaluation.intervals import Estimate, Settings, ratio, resampled
from schemas.boxes import iou

MATCH = 0.5
SAME = 0.9
"""Two boxes of one class above this IoU are one."""
Placed = Mapping[str, Sequence[Found]]
"""Picture to its boxes; the order of pictures is that of the predictions."""


class Flagged(NamedTuple):
    """One class: which predictions hit, and how many boxes there are to be hit.

    Args:
        hits: Picture to a flag for each of its predictions, in order.
        truths: Picture to its number of true boxes.
    """

    hits: Mapping[str, Sequence[bool]]
    truths: Mapping[str, int]


def flag(truth: Placed, said: Placed) -> dict[str, Flagged]:
    """Every class of truth or predictions, matched picture by picture."""
    names = sorted(
        {one.distortion for placed in (truth, said) for b in placed.values() for one in b}
    )
    found = {}
    for name in names:
        hits = {}
        for picture, boxes in said.items():
            own = [one.box for one in boxes if one.distortion == name]
            if own:
                goal = [one.box for one in truth.get(picture, ()) if one.distortion == name]
                hits[picture] = _hits(own, goal)
        counts = {p: sum(one.distortion == name for one in boxes) for p, boxes in truth.items()}
        found[name] = Flagged(hits, {p: count for p, count in counts.items() if count})
    return found


def _hits(said: Sequence[Coordinates], goal: Sequence[Coordinates]) -> list[bool]:
    taken: set[int] = set()
    flags = []
    for box in said:
        overlaps = [iou(box, one) for one in goal]
        best = int(np.argmax(overlaps)) if overlaps else -1
        hit = best >= 0 and overlaps[best] >= MATCH and best not in taken
        if hit:
            taken.add(best)
        flags.append(hit)
    return flags


def average_precision(hits: Sequence[bool], truths: int) -> float:
    """Area under the precision envelope; 0 without truth or predictions."""
    if not truths or not len(hits):
        return 0.0
    right = np.cumsum(np.asarray(hits, np.int64))
    recall = np.concatenate(([0.0], right / truths, [1.0]))
    precision = np.concatenate(([0.0], right / np.arange(1, len(hits) + 1), [0.0]))
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    steps = np.flatnonzero(recall[1:] != recall[:-1])
    return float(np.sum((recall[steps + 1] - recall[steps]) * envelope[steps + 1]))


def precisions(truth: Placed, said: Placed) -> dict[str, float]:
    """Average precision of every class."""
    return {
        name: average_precision(
            [hit for flags in one.hits.values() for hit in flags], sum(one.truths.values())
        )
        for name, one in flag(truth, said).items()
    }


def mean_precision(truth: Placed, said: Placed) -> float | None:
    """Their mean; ``None`` where neither truth nor predictions hold a box."""
    found = list(precisions(truth, said).values())
    return sum(found) / len(found) if found else None


def tidy(placed: Mapping[str, Iterable[Found]]) -> dict[str, list[Found]]:
    """Pictures by name, boxes by their sides, and of two nearly equal ones of a class the first."""
    found: dict[str, list[Found]] = {}
    for picture in sorted(placed):
        kept: list[Found] = []
        for one in sorted(placed[picture], key=lambda b: (b.distortion, b.box, b.severity)):
            twin = (k for k in kept if k.distortion == one.distortion)
            if not any(iou(k.box, one.box) > SAME for k in twin):
                kept.append(one)
        found[picture] = kept
    return found


def detection(truth: Placed, said: Placed, settings: Settings) -> dict[str, Estimate]:
    """Mean average precision beside precision, recall and F1 at IoU .5, with intervals.

    Args:
        truth: Tidy.
        said: Tidy.
        settings: Of the intervals, which are drawn by picture.
    """
    pictures = sorted({*truth, *said})
    flagged = flag(truth, said)
    hit = [float(sum(sum(o.hits.get(p, ())) for o in flagged.values())) for p in pictures]
    given = [float(len(said.get(p, ()))) for p in pictures]
    goal = [float(len(truth.get(p, ()))) for p in pictures]
    both = [a + b for a, b in zip(given, goal, strict=True)]

    def measure(rows: npt.NDArray[np.int64]) -> float | None:
        drawn = [pictures[row] for row in np.sort(rows)]
        found = [
            average_precision(
                [h for p in drawn for h in one.hits.get(p, ())],
                sum(one.truths.get(p, 0) for p in drawn),
            )
            for one in flagged.values()
            if any(p in one.truths or p in one.hits for p in drawn)
        ]
        return sum(found) / len(found) if found else None

    return {
        "map": resampled(measure, pictures, settings),
        "precision": ratio(hit, given, pictures, settings),
        "recall": ratio(hit, goal, pictures, settings),
        "f1": ratio([2 * h for h in hit], both, pictures, settings),
    }


def matched(truth: Placed, said: Placed) -> list[tuple[str, Found, Found]]:
    """``(picture, true, said)`` for every predicted box that hits."""
    found = []
    for picture, boxes in said.items():
        free = list(truth.get(picture, ()))
        for one in boxes:
            same = [t for t in free if t.distortion == one.distortion]
            best = max(same, key=lambda t: iou(t.box, one.box), default=None)
            if best is not None and iou(best.box, one.box) >= MATCH:
                free.remove(best)
                found.append((picture, best, one))
    return found
