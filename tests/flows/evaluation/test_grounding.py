"""Grounding metrics against pycocotools, against hand-computed values and by their conventions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pycocotools import mask as coco
from scipy.ndimage import distance_transform_edt

from annotators.language.positions import WHOLE_IMAGE
from flows.evaluation.grounding import (
    Measured,
    contains,
    empty,
    full,
    item,
    items,
    measured,
    overlap,
    summary,
    tolerant_iou,
)
from flows.evaluation.intervals import Settings
from flows.evaluation.predictions import Prediction
from schemas import masks
from tests.flows.evaluation.made import FIND, HEIGHT, WIDTH, bench, box_mask

MASKS = arrays.arrays(np.bool_, (6, 7))
SIZE = (HEIGHT, WIDTH)


def value(prediction, metric, given=None, sample=FIND):
    """A metric of a bench of one row."""
    found = summary([item(sample, prediction)], given or Measured(), Settings(0))
    return found["average"][metric].value


@given(MASKS, MASKS)
def test_iou_as_pycocotools(first, second):
    """IoU of filled masks is pycocotools'; of empty ones it is what we state."""
    one, two = masks.encode(first), masks.encode(second)
    found = overlap(one, two, 6, 7)
    assert (found.shared, found.union) == (np.sum(first & second), np.sum(first | second))
    if first.any() and second.any():
        rle = [{"size": [6, 7], "counts": counts.encode()} for counts in (one, two)]
        assert found.iou == pytest.approx(coco.iou(rle[:1], rle[1:], [0])[0, 0])
    else:
        assert found.iou == float(not first.any() and not second.any())


@given(MASKS, MASKS)
def test_tolerant_iou_as_pixels(said, truth):
    """The tolerant IoU is that of the pixels more than one away from the target's edge."""
    care = np.ones((6, 7), np.bool_)
    if truth.any() and not truth.all():
        care = np.maximum(distance_transform_edt(truth), distance_transform_edt(~truth)) > 1
    union = np.sum((said | truth) & care)
    expected = np.sum(said & truth & care) / union if union else 1.0
    if not said.any():
        expected = float(not truth.any())
    found = tolerant_iou(masks.encode(said), masks.encode(truth), 6, 7)
    assert found == pytest.approx(expected)
    assert 0 <= found <= 1


def test_tolerance_forgives_the_edge():
    """A mask that is one pixel too wide is perfect with tolerance, two pixels are not."""
    one, two, truth = (box_mask(x, 5, 30, 25) for x in (9, 8, 10))
    assert tolerant_iou(one, truth, *SIZE) == 1
    assert overlap(one, truth, *SIZE).iou == pytest.approx(400 / 420)
    assert overlap(two, truth, *SIZE).iou < tolerant_iou(two, truth, *SIZE) < 1


def test_giou_and_ciou_by_hand():
    """The mean of IoUs is weighted by rows, the summed IoU by pixels."""
    small = FIND.model_copy(
        update={"row_id": "small", "sub_task": "single_intensity", "mask": box_mask(0, 0, 2, 2)}
    )
    given = {
        FIND.row_id: Prediction("", mask=box_mask(0, 0, 40, 5)),  # 200 of 400
        "small": Prediction("", mask=box_mask(0, 0, 2, 2)),  # 4 of 4
    }
    found = summary(items(bench(FIND, small), given), Measured(), Settings(0))
    assert found["hybrid_intensity"]["giou"].value == 1 / 2
    assert found["single_intensity"]["giou"].value == 1
    assert found["average"]["giou"].value == 3 / 4
    assert found["average"]["ciou"].value == pytest.approx(204 / 404)
    assert found["average"]["acc@0.5"].value == 1
    assert found["average"]["acc@0.7"].value == 1 / 2
    assert "accumulation_order" not in found


@pytest.mark.parametrize(
    ("prediction", "expected"),
    [
        (None, 0),
        (Prediction(""), 0),
        (Prediction("", status="none"), 0),
        (Prediction("", status="whole"), 400 / 1200),
        (Prediction("", mask=FIND.mask, status="none"), 1),
    ],
)
def test_mask_conventions(prediction, expected):
    """No mask is an empty one, ``whole`` the full one, a given mask goes before the status."""
    assert value(prediction, "giou") == pytest.approx(expected)


def test_empty_and_full():
    """Empty and full masks hold no and all pixels."""
    assert (masks.area(empty(*SIZE), *SIZE), masks.area(full(*SIZE), *SIZE)) == (0, 1200)
    assert overlap(empty(*SIZE), empty(*SIZE), *SIZE).iou == 1


@pytest.mark.parametrize(
    ("point", "inside"),
    [
        ((2, 3), True),
        ((4.99, 8.99), True),
        ((1.99, 5), False),
        ((5, 5), False),
        ((4, 9), False),
        ((-0.5, 5), False),
        ((1e9, 1e9), False),
    ],
)
def test_points_lie_in_the_pixel_they_fall_into(point, inside):
    """The half-open box 2..5 x 3..9 holds exactly the points whose floor is in it."""
    assert contains(box_mask(2, 3, 5, 9), *SIZE, point) is inside


def test_pixel_at_the_far_edge():
    """The last column and row belong to the picture; what lies just behind does not."""
    assert contains(full(*SIZE), *SIZE, (39.999, 29.999))
    assert not contains(full(*SIZE), *SIZE, (40, 29))


def test_whole_image():
    """A target of the whole picture is hit by ``whole``; any other target is not."""
    whole = FIND.model_copy(update={"spatial_answer": WHOLE_IMAGE, "mask": full(*SIZE)})
    said = Prediction("The whole image. It is noisy.", status="whole")
    assert [value(said, name, sample=whole) for name in ("giou", "pointing", "position")] == [1] * 3
    assert value(said, "pointing") == 0
    assert value(said, "position") == 0
    assert value(said, "position_by_probability", Measured(sides=True), whole) is None


def test_words_of_place():
    """Across and down are scored apart and together; the right answer is top right."""
    given = Prediction("Top left. It is the sky.")
    assert [value(given, name) for name in ("position_x", "position_y", "position")] == [0, 1, 0]


@pytest.mark.parametrize(
    ("left", "top", "expected"), [(0.1, 0.9, 1), (0.5, 0.9, 0), (0.1, 0.5, 0), (0.9, 0.9, 0)]
)
def test_probabilities(left, top, expected):
    """The likelier sides must both be right; a tie is wrong."""
    sides = {"left": left, "right": 1 - left, "top": top, "bottom": 1 - top}
    given = Prediction("", probabilities=sides)
    assert value(given, "position_by_probability", Measured(sides=True)) == expected


def test_what_is_not_given_is_not_reported():
    """A model without masks has no gIoU rather than 0, and likewise for points and sides."""
    text = {"a": Prediction("Top right.")}
    assert measured(text) == Measured(masks=False, points=False, words=True, sides=False)
    assert measured({"a": Prediction("", (1, 1))}).points
    assert measured({"a": Prediction("", mask="x")}).masks
    found = summary([item(FIND, text["a"])], measured(text), Settings(0))["average"]
    assert {name for name, entry in found.items() if entry.value is not None} == {
        "position_x",
        "position_y",
        "position",
    }


@given(st.floats(0, 39), st.floats(0, 29))
def test_bounds(x, y):
    """Every metric of any prediction lies between 0 and 1."""
    given = Prediction("Top right.", (x, y), mask=box_mask(0, 0, int(x) + 1, int(y) + 1))
    for entry in summary([item(FIND, given)], Measured(), Settings(0))["average"].values():
        assert entry.value is None or 0 <= entry.value <= 1
