"""Rewards as pure functions of a completion and a solution, each from 0 to 1.

Every one gives 1 for the reference of a solution, less for one that is corrupted in what it
measures, and ``None`` where a solution has nothing of the kind. Boxes that are missing or too many
lower the share of right classes and severities, too: naming little does not pay.

Source: GS-IQA for the steps of ``severity``; region pairs and rewards, section 2.
"""

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from annotators.questions.vida.syntax import SCALE, Found
from annotators.questions.vida.vocabulary import plain, read_vocabulary
from flows.training.rewards.reading import (
    Named,
    answer_of,
    plain_answer,
    read_boxes,
    read_chain,
    read_levels,
    read_option,
    read_points,
)
from flows.training.rewards.solution import Solution, inside
from schemas.boxes import iou

LEAST_IOU = 0.5
"""Of a box that counts as found."""
STEPS = (1.0, 0.6, 0.2, 0.0)
"""Reward by distance in levels; three and more give nothing."""
_TIE = 1e-6


class Pair(NamedTuple):
    """A box of a completion and the true one it was matched with."""

    found: Found
    true: Found
    iou: float


def form(completion: str, solution: Solution) -> float | None:
    """Whether the answer has the form that its kind of question asks for."""
    answer = answer_of(completion)
    return float(bool(answer) and _FORMS[solution.kind](answer, solution))


def boxes(completion: str, solution: Solution) -> float | None:
    """Mean of F1 and mean IoU of boxes matched one to one, those with an IoU of .5 and more."""
    if solution.boxes is None:
        return None
    found = read_boxes(answer_of(completion), solution.size).found
    if not found or not solution.boxes:
        return float(not found and not solution.boxes)
    kept = matched(found, _truth(solution))
    if not kept:
        return 0.0
    f1 = 2 * len(kept) / (len(found) + len(solution.boxes))
    return (f1 + fmean(pair.iou for pair in kept)) / 2


def classes(completion: str, solution: Solution) -> float | None:
    """Share of matched boxes, or of the families of a chain, with the right class."""
    if solution.classes is None:
        return None
    if solution.boxes is None:
        said = {one.family for one in _chain(answer_of(completion), solution)}
        whole = max(len(said), len(solution.classes))
        return len(said & set(solution.classes)) / whole if whole else 1.0
    pairs, whole = _matched(completion, solution)
    return sum(map(_same_class, pairs)) / whole if whole else 1.0


def severity(completion: str, solution: Solution) -> float | None:
    """1, .6, .2, 0 for a distance of 0, 1, 2, 3 levels, where the class is right; else 0."""
    if solution.severities is None or solution.classes is None:
        return None
    if solution.boxes is not None:
        pairs, whole = _matched(completion, solution)
        won = [_step(p.found.severity, p.true.severity) for p in pairs if _same_class(p)]
        return sum(won) / whole if whole else 1.0
    said = {one.family: one.grade for one in _chain(answer_of(completion), solution)}
    wanted = zip(solution.classes, solution.severities, strict=True)
    return fmean(_step(said.get(name, ""), word) for name, word in wanted if word)


def order(completion: str, solution: Solution) -> float | None:
    """Whether the families of a chain are named in the order in which they came."""
    if not solution.ordered:
        return None
    said = _chain(answer_of(completion), solution)
    return float(tuple(one.family for one in said) == solution.classes)


def choice(completion: str, solution: Solution) -> float | None:
    """Whether the right option, or the right short answer, is given and no other."""
    if solution.answer is None:
        return None
    answer = answer_of(completion)
    if solution.options is None:
        return float(plain_answer(answer) == solution.answer)
    if plain_answer(answer) == solution.options[solution.answer]:
        return 1.0
    letter, text = read_option(answer) or ("", "")
    return float(letter == solution.answer and text in ("", solution.options[letter]))


def level(completion: str, solution: Solution) -> float | None:
    """The level of the whole picture, in the steps of ``severity``."""
    if solution.level is None:
        return None
    names = [one.name for one in read_vocabulary().levels]
    said = read_levels(answer_of(completion))
    if not said:
        return 0.0
    return _away(names.index(said[-1]), names.index(solution.level))


