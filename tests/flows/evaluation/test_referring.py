"""Referring metrics against hand-computed values and scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score, precision_recall_fscore_support

from distortions.registry import FAMILIES
from flows.evaluation.intervals import Settings
from flows.evaluation.predictions import Prediction
from flows.evaluation.referring import agreement, by_family, items, metrics, partial_credit, summary
from flows.training.extras import quadratic_kappa
from tests.flows.evaluation.made import LONG, SHORT, bench

NAMES = sorted(FAMILIES)
SETS = st.frozensets(st.sampled_from(NAMES), max_size=4)


def scored(short, long=None):
    """The items of the two referring rows with these answers."""
    given = {SHORT.row_id: Prediction(short)}
    if long is not None:
        given[LONG.row_id] = Prediction(long)
    return items(bench(), given)


@pytest.mark.parametrize(
    ("said", "truth", "expected"),
    [
        ({"blur"}, {"blur"}, 1),
        ({"blur"}, {"blur", "noise"}, 1 / 2),
        ({"blur", "noise", "darken"}, {"blur"}, 1 / 3),
        ({"blur", "darken"}, {"blur", "noise"}, 1 / 2),
        ({"darken"}, {"blur"}, 0),
        (set(), {"blur"}, 0),
        (set(), set(), 1),
    ],
)
def test_partial_credit(said, truth, expected):
    """DepictQA's partial credit by hand."""
    assert partial_credit(frozenset(said), frozenset(truth)) == expected


@given(SETS, SETS)
def test_partial_credit_properties(said, truth):
    """Between 0 and 1, symmetric, 1 for equal sets alone, never above recall or precision."""
    value = partial_credit(said, truth)
    assert 0 <= value <= 1
    assert value == partial_credit(truth, said)
    assert (value == 1) == (said == truth)
    for one in (said, truth):
        assert not one or value <= len(said & truth) / len(one)


@pytest.mark.parametrize(
    ("answer", "partial", "exact", "ordered"),
    [
        ("Mild blur, severe noise.", 1, True, True),
        ("Severe noise, mild blur.", 1, True, False),
        ("There is severe grain on top of slight blurriness.", 1, True, True),
        ("Blur and noise; free of compression.", 1, True, True),
        ("Blur, noise and darkening.", 2 / 3, False, False),
        ("No blur, but severe noise.", 1 / 2, False, False),
        ("", 0, False, False),
    ],
)
def test_answers(answer, partial, exact, ordered):
    """Words, denials and order of an answer decide its scores; the chain is blur, then noise."""
    found = scored(answer)[0]
    assert found.partial == pytest.approx(partial)
    assert (found.said == found.truth, found.ordered) == (exact, ordered)


def test_metrics_by_hand():
    """Two rows: half right with a grade one off, and wholly right."""
    found = metrics(scored("Moderate blur, severe darkening.", "Compression."), Settings(0))
    values = {name: entry.value for name, entry in found.items() if name != "families"}
    assert values == pytest.approx(
        {
            "accuracy": (1 / 2 + 1) / 2,
            "exact": 1 / 2,
            "jaccard": (1 / 3 + 1) / 2,
            "ordered": 1 / 2,
            "micro_f1": 2 * 2 / (2 + 2 + 1 + 1),
            # blur 1, compression 1, darken 0, noise 0
            "macro_f1": 2 / 4,
            # blur is told moderate instead of mild; compression is told without a grade
            "grade": 0,
            "family_and_grade": 0,
            "grade_error": 1,
            "grade_kappa": 0,
        }
    )


def test_names_are_no_claims():
    """A region called by the word for a flaw claims nothing."""
    row = SHORT.model_copy(update={"reference": "the blurry poster", "label_refined": "poster"})
    given = {SHORT.row_id: Prediction("The blurry poster has severe noise.")}
    assert items(bench(row), given)[0].said == {"noise"}


def test_people_give_no_order():
    """Rows from people have no order to be right about."""
    row = SHORT.model_copy(update={"origin": "human"})
    found = items(bench(row), {row.row_id: Prediction("Noise, blur.")})
    assert found[0].ordered is None
    assert metrics(found, Settings(0))["ordered"].value is None


def test_missing_is_wrong():
    """A row without a prediction has zero in every accuracy."""
    found = summary(scored("Mild blur, severe noise."), Settings(0))
    assert found["long"]["accuracy"].value == 0
    assert found["short.multi"]["accuracy"].value == 1
    assert found["all"]["accuracy"].value == 1 / 2


@given(st.lists(st.tuples(SETS, SETS), min_size=1, max_size=12))
def test_by_family_as_sklearn(pairs):
    """Precision, recall and F1 by family are scikit-learn's with zero for what is undefined."""
    base = scored("")[0]
    rows = [base._replace(said=said, truth=truth) for said, truth in pairs]
    found = by_family(rows)

    def indicator(sets):
        return np.array([[name in chosen for name in NAMES] for chosen in sets])

    expected = precision_recall_fscore_support(
        indicator([truth for _, truth in pairs]),
        indicator([said for said, _ in pairs]),
        zero_division=0,
    )
    for name, *numbers in zip(NAMES, *expected, strict=True):
        if name in found:
            assert list(found[name].values()) == pytest.approx(numbers)
        else:
            assert numbers[3] == 0


def test_kappa():
    """Quadratic kappa: 1 for equal grades, Cohen's by hand and by scikit-learn otherwise."""
    assert quadratic_kappa([1, 1], [1, 1]) == 1
    assert quadratic_kappa([], []) is None
    one, two = [1, 2, 3, 3, 2, 1], [1, 3, 3, 2, 2, 1]
    # 2 disagreements by one in 6; by chance the mean squared gap of two uniform 1..3 is 4/3
    assert quadratic_kappa(one, two) == pytest.approx(1 - (2 / 6) / (4 / 3))
    assert quadratic_kappa(one, two) == cohen_kappa_score(one, two, weights="quadratic")
    assert quadratic_kappa([1, 1], [3, 3]) == 0


def test_extractor_agrees_with_the_record():
    """The extractor reads the recorded chain from the rows' own answers, and notices when not."""
    assert agreement(bench()) == 1
    assert agreement(bench(SHORT, LONG.model_copy(update={"answer": "It is fine."}))) == 1 / 2
