"""Colour: casts, and colour that leaves its place."""

import cv2
import numpy as np
import pytest

from distortions import get
from distortions.registry import SEVERITIES


def luma(image):
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(float)


@pytest.mark.parametrize(
    ("name", "gains"), [("warm_cast", (1, 0, -1)), ("cool_cast", (-1, 0, 1)), ("green_cast", None)]
)
def test_casts_tint_grey_and_keep_its_luma(name, gains):
    """Grey is as light as it was, to two levels, and leans to the colour in the name."""
    grey = np.full((8, 8, 3), 120, np.uint8)
    for severity in SEVERITIES:
        result = get(name)(grey, severity)
        assert np.abs(luma(result) - 120).max() <= 2
        red, green, blue = result[0, 0].astype(int)
        if gains is None:
            assert green > red == blue
        else:
            assert np.sign(red - blue) == np.sign(gains[0])


@pytest.mark.parametrize("name", ["chroma_bleeding", "chroma_shift"])
def test_light_and_shade_stay_where_colour_moves(name, coffee):
    """Luma moves by no more than clipping and rounding make it, colour by much more."""
    image = coffee[100:300, 100:300]
    result = get(name)(image, 3)
    assert np.abs(luma(result) - luma(image)).mean() < 1
    planes = [cv2.cvtColor(i, cv2.COLOR_RGB2YCrCb).astype(int) for i in (image, result)]
    assert np.abs(planes[1] - planes[0])[..., 1:].mean() > 2


def test_colours_bleed_over_an_edge_evenly():
    """Between red and blue of one luma the step becomes a ramp, whose middle stays."""
    image = np.zeros((60, 120, 3), np.uint8)
    image[:, :60], image[:, 60:] = (180, 60, 60), (60, 90, 220)
    red = cv2.cvtColor(get("chroma_bleeding")(image, 2), cv2.COLOR_RGB2YCrCb)[30, :, 1].astype(int)
    before = cv2.cvtColor(image, cv2.COLOR_RGB2YCrCb)[30, :, 1].astype(int)
    assert abs(red[59:61].mean() - before.mean()) < 3
    assert (np.diff(red[45:75]) <= 0).all()
    assert red[50] < before[50] - 2
