"""The offline judge: full marks for the reference, less for every fact that is wrong."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.evaluation.intervals import Settings
from flows.evaluation.judges.offline import SCALES, f1, judge, score, summary
from flows.evaluation.predictions import Prediction
from tests.flows.evaluation.made import FIND, LOCAL, ROWS, SKY, WHOLE, bench, sample

BENCH = bench()
PHRASES = BENCH.phrases()


def judged(row, answer):
    """The score of an answer to a row."""
    return score(row, answer, BENCH, PHRASES)


@pytest.mark.parametrize("row", [row for row in ROWS if row.task in SCALES])
def test_reference_gets_full_marks(row):
    """The reference answer gets the scale of its task, an empty one 0."""
    assert judged(row, row.answer) == SCALES[row.task]
    assert judged(row, "  ") == 0


def test_description_by_hand():
    """One of three families, one of three pairs, one of three grades, and the right verdict."""
    said = "The quality is uneven. The sky has mild blur."
    types, pairs, grades, verdict = 2 / 4, 2 / 4, 1 / 3, 1
    expected = 10 * (4 * types + 3 * pairs + 2 * grades + verdict) / (4 + 3 + 2 + 1)
    assert judged(WHOLE, said) == pytest.approx(expected)


def test_grounding_by_hand():
    """Right families and grades, but half the place, no region, and the order turned round."""
    said = "Top left. There is severe noise followed by mild blur."
    # types 4, grades 2, position 2, target 1, order 1
    assert judged(FIND, said) == pytest.approx(5 * (4 + 2 + 1 + 0 + 0) / 10)


@pytest.mark.parametrize(
    ("worse", "better"),
    [
        (
            "Top right. The sky has mild blur followed by mild noise.",
            "Top right. The sky has mild blur followed by moderate noise.",
        ),
        (
            "Top right. The sky has severe noise followed by mild blur.",
            "Top right. The sky has mild blur followed by severe noise.",
        ),
        (
            "Top right. The dog has mild blur followed by severe noise.",
            "Top right. The sky has mild blur followed by severe noise.",
        ),
        (
            "Bottom right. The sky has mild blur followed by severe noise.",
            "Top right. The sky has mild blur followed by severe noise.",
        ),
        (
            "Top right. The sky has mild blur, severe noise and darkening.",
            "Top right. The sky has mild blur, severe noise.",
        ),
        (
            "Top right. The sky has mild blur, but no noise.",
            "Top right. The sky has mild blur and noise.",
        ),
    ],
)
def test_every_fact_counts(worse, better):
    """A wrong grade, order, region, place, a family too many or denied each lower the score."""
    assert judged(FIND, worse) < judged(FIND, better)


def test_wrong_region_in_a_description():
    """The same flaws put in the wrong region score less."""
    turned = (
        "The quality of this picture is uneven. Mild blur and severe noise affect the dog. "
        "In the sky there is moderate compression."
    )
    assert 0 < judged(WHOLE, turned) < 10


def test_clean_region():
    """Of a clean region, silence about its state and found flaws cost; other praise does not."""
    assert judged(LOCAL, "The tree looks natural.") == 10
    assert judged(LOCAL, "The tree has mild blur.") < judged(LOCAL, "xyzzy") < 10


def test_sentences_go_on_about_the_last_region():
    """A sentence without a region adds to the one before it."""
    row = sample(9, "global_description", "", "The sky has mild blur. There is severe noise, too.")
    bound = bench(row)
    together = score(row, "The sky has mild blur and severe noise.", bound, bound.phrases())
    assert together == 10


def test_summary_counts_missing_rows():
    """A row without a prediction has a 0 in the mean of its task."""
    found = summary(judge(BENCH, {WHOLE.row_id: Prediction(WHOLE.answer)}), Settings(0))
    assert {task: entry.value for task, entry in found.items()} == {
        "global_description": 10,
        "local_description": 0,
        "grounding": 0,
    }


@settings(max_examples=60)
@given(st.text(alphabet="abdeilmnorsuv .,", max_size=60))
def test_bounds(answer):
    """Any text scores between 0 and the scale."""
    for row in (FIND, LOCAL, WHOLE):
        assert 0 <= judged(row, answer) <= SCALES[row.task]


def test_f1():
    """F1 of sets by hand; two empty sets agree."""
    assert f1(frozenset("ab"), frozenset("bcd")) == pytest.approx(2 / 5)
    assert (f1(frozenset(), frozenset()), f1(frozenset("a"), frozenset())) == (1, 0)


def test_sky_is_degraded_by_two():
    """The made rows are what the tests above take them for."""
    assert [one.family for one in SKY.chain] == ["blur", "noise"]
