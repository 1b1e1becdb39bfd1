"""Baselines: oracles by hand, chance by its key, the most frequent answer."""

import pytest

from annotators.language.positions import WHOLE_IMAGE
from flows.evaluation.baselines import (
    baselines,
    box_centre,
    centre,
    majority_answers,
    quadrant_centre,
    random_answers,
    reference_answers,
)
from flows.evaluation.grounding import full
from flows.evaluation.intervals import Settings
from flows.evaluation.systems import evaluate
from schemas import masks
from tests.flows.evaluation.made import (
    DOG,
    FIND,
    HEIGHT,
    LOCAL,
    LONG,
    ROWS,
    SHORT,
    WHOLE,
    WIDTH,
    bench,
    sample,
)


@pytest.mark.parametrize(
    ("box", "middle", "quadrant"),
    [
        ([0, 0, 40, 10], (20, 5), (30, 7.5)),  # on the middle line: right
        ([0, 0, 39, 29], (19.5, 14.5), (10, 7.5)),
        ([0, 15, 6, 25], (3, 20), (10, 22.5)),
        ([20, 14, 30, 16], (25, 15), (30, 22.5)),  # on the middle line: below
    ],
)
def test_oracle_points(box, middle, quadrant):
    """The box centre, and the middle of the quadrant it lies in, of a 40x30 picture."""
    row = FIND.model_copy(update={"box": box})
    assert (box_centre(row), quadrant_centre(row)) == (middle, quadrant)
    assert centre(row) == (20, 15)


def test_oracle_of_the_whole_image():
    """The whole image has its own middle."""
    row = FIND.model_copy(update={"spatial_answer": WHOLE_IMAGE, "box": [0, 0, 40, 30]})
    assert quadrant_centre(row) == (20, 15)


def test_chance_is_keyed():
    """The same seed and row give the same answer whatever other rows there are; seeds differ."""
    whole = random_answers(bench(), 5)
    assert random_answers(bench(), 5) == whole
    assert random_answers(bench(SHORT), 5)[SHORT.row_id] == whole[SHORT.row_id]
    assert random_answers(bench(), 6) != whole


def test_chance_for_every_row():
    """Every row gets an answer, grounding rows a point and a mask within the picture."""
    found = random_answers(bench(), 1)
    assert set(found) == {row.row_id for row in ROWS}
    x, y = found[FIND.row_id].point
    assert 0 <= x < WIDTH
    assert 0 <= y < HEIGHT
    masks.decode(found[FIND.row_id].mask, HEIGHT, WIDTH)


def test_random_texts_are_about_other_pictures():
    """A drawn description is never the row's own where another picture has one."""
    other = LOCAL.model_copy(update={"row_id": "o", "picture_id": "q", "answer": "Other."})
    for seed in range(20):
        assert random_answers(bench(LOCAL, others=[other]), seed)[LOCAL.row_id].answer == "Other."


def test_majority_learns_from_the_other_split():
    """The most frequent chain of the other split, and where there is none, of these rows."""
    more = [sample(i, "referring", "long", "x", DOG, "single", split="train") for i in (7, 8)]
    learned = majority_answers(bench(SHORT, others=more))
    assert learned[SHORT.row_id].answer == "Moderate compression."
    own = majority_answers(bench(SHORT))
    assert own[SHORT.row_id].answer == "Mild blur, severe noise."


def test_majority_place():
    """The most frequent place is answered in words, by its quadrant and by its middle."""
    found = majority_answers(bench(FIND))[FIND.row_id]
    assert found.answer == FIND.answer
    assert found.point == (30, 7.5)
    assert masks.bounding_box(masks.decode(found.mask, HEIGHT, WIDTH)) == (20, 0, 40, 15)
    whole = FIND.model_copy(update={"spatial_answer": WHOLE_IMAGE, "mask": full(HEIGHT, WIDTH)})
    assert majority_answers(bench(whole))[FIND.row_id].status == "whole"


def test_centre_and_whole_give_no_text():
    """Baselines that only point or only cover leave out what they do not give."""
    by_name = {one.name: one for one in baselines(bench(), 0)}
    for name, metric, absent in (
        ("centre point", "pointing", "giou"),
        ("whole image", "giou", "pointing"),
        ("oracle: box centre", "pointing", "position"),
    ):
        one = by_name[name]
        result = evaluate(name, bench(), one.predictions, Settings(0), one.measured, one.texts)
        average = result.metrics["grounding"]["average"]
        assert average[metric].value is not None
        assert average[absent].value is None
        assert "referring" not in result.metrics


def test_reference_is_perfect():
    """The dataset's own answers have full marks everywhere."""
    found = evaluate("reference", bench(), reference_answers(bench()), Settings(0)).metrics
    wrong = ("grade_error", "position_by_probability", "families")
    for group in (*found["grounding"].values(), *found["referring"].values()):
        assert {n: e.value for n, e in group.items() if n not in wrong and e.value != 1} == {}
    assert {task: e.value for task, e in found["offline"].items()} == {
        WHOLE.task: 10,
        LOCAL.task: 10,
        FIND.task: 5,
    }
    assert found["referring"]["all"]["grade_error"].value == 0
    assert LONG.row_id in reference_answers(bench())
