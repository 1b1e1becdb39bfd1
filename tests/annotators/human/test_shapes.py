"""Filled shapes: the pixels of scikit-image, at the speed of a compiled loop, within limits."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import draw

from annotators.human import consensus, shapes
from annotators.human.consensus import match
from schemas.errors import AnnotationError
from schemas.masks import iou

COORDINATES = {
    "anything": st.floats(-20, 80, width=32),
    "whole": st.integers(-20, 80).map(float),
    "halves": st.integers(-40, 160).map(lambda n: n / 2),
    "middles of pixels": st.integers(-20, 80).map(lambda n: n + 0.5),
}


def reference(points, height, width):
    line, out = np.asarray(points, float), np.zeros((height, width), np.bool_)
    rows, columns = draw.polygon(line[:, 1] - 0.5, line[:, 0] - 0.5, out.shape)
    out[rows, columns] = True
    return out


@pytest.mark.parametrize("kind", COORDINATES)
@settings(deadline=None, max_examples=200)
@given(data=st.data(), height=st.integers(5, 50), width=st.integers(5, 50))
def test_polygons_have_the_pixels_of_scikit_image(kind, data, height, width):
    """Also where lines cross themselves, run through middles of pixels or leave the picture."""
    point = st.tuples(COORDINATES[kind], COORDINATES[kind])
    points = data.draw(st.lists(point, min_size=3, max_size=12))
    wanted = reference(points, height, width)
    if wanted.any():
        assert np.array_equal(shapes.polygon(points, height, width), wanted)
    else:
        with pytest.raises(AnnotationError, match="empty_mask"):
            shapes.polygon(points, height, width)


def circle(number):
    angles = np.linspace(0, 2 * np.pi, number, endpoint=False)
    return np.stack([512 + 300 * np.cos(angles), 384 + 300 * np.sin(angles)], 1).tolist()


def test_the_longest_outline_is_filled_and_a_longer_one_refused():
    """A hundred thousand points are a circle; one more point is none."""
    mask = shapes.polygon(circle(shapes.MOST_POINTS), 768, 1024)
    assert mask.sum() == pytest.approx(np.pi * 300**2, rel=1e-3)
    with pytest.raises(AnnotationError, match="too_many_points"):
        shapes.polygon(circle(shapes.MOST_POINTS + 1), 768, 1024)


SIZES = {
    "polygon": lambda h, w: shapes.polygon([[0, 0], [9, 0], [9, 9]], h, w),
    "line": lambda h, w: shapes.thick_line([[0, 0], [9, 9]], h, w),
    "ellipse": lambda h, w: shapes.ellipse(5, 5, 3, 3, 0, h, w),
    "brush": lambda h, w: shapes.brush([255] * 9, h, w),
    "runs": lambda h, w: shapes.inside_box([0, h * w], (0, 0, w, h), h, w),
    "mask": lambda h, w: shapes.png_mask("", 0, 0, h, w),
}


@pytest.mark.parametrize("kind", SIZES)
@pytest.mark.parametrize("size", [(10**6, 10**6), (-5, 5), (5, 0), (2**40, 2**40)])
def test_sizes_are_looked_at_first(kind, size):
    """No memory is taken for a picture that no photograph is."""
    with pytest.raises(AnnotationError, match="bad_size"):
        SIZES[kind](*size)


def test_masks_are_compared_where_boxes_meet(monkeypatch):
    """Of three thousand small regions of two people each is held against its own alone."""
    sizes, assigned = Counter(), consensus.linear_sum_assignment

    def counted(values):
        sizes[values.shape] += 1
        return assigned(values)

    monkeypatch.setattr(consensus, "linear_sum_assignment", counted)
    masks = []
    for number in range(3000):
        mask = np.zeros((300, 300), np.bool_)
        y, x = divmod(number, 60)
        mask[5 * y : 5 * y + 4, 5 * x : 5 * x + 4] = True
        masks.append(mask)
    assert match(masks, masks[::-1]) == [(n, 2999 - n, 1.0) for n in range(3000)]
    assert sizes == {(1, 1): 3000}


@settings(deadline=None, max_examples=50)
@given(seed=st.integers(0, 2**32), number=st.integers(1, 6), other=st.integers(1, 6))
def test_matching_in_parts_is_matching(seed, number, other):
    """Matched among those that meet, masks have the total of matching all with all."""
    from scipy.optimize import linear_sum_assignment

    rng = np.random.default_rng(seed)

    def boxes(count):
        made = np.zeros((count, 12, 12), np.bool_)
        for mask in made:
            y, x = rng.integers(0, 8, 2)
            h, w = rng.integers(1, 6, 2)
            mask[y : y + h, x : x + w] = True
        return list(made)

    first, second = boxes(number), boxes(other)
    values = np.array([[iou(a, b) for b in second] for a in first])
    rows, columns = linear_sum_assignment(-values)
    every = values[rows, columns]
    assert sum(v for *_, v in match(first, second)) == pytest.approx(every[every >= 0.5].sum())
