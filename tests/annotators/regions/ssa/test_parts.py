"""Crops, votes and batches: where arithmetic decides, the result is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotators.regions.ssa.batches import Batches, crop, scaled_box
from annotators.regions.ssa.generation import tidied
from annotators.regions.ssa.semantic import vote
from schemas.boxes import Box


def test_boxes_grow_about_their_centre():
    """A box of 10x20 is 12x24 at 1.2, and is cut where the picture ends."""
    assert scaled_box(Box(50, 40, 60, 60), 1.2, 100, 100) == Box(49, 38, 61, 62)
    assert scaled_box(Box(0, 90, 10, 100), 1.6, 100, 100) == Box(0, 87, 13, 100)


@given(
    st.integers(0, 90), st.integers(0, 90), st.integers(1, 10), st.integers(1, 10), st.floats(1, 4)
)
def test_grown_boxes_hold_the_box_and_stay_inside(x, y, width, height, scale):
    """Whatever the scale, nothing of the mask is cut off and nothing lies outside."""
    box = Box(x, y, x + width, y + height)
    grown = scaled_box(box, scale, 100, 100)
    assert grown.x0 <= box.x0 < box.x1 <= grown.x1
    assert grown.y0 <= box.y0 < box.y1 <= grown.y1
    assert min(grown) >= 0
    assert max(grown) <= 100


def test_crops_are_what_lies_in_the_box():
    """A crop has the box's pixels, contiguous."""
    pixels = np.arange(5 * 6 * 3, dtype=np.uint8).reshape(5, 6, 3)
    cut = crop(pixels, Box(1, 2, 4, 5))
    assert np.array_equal(cut, pixels[2:5, 1:4])
    assert cut.flags.c_contiguous


def test_most_pixels_inside_the_mask_win_the_vote():
    """Three of five pixels are a share of 0.6; outside the mask nobody votes; ties go down."""
    classes = np.array([[4, 4, 4, 2, 2], [9, 9, 9, 9, 9]])
    mask = np.array([[True] * 5, [False] * 5])
    assert vote(classes, mask) == (4, 0.6)
    assert vote(classes[:, 1:], mask[:, 1:]) == (2, 0.5)


def test_small_holes_close_and_small_islands_go():
    """Parts below the area change sides, the rest stays; a mask of crumbs keeps its largest."""
    mask = np.zeros((20, 20), np.bool_)
    mask[2:12, 2:12] = True
    mask[5:7, 5:7] = False
    mask[16:18, 16:18] = True
    expected = np.zeros_like(mask)
    expected[2:12, 2:12] = True
    assert np.array_equal(tidied(mask, 5), expected)
    assert np.array_equal(tidied(mask, 0), mask)
    crumbs = mask.copy()
    crumbs[:13] = False
    assert np.array_equal(tidied(crumbs, 50), crumbs)


def test_batches_shrink_when_memory_runs_out_and_stay_small():
    """Every item is worked on once and in order, whatever did not fit."""
    import torch

    batches, calls = Batches(16), []

    def work(items):
        calls.append(len(items))
        if len(items) > 3:
            raise torch.OutOfMemoryError
        return [item * item for item in items]

    assert batches.run(work, list(range(10))) == [n * n for n in range(10)]
    assert calls == [10, 5, 2, 2, 2, 2, 2]
    assert batches.size == 2


def test_one_item_that_does_not_fit_is_an_error():
    """When a batch of one runs out of memory, nothing is left to try."""
    import torch

    def work(items):
        raise torch.OutOfMemoryError

    with pytest.raises(torch.OutOfMemoryError):
        Batches(4).run(work, [1, 2])
