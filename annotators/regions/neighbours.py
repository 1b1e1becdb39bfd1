"""How areas of a picture lie to each other: above, below, left of, right of, inside."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from annotators.regions.areas import Area, Truth, between
from schemas.arrays import Mask

RELATIONS: Final = ("above", "below", "left of", "right of", "inside")
TOUCH: Final = (0.6, 0.25)
"""Share of the contacts between two neighbours from which one lies above the other."""


def relations(masks: Sequence[Mask], areas: Sequence[Area]) -> list[list[dict[str, Truth]]]:
    """For each area and each other one, how it lies to it; ``[of][to]``.

    Only neighbours that touch are certainly above, below or inside. An area is excluded from
    lying above another where its middle lies no higher.
    """
    count = len(masks)
    every = count + 1  # the last is what belongs to none
    touching = np.zeros((4, every, every), np.int64)
    numbers = np.full(masks[0].shape if count else (0, 0), count, np.uint16)
    for number, mask in enumerate(masks):
        numbers[mask] = number
    for gap in (1, 2, 3):
        pairs = ((numbers[:-gap], numbers[gap:]), (numbers[:, :-gap], numbers[:, gap:]))
        for axis, (first, second) in enumerate(pairs):
            meet = first != second
            pair = first[meet].astype(np.intp) * every + second[meet]
            touching[2 * axis] += np.bincount(pair, minlength=every**2).reshape(every, every)
    touching[1], touching[3] = touching[0].T, touching[2].T
    found = [
        [_relation(touching, areas, one, other) for other in range(count)] for one in range(count)
    ]
    for mask, row in zip(masks, found, strict=True):
        if mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any():
            for relation in row:
                relation["inside"] = False
    return found


def _relation(
    touching: NDArray[np.int64], areas: Sequence[Area], one: int, other: int
) -> dict[str, Truth]:
    if one == other:
        return dict.fromkeys(RELATIONS, False)
    contacts, every = touching[:, one, other], int(touching[:, one].sum())
    total = int(contacts.sum())
    across, down = (areas[one].measures[n] - areas[other].measures[n] for n in (1, 2))
    found: dict[str, Truth] = {}
    for place, (word, step) in enumerate(
        zip(RELATIONS, (-down, down, -across, across), strict=False)
    ):
        share = contacts[place] / total if total else 0.0
        certain = total >= 0.15 * every and share >= TOUCH[0] and step >= 0.12
        found[word] = True if certain else False if step < 0.02 else None
    around = total / every if every else 0.0
    found["inside"] = between(around, 0.97, around, 0.6)
    return found
