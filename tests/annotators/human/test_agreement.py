"""Agreement between people: published worked examples, what must hold always, other packages.

Sources: Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", sections A to D;
Wikipedia, "Krippendorff's alpha", "Fleiss' kappa" and "Cohen's kappa"; Passonneau 2006, MASI.
"""

from collections import Counter
from fractions import Fraction

import krippendorff
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from annotators.human.agreement import (
    cohen_kappa,
    fleiss_kappa,
    krippendorff_alpha,
    masi,
    nominal,
    region_f1,
)


def units(*coders):
    """Rows of what each coder said, ``.`` where one said nothing, as sets of one word a unit."""
    return [[frozenset(word) for word in unit if word != "."] for unit in zip(*coders, strict=True)]


def squared(first, second):
    """The interval distance of two sets of one number."""
    return (int(min(first)) - int(min(second))) ** 2


FOUR = units("123321412...", "1233224125.3", ".3332342251.", "12332441251.")
THREE = units(
    ".....3412113 3.3".replace(" ", ""),
    "1.21334 3.......".replace(" ", ""),
    "..21344.2113 3.4".replace(" ", ""),
)
PUBLISHED = {
    "2011 A: two values, two people": (units("0100000010", "1110010000"), nominal, 0.095),
    "2011 B: five values, two people": (units("aabbdcccedda", "babbbccceddd"), nominal, 0.692),
    "2011 C: four people, gaps": (FOUR, nominal, 0.743),
    "2011 D: the same as intervals": (FOUR, squared, 0.849),
    "Wikipedia: three people, gaps": (THREE, nominal, 0.691),
    "Wikipedia: the same as intervals": (THREE, squared, 0.811),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_alphas(name):
    """Alpha is what is printed, to the last printed digit."""
    given_units, distance, printed = PUBLISHED[name]
    assert krippendorff_alpha(given_units, distance) == pytest.approx(printed, abs=0.0005)


@pytest.mark.parametrize(
    ("table", "printed"),
    [((20, 5, 10, 15), 0.40), ((45, 15, 25, 15), 0.1304), ((25, 35, 5, 35), 0.2593)],
)
def test_published_cohen_kappas(table, printed):
    """Two readers who say yes or no: the three tables of the encyclopedia."""
    cells = [("yes", "yes"), ("yes", "no"), ("no", "yes"), ("no", "no")]
    pairs = [cell for cell, count in zip(cells, table, strict=True) for _ in range(count)]
    assert cohen_kappa(pairs) == pytest.approx(printed, abs=0.00005)


FOURTEEN = (
    (0, 0, 0, 0, 14),
    (0, 2, 6, 4, 2),
    (0, 0, 3, 5, 6),
    (0, 3, 9, 2, 0),
    (2, 2, 8, 1, 1),
    (7, 7, 0, 0, 0),
    (3, 2, 6, 3, 0),
    (2, 5, 3, 2, 2),
    (6, 5, 2, 1, 0),
    (0, 2, 2, 3, 7),
)


def test_published_fleiss_kappa():
    """Fourteen raters, ten subjects, five categories give 0.210."""
    rated = [[kind for kind, n in enumerate(row) for _ in range(n)] for row in FOURTEEN]
    assert fleiss_kappa(rated) == pytest.approx(0.210, abs=0.0005)


@pytest.mark.parametrize(
    ("first", "second", "similarity"),
    [
        ("ab", "ab", Fraction(1)),
        ("ab", "abcd", Fraction(2, 3) * Fraction(1, 2)),
        ("abc", "ab", Fraction(2, 3) * Fraction(2, 3)),
        ("ab", "bc", Fraction(1, 3) * Fraction(1, 3)),
        ("ab", "cd", Fraction(0)),
        ("", "a", Fraction(0)),
        ("", "", Fraction(1)),
    ],
)
def test_masi_is_jaccard_times_monotonicity(first, second, similarity):
    """Weights are 1, 2/3, 1/3 and 0 for equal, nested, crossing and disjoint sets."""
    assert masi(frozenset(first), frozenset(second)) == pytest.approx(float(1 - similarity))
    assert masi(frozenset(second), frozenset(first)) == pytest.approx(float(1 - similarity))


def test_what_cannot_be_compared_is_none_and_unanimity_is_one():
    """One judge a unit says nothing; everybody always saying the same is full agreement."""
    lonely, same = units("abc"), units("aaa", "aaa")
    assert krippendorff_alpha(lonely, nominal) is krippendorff_alpha([], nominal) is None
    assert fleiss_kappa(lonely) is fleiss_kappa([]) is fleiss_kappa([["a", "b"], ["a"]]) is None
    assert cohen_kappa([]) is None
    assert krippendorff_alpha(same, masi) == fleiss_kappa(same) == cohen_kappa([("a", "a")]) == 1
    assert (region_f1(0, 0, 0), region_f1(2, 1, 1)) == (1.0, pytest.approx(2 / 3))


SETS = st.frozensets(st.sampled_from("abc"), max_size=3)


def comparable(table):
    """Whether two values stand in units of two or more judges; the package refuses what is not."""
    return len({value for unit in table if len(unit) > 1 for value in unit}) > 1


TABLE = st.integers(2, 4).flatmap(
    lambda people: st.lists(st.lists(SETS, min_size=people, max_size=people), min_size=2)
)


@given(TABLE, st.randoms(use_true_random=False))
def test_who_is_called_what_does_not_matter(table, chance):
    """Figures stay within their bounds and the same however people and units are shuffled."""
    order = list(range(len(table[0])))
    chance.shuffle(order)
    turned = [[unit[person] for person in order] for unit in table]
    chance.shuffle(turned)
    pairs = [(unit[0], unit[1]) for unit in table]
    swapped = [(second, first) for first, second in reversed(pairs)]
    figures = [
        (krippendorff_alpha(table, nominal), krippendorff_alpha(turned, nominal)),
        (krippendorff_alpha(table, masi), krippendorff_alpha(turned, masi)),
        (fleiss_kappa(table), fleiss_kappa(turned)),
        (cohen_kappa(pairs), cohen_kappa(swapped)),
    ]
    for value, again in figures:
        assert value == pytest.approx(again, abs=1e-9)
        assert -1 - 1e-9 <= value <= 1 + 1e-9


@given(st.lists(st.lists(SETS, max_size=4), min_size=2, max_size=12).filter(comparable))
def test_alpha_is_that_of_the_krippendorff_package(table):
    """With gaps and with a distance of sets the package comes to the same figures."""
    values = sorted({value for unit in table for value in unit}, key=sorted)
    counts = np.array([[Counter(unit)[value] for value in values] for unit in table])
    for distance in (nominal, masi):
        ours = krippendorff_alpha(table, distance)
        square = np.array([[distance(a, b) for b in values] for a in values])

        def metric(*_, square=square, **__):
            return square

        theirs = krippendorff.alpha(value_counts=counts, level_of_measurement=metric)
        assert ours == pytest.approx(theirs, abs=1e-9)


@pytest.mark.filterwarnings("ignore")
@given(TABLE)
def test_figures_are_those_of_nltk_and_statsmodels(table):
    """Both kappas and alpha of sets are theirs; nltk's weights of MASI have two digits."""
    raters = pytest.importorskip("statsmodels.stats.inter_rater")
    metrics = pytest.importorskip("nltk.metrics")
    values = sorted({value for unit in table for value in unit}, key=sorted)
    assume(len(values) > 1)
    counts = np.array([[unit.count(value) for value in values] for unit in table])
    assert fleiss_kappa(table) == pytest.approx(raters.fleiss_kappa(counts), abs=1e-9)
    square = np.zeros((len(values), len(values)))
    for unit in table:
        square[values.index(unit[0]), values.index(unit[1])] += 1
    kappa = cohen_kappa([(unit[0], unit[1]) for unit in table])
    if np.count_nonzero(square) > 1:
        theirs = raters.cohens_kappa(square, return_results=False)
        assert kappa == pytest.approx(theirs, abs=1e-9)
    # their MASI of two empty sets divides by nothing
    task = [
        (str(who), str(number), value | {"always"})
        for number, unit in enumerate(table)
        for who, value in enumerate(unit)
    ]
    named = [[value | {"always"} for value in unit] for unit in table]
    alpha = metrics.agreement.AnnotationTask(task, distance=metrics.masi_distance).alpha()
    assert krippendorff_alpha(named, masi) == pytest.approx(alpha, abs=0.02)