def point(completion: str, solution: Solution) -> float | None:
    """Whether the one point that is given lies on the region."""
    if solution.mask is None:
        return None
    points = read_points(answer_of(completion))
    return float(len(points) == 1 and inside(points[0], solution))


REWARDS: Mapping[str, Callable[[str, Solution], float | None]] = {
    "format": form,
    "boxes": boxes,
    "classes": classes,
    "severity": severity,
    "order": order,
    "choice": choice,
    "level": level,
    "point": point,
}
"""Name to function; a trainer logs them under these names."""


def total(completion: str, solution: Solution) -> float:
    """Mean of all rewards that a solution has."""
    given = (reward(completion, solution) for reward in REWARDS.values())
    return fmean(one for one in given if one is not None)


def matched(found: Sequence[Found], true: Sequence[Found]) -> list[Pair]:
    """One-to-one matching of the greatest summed IoU; right classes, then severities break ties.

    Source: the Hungarian method as SciPy has it.
    """
    overlap = np.array([[iou(one.box, other.box) for other in true] for one in found])
    overlap = np.where(overlap < LEAST_IOU, 0.0, overlap).reshape(len(found), len(true))
    bonus = np.array([[_likeness(one, other) for other in true] for one in found])
    rows, columns = linear_sum_assignment(overlap + np.where(overlap > 0, bonus, 0), maximize=True)
    return [
        Pair(found[row], true[column], float(overlap[row, column]))
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
        if overlap[row, column] > 0
    ]


def _likeness(one: Found, other: Found) -> float:
    same = _same_class(Pair(one, other, 1.0))
    return _TIE * (2 * same + (same and plain(one.severity) == plain(other.severity)))


def _matched(completion: str, solution: Solution) -> tuple[list[Pair], int]:
    """Matched boxes, and the greater number of those found and those that there are."""
    found = read_boxes(answer_of(completion), solution.size).found
    true = _truth(solution)
    pairs = matched(found, true) if found and true else []
    return pairs, max(len(found), len(true))


def _chain(answer: str, solution: Solution) -> tuple[Named, ...]:
    return read_chain(answer, solution.names, solution.beyond)


def _truth(solution: Solution) -> tuple[Found, ...]:
    held = solution.boxes or ()
    names = solution.classes or ("",) * len(held)
    words = solution.severities or ("",) * len(held)
    return tuple(Found(*one) for one in zip(names, words, held, strict=True))


def _same_class(pair: Pair) -> bool:
    known = read_vocabulary().known
    one, other = pair.found.distortion, pair.true.distortion
    return (known(one) or plain(one)) == (known(other) or plain(other))


def _step(said: str, true: str) -> float:
    """For one severity; nothing for a word that is none, all where the truth has none."""
    rank = read_vocabulary().severity_rank
    there = rank(true)
    here = rank(said)
    if there is None:
        return 1.0
    return 0.0 if here is None else _away(here, there)


def _away(here: int, there: int) -> float:
    return STEPS[min(abs(here - there), len(STEPS) - 1)]


def _boxes_form(answer: str, solution: Solution) -> bool:
    """Nothing but boxes that can be; without any, not even an attempt at one."""
    found, malformed = read_boxes(answer, solution.size)
    if malformed or not found:
        return not malformed and not solution.boxes and "(" not in answer
    known = read_vocabulary().known
    return solution.classes is None or all(
        known(one.distortion) is not None and one.severity for one in found
    )


def _description_form(answer: str, solution: Solution) -> bool:
    stated = len(read_levels(answer)) == 1 or solution.level is None
    return stated and (solution.boxes is None or _boxes_form(answer, solution))


def _choice_form(answer: str, solution: Solution) -> bool:
    if solution.options is None:
        return len(answer.split()) <= len((solution.answer or "").split()) + 6
    letter, text = read_option(answer) or ("", "")
    written = plain_answer(answer) in solution.options.values()
    return written or (letter in solution.options and text in ("", solution.options[letter]))


_FORMS: Mapping[str, Callable[[str, Solution], bool]] = {
    "boxes": _boxes_form,
    "description": _description_form,
    "chain": lambda answer, solution: not solution.classes or bool(_chain(answer, solution)),
    "choice": _choice_form,
    "point": lambda answer, _: (
        [0 <= x <= SCALE and 0 <= y <= SCALE for x, y in read_points(answer)] == [True]
    ),
}
