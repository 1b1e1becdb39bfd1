"""Lens: what moves, what stays, and by the formula."""

import numpy as np
import pytest

from distortions import get
from distortions.registry import SEVERITIES


@pytest.mark.parametrize("severity", SEVERITIES)
def test_colours_part_by_the_shift_at_the_corner(severity):
    """In a picture of 1024 x 768 a red dot moves out and a blue one in; green stays."""
    image = np.zeros((768, 1024, 3), np.uint8)
    image[93:100, 121:128] = 255
    result = get("lateral_chromatic")(image, severity)
    (shift,) = get("lateral_chromatic").levels[severity - 1]
    middle = np.array([383.5, 511.5])
    y, x = np.mgrid[:768, :1024]
    far = []
    for channel in range(3):
        weight = result[..., channel] / result[..., channel].sum()
        place = np.array([(weight * y).sum(), (weight * x).sum()])
        far.append(np.hypot(*(place - middle)))
    expected = shift / 640 * far[1]
    assert far[0] - far[1] == pytest.approx(expected, abs=0.2)
    assert far[1] - far[2] == pytest.approx(expected, abs=0.2)
    assert np.array_equal(result[..., 1], image[..., 1])


def test_fringes_are_purple_and_stand_beside_highlights():
    """Only the dark side within reach changes, and there red and blue rise and green falls."""
    image = np.full((40, 60, 3), 30, np.uint8)
    image[:, 30:] = 240
    result = get("axial_fringing")(image, 4).astype(int)
    change = result - image
    assert not change[:, 30:].any()
    assert not change[:, :24].any()
    assert (change[:, 28] > (20, -200, 40)).all()
    assert (change[:, 28, 1] < 0).all()
    grey = np.full((40, 60, 3), 90, np.uint8)
    assert np.array_equal(get("axial_fringing")(grey, 5), grey)


@pytest.mark.parametrize("severity", SEVERITIES)
def test_vignetting_is_the_formula(severity):
    """A level falls to 1 / (1 + s r²)², r being 1 at the corner."""
    image = np.full((121, 161, 3), 200, np.uint8)
    (strength,) = get("vignetting").levels[severity - 1]
    y, x = np.mgrid[-60:61, -80:81]
    exact = 200 / (1 + strength * (x**2 + y**2) / (60**2 + 80**2)) ** 2
    assert np.abs(get("vignetting")(image, severity) - exact[..., None]).max() <= 0.51


def test_glare_lifts_black_more_near_light():
    """Black beside a lamp gets more of it than black far away, and black is never black."""
    image = np.zeros((120, 160, 3), np.uint8)
    image[50:70, :20] = 255
    result = get("veiling_glare")(image, 4).astype(int)
    assert result[60, 30].min() > result[60, 150].max() > 30
