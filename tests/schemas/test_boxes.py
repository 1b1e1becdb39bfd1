"""Boxes: half-open, whole pixels, never larger than they have to be."""

from hypothesis import given
from hypothesis import strategies as st

from schemas.boxes import Box, iou

sides = st.integers(1, 40)
starts = st.integers(0, 60)


def test_what_a_box_says_of_itself():
    """Sides, area, middle and place in an array, with different numbers everywhere."""
    box = Box(2, 5, 12, 8)
    assert (box.width, box.height, box.area) == (10, 3, 30)
    assert box.center == (7.0, 6.5)
    assert box.slices == (slice(5, 8), slice(2, 12))
    assert box.shifted(-2, 3) == Box(0, 8, 10, 11)


def test_grown_without_alignment():
    """By the margin on every side, and no further than the picture."""
    assert Box(10, 20, 30, 25).grown(4, 100, 90) == Box(6, 16, 34, 29)
    assert Box(3, 1, 98, 88).grown(4, 100, 90) == Box(0, 0, 100, 90)
    assert Box(10, 20, 30, 25).grown(0, 100, 90) == Box(10, 20, 30, 25)


@given(starts, starts, sides, sides, st.integers(0, 20), st.integers(1, 16))
def test_the_smallest_that_will_do(x, y, wide, tall, margin, align):
    """Of all boxes between multiples of ``align`` the smallest that holds the margin."""
    width, height = 101, 99
    box = Box(x, y, min(width, x + wide), min(height, y + tall))
    marks = range(0, 400, align)

    def before(place):
        return max(mark for mark in marks if mark <= max(0, place))

    def behind(place, side):
        return min(side, *(mark for mark in marks if mark >= place))

    assert box.grown(margin, width, height, align) == Box(
        before(box.x0 - margin),
        before(box.y0 - margin),
        behind(box.x1 + margin, width),
        behind(box.y1 + margin, height),
    )


def test_intersection_over_union_in_any_unit():
    """Shares and pixels give the same; boxes that touch, lie apart or have no area give 0."""
    assert iou((0, 0, 4, 2), (2, 0, 6, 2)) == iou((0, 0, 0.4, 0.2), (0.2, 0, 0.6, 0.2)) == 1 / 3
    assert iou((0, 0, 4, 2), (0, 0, 4, 2)) == 1
    for other in ((4, 0, 6, 2), (5, 5, 6, 6), (1, 1, 1, 1), (3, 2, 1, 1)):
        assert iou((0, 0, 4, 2), other) == iou(other, (0, 0, 4, 2)) == 0
    assert iou((1, 1, 1, 1), (1, 1, 1, 1)) == 0
