"""Masks survive the way to text and back, and broken text is noticed."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pycocotools import mask as coco

from schemas import masks
from schemas.boxes import Box
from schemas.errors import ContractError


@pytest.fixture(scope="module", autouse=True)
def compiled():
    """Compile before Hypothesis looks at its watch."""
    masks.pole(np.ones((3, 3), np.bool_))


any_mask = hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, max_side=40))


@given(any_mask)
def test_round_trip(mask):
    """decode(encode(m)) is m, and the counts are what pycocotools writes."""
    counts = masks.encode(mask)
    assert np.array_equal(masks.decode(counts, *mask.shape), mask)
    assert counts.encode() == coco.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"]
    assert masks.area(counts, *mask.shape) == mask.sum()


@given(any_mask, st.integers(1, 5))
def test_wrong_size_is_noticed(mask, more):
    """Counts read at another size raise instead of giving another mask."""
    with pytest.raises(ContractError):
        masks.decode(masks.encode(mask), mask.shape[0] + more, mask.shape[1])


@given(any_mask.filter(np.any))
def test_box_and_pole(mask):
    """The box is tight and the pole is an inside pixel."""
    box = masks.bounding_box(mask)
    assert mask[box.slices].sum() == mask.sum()
    inner = mask[box.slices]
    assert inner[0].any()
    assert inner[-1].any()
    assert inner[:, 0].any()
    assert inner[:, -1].any()
    x, y = masks.pole(mask)
    assert mask[int(y), int(x)]


def test_pole_of_a_crescent_lies_inside():
    """The box centre of a U is outside it; the pole is not."""
    mask = np.zeros((60, 60), np.bool_)
    mask[5:55, 5:55] = True
    mask[5:45, 20:40] = False
    assert not mask[30, 30]
    x, y = masks.pole(mask)
    assert mask[int(y), int(x)]


def test_largest_part():
    """Only the largest connected part stays; diagonal pixels are connected."""
    mask = np.zeros((10, 10), np.bool_)
    mask[0, 0] = mask[1, 1] = mask[2, 2] = True
    mask[6:8, 6:8] = True
    assert masks.largest_part(mask).sum() == 4


def test_empty_mask_has_no_box():
    """An empty mask raises."""
    with pytest.raises(ContractError, match="no bounding box"):
        masks.bounding_box(np.zeros((3, 3), np.bool_))


@given(
    st.integers(0, 90),
    st.integers(0, 90),
    st.integers(1, 99),
    st.integers(1, 99),
    st.integers(0, 40),
    st.sampled_from([1, 8, 16]),
)
def test_grown_box(x, y, width, height, margin, align):
    """A grown box holds the old one, stays in the picture and starts at multiples of align."""
    box = Box(x, y, min(100, x + width), min(100, y + height))
    grown = box.grown(margin, 100, 100, align)
    assert grown.x0 <= max(0, box.x0 - margin)
    assert grown.y0 <= max(0, box.y0 - margin)
    assert grown.x1 >= min(100, box.x1 + margin)
    assert grown.x1 <= 100
    assert grown.x0 % align == 0
    assert grown.y0 % align == 0
    assert grown.x1 % align == 0 or grown.x1 == 100


@given(any_mask.filter(np.any))
def test_pole_is_the_first_maximum_of_the_distance_transform(mask):
    """The pole is where OpenCV's exact distances, rounded to three decimals, are first largest."""
    distance = cv2.distanceTransform(
        np.pad(mask.view(np.uint8), 1), cv2.DIST_L2, cv2.DIST_MASK_PRECISE
    )
    row, column = np.unravel_index(np.argmax(np.round(distance, 3)), distance.shape)
    assert masks.pole(mask) == (column - 1, row - 1)


@given(any_mask, st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9))
def test_a_part_has_the_counts_of_the_whole(part, left, top, right, bottom):
    """``encode_part`` writes what ``encode`` writes of the mask with nothing around the part."""
    whole = np.pad(part, ((top, bottom), (left, right)))
    box = Box(left, top, left + part.shape[1], top + part.shape[0])
    assert masks.encode_part(part, box, *whole.shape) == masks.encode(whole)


@pytest.mark.parametrize("counts", ["", "P", "0P", "4P", "é", "/2", "oooooooooooooooo0", "2N22"])
def test_text_that_is_no_counts_is_noticed(counts):
    """Unfinished, endless and negative numbers and other characters never reach the C decoder."""
    with pytest.raises(ContractError, match="mask"):
        masks.decode(counts, 2, 2)
