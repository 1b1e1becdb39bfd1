"""How well people agree: on regions, on what is wrong with them.

Source: Krippendorff's alpha by its definition 1 - D_o / D_e, with the nominal distance for single
words and MASI (Passonneau 2006) for sets; Cohen's and Fleiss' kappa by their own.

They stand here, a few lines each, and are proven by printed examples and against the packages in
the tests. The packages would weigh more than they carry: ``krippendorff`` takes memory of units x
values x values and refuses unanimity, ``nltk`` rounds MASI's weights to two digits, ``statsmodels``
brings pandas and wants a table of counts.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import combinations
from statistics import fmean
from typing import TypeVar

from annotators.human.consensus import Marked, groups, match

ValueT = TypeVar("ValueT", bound=Hashable)
Distance = Callable[[frozenset[str], frozenset[str]], float]


def region_f1(first: int, second: int, matched: int) -> float:
    """F1 of regions of two people at the IoU of ``consensus.MATCH``; 1 when neither marked any."""
    return 2 * matched / (first + second) if first + second else 1.0


def masi(first: frozenset[str], second: frozenset[str]) -> float:
    """Distance of two sets: 0 when equal, smaller when one holds the other than when they cross."""
    if first == second:
        return 0.0
    common, union = len(first & second), len(first | second)
    weight = 2 / 3 if first <= second or second <= first else 1 / 3 if common else 0.0
    return 1 - weight * common / union


def nominal(first: frozenset[str], second: frozenset[str]) -> float:
    """0 when equal, else 1."""
    return float(first != second)


def krippendorff_alpha(
    units: Sequence[Sequence[frozenset[str]]], distance: Distance
) -> float | None:
    """Alpha over units, each with the values of the people who judged it.

    Units with one judge say nothing of agreement. ``None`` when nothing can be compared; 1 when
    everybody always says the same.
    """
    judged = [unit for unit in units if len(unit) > 1]
    values = [value for unit in judged for value in unit]
    if len(values) < 2:
        return None
    observed = sum(
        2 * sum(distance(a, b) for a, b in combinations(unit, 2)) / (len(unit) - 1)
        for unit in judged
    ) / len(values)
    counts = Counter(values)
    expected = sum(
        2 * counts[a] * counts[b] * distance(a, b) for a, b in combinations(counts, 2)
    ) / (len(values) * (len(values) - 1))
    return 1.0 if expected == 0 else 1 - observed / expected


def cohen_kappa(pairs: Sequence[tuple[ValueT, ValueT]]) -> float | None:
    """Kappa of two people; ``None`` without pairs, 1 when both always say the same one thing."""
    if not pairs:
        return None
    same = fmean(first == second for first, second in pairs)
    one, two = Counter(first for first, _ in pairs), Counter(second for _, second in pairs)
    chance = sum(one[value] * two[value] for value in one) / len(pairs) ** 2
    return 1.0 if chance == 1 else (same - chance) / (1 - chance)


def fleiss_kappa(units: Sequence[Sequence[ValueT]]) -> float | None:
    """Kappa of equally many people per unit; ``None`` where numbers differ or nothing is there."""
    sizes = {len(unit) for unit in units}
    if len(sizes) != 1 or sizes == {1}:
        return None
    (people,) = sizes
    same = fmean(
        sum(n * (n - 1) for n in Counter(unit).values()) / (people * (people - 1)) for unit in units
    )
    total = Counter(value for unit in units for value in unit)
    chance = sum((n / (people * len(units))) ** 2 for n in total.values())
    return 1.0 if chance == 1 else (same - chance) / (1 - chance)


def report(pictures: Iterable[Sequence[Marked]]) -> dict[str, object]:
    """The agreement report over pictures that two or more people marked.

    Args:
        pictures: For each picture, all regions of all people.
    """
    f1: list[float] = []
    overlaps: list[float] = []
    units: list[list[frozenset[str]]] = []
    pairs: list[tuple[frozenset[str], frozenset[str]]] = []
    by_person: dict[str, list[float]] = {}
    shared = 0
    for regions in pictures:
        people = sorted({region.annotator for region in regions})
        if len(people) < 2:
            continue
        shared += 1
        own = {name: [r for r in regions if r.annotator == name] for name in people}
        for one, two in combinations(people, 2):
            matched = match([r.mask for r in own[one]], [r.mask for r in own[two]])
            value = region_f1(len(own[one]), len(own[two]), len(matched))
            f1.append(value)
            overlaps += [overlap for _, _, overlap in matched]
            pairs += [(_set(own[one][a]), _set(own[two][b])) for a, b, _ in matched]
            for name in (one, two):
                by_person.setdefault(name, []).append(value)
        units += [[_set(region) for region in group] for group in groups(regions)]
    return {
        "pictures": shared,
        "region_f1": fmean(f1) if f1 else None,
        "mean_iou": fmean(overlaps) if overlaps else None,
        "alpha_nominal": krippendorff_alpha(units, nominal),
        "alpha_masi": krippendorff_alpha(units, masi),
        "cohen_kappa": cohen_kappa(pairs),
        "fleiss_kappa": fleiss_kappa([u for u in units if len(u) > 1]),
        "annotators": {name: fmean(values) for name, values in sorted(by_person.items())},
    }


def _set(region: Marked) -> frozenset[str]:
    return frozenset(flaw.family for flaw in region.flaws)
