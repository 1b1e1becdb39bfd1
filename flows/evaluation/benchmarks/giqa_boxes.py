"""Boxes of GIQA-Bench: matching one to one, IoU, names that mean the same.

Source: Grounding-IQA (arXiv 2411.17237). The paper names no matching; ours is the assignment of the
largest sum, names ignored for mIoU.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from flows.training.extras import need
from schemas import boxes

THRESHOLD = 0.5


class Tagged(NamedTuple):
    """An object and its box.

    Args:
        tag: Its name.
        box: ``x0, y0, x1, y1`` as shares of width and height.
    """

    tag: str
    box: tuple[float, float, float, float]


def iou(first: Sequence[float], second: Sequence[float]) -> float:
    """Intersection over union of two boxes; equal ones give 1, even where cells leave no area."""
    return 1.0 if tuple(first) == tuple(second) else boxes.iou(first, second)


def similarity(first: str, second: str) -> float:
    """Jaccard of the words of two names, without plural s and articles; 1 for equal names."""
    one, two = _words(first), _words(second)
    return len(one & two) / len(one | two) if one | two else float(first == second)


def _words(tag: str) -> frozenset[str]:
    words = [word for word in re.findall(r"\w+", tag.lower()) if word not in ("a", "an", "the")]
    return frozenset(word.removesuffix("s") if len(word) > 3 else word for word in words)


def matched(truth: Sequence[Tagged], said: Sequence[Tagged]) -> list[float]:
    """IoU of each true box with the box it is matched with, 0 without one."""
    gain = [[iou(t.box, s.box) for s in said] for t in truth]
    found = [0.0] * len(truth)
    for row, column in _assigned(gain):
        found[row] = gain[row][column]
    return found


def recalled(truth: Sequence[Tagged], said: Sequence[Tagged]) -> int:
    """How many true (name, box) pairs have a partner with IoU and name similarity above 0.5."""
    fits = [
        [
            float(iou(t.box, s.box) > THRESHOLD and similarity(t.tag, s.tag) > THRESHOLD)
            for s in said
        ]
        for t in truth
    ]
    return round(sum(fits[row][column] for row, column in _assigned(fits)))


def _assigned(gain: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """(row, column) of the one-to-one assignment with the largest sum."""
    if not gain or not gain[0]:
        return []
    optimize = need("scipy.optimize", "the matching of boxes")
    rows, columns = optimize.linear_sum_assignment(np.asarray(gain), maximize=True)
    return [(int(row), int(column)) for row, column in zip(rows, columns, strict=True)]
