"""Contact sheets show the whole picture, its liveliest detail and the number of every column."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distortions import get
from distortions.sheet import CELL, EDGE, GUTTER, LINE, contact_sheet, textured_window

WIDE = 6 * (CELL + GUTTER)


def test_window_lies_on_the_texture():
    """The detail is cut where the texture is, not in the middle and not at one hard edge."""
    image = np.full((600, 800, 3), 90, np.uint8)
    image[:, 300:] = 255
    rows, columns = np.indices((160, 160))
    image[400:560, 40:200] = ((rows * 7 + columns * 13) % 40 + 100)[..., None]
    box = textured_window(image)
    assert (box.width, box.height) == (CELL, CELL)
    assert box.x0 <= 40
    assert box.x1 >= 200
    assert box.y0 <= 400
    assert box.y1 >= 560


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_window_is_the_best_of_all(height, width, side, seed):
    """No other window on the grid holds more texture, and every window lies in the picture."""
    image = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    box = textured_window(image, side)
    assert (box.height, box.width) == (min(side, height), min(side, width))
    assert 0 <= box.x0 < box.x1 <= width
    assert 0 <= box.y0 < box.y1 <= height
    import cv2

    luma = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(int)
    steps = np.zeros((height, width), int)
    steps[:, 1:] += np.minimum(np.abs(np.diff(luma, axis=1)), EDGE)
    steps[1:] += np.minimum(np.abs(np.diff(luma, axis=0)), EDGE)
    sums = [
        steps[y : y + box.height, x : x + box.width].sum()
        for y in range(0, height - box.height + 1, 8)
        for x in range(0, width - box.width + 1, 8)
    ]
    assert steps[box.slices].sum() == max(sums)


@pytest.mark.parametrize(
    ("size", "strips"), [((400, 300), [192, 192]), ((300, 600), [96, 192]), ((150, 100), [150])]
)
def test_layout(size, strips, coffee):
    """A title and captions, the fitted picture, and below it a detail if there is more to see."""
    photo = np.ascontiguousarray(coffee[: size[0], : size[1]])
    sheet = contact_sheet(photo, [get("pixelate"), get("jitter")])
    one = 2 * LINE + sum(strip + GUTTER for strip in strips)
    assert sheet.shape == (2 * one, WIDE, 3)
    captions = sheet[one + LINE : one + 2 * LINE]
    for column in range(6):
        left = column * (CELL + GUTTER)
        assert captions[:, left : left + 20].min() < 100


def test_cells_are_the_degraded_picture(coffee):
    """A cell holds the pixels that the called type gives at the severity of its column."""
    photo = np.ascontiguousarray(coffee[:150, :190])
    sheet = contact_sheet(photo, [get("gaussian_noise")], seed=4)
    for column, expected in enumerate(
        [photo, *(get("gaussian_noise")(photo, severity, seed=4) for severity in range(1, 6))]
    ):
        left = column * (CELL + GUTTER)
        assert np.array_equal(sheet[2 * LINE : 2 * LINE + 150, left : left + 190], expected)
