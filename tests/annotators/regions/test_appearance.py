"""Names by appearance say what can be seen and nothing more."""

import re

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotators.regions.appearance import PLAIN, colour_bits, colour_name, plain_colours

EVERYDAY = [
    ((0, 0, 0), "black"),
    ((60, 60, 60), "dark grey"),
    ((128, 128, 128), "grey"),
    ((192, 192, 192), "pale grey"),
    ((255, 255, 255), "white"),
    ((255, 0, 0), "red"),
    ((100, 15, 20), "dark red"),
    ((255, 192, 203), "pale pink"),
    ((255, 140, 0), "orange"),
    ((139, 69, 19), "brown"),
    ((222, 200, 165), "beige"),
    ((128, 128, 0), "olive"),
    ((240, 220, 30), "yellow"),
    ((0, 90, 20), "dark green"),
    ((30, 160, 50), "green"),
    ((152, 215, 160), "pale green"),
    ((64, 190, 190), "turquoise"),
    ((135, 206, 235), "pale blue"),
    ((30, 60, 200), "blue"),
    ((10, 20, 90), "dark blue"),
    ((110, 120, 135), "bluish grey"),
    ((128, 0, 128), "purple"),
]


@pytest.mark.parametrize(("colour", "name"), EVERYDAY)
def test_everyday_colours(colour, name):
    """Colours are called what people call them."""
    lab = cv2.cvtColor(np.uint8([[colour]]), cv2.COLOR_RGB2LAB)[0, 0].astype(int)
    assert colour_name(round(lab[0] * 100 / 255), lab[1] - 128, lab[2] - 128) == name


@pytest.mark.parametrize(
    ("name", "certain", "may"),
    [
        ("blue", "blue", {"blue", "purple", "turquoise"}),
        ("bluish grey", "", {"grey", "blue"}),
        ("dark grey", "", {"grey", "black"}),
        ("pale grey", "grey", {"grey", "white"}),
        ("olive", "", {"green", "brown", "yellow"}),
        ("dark red", "red", {"red", "pink", "orange", "brown", "black"}),
        ("dark purple", "", {"purple", "blue", "pink", "black"}),
    ],
)
def test_what_a_colour_may_be_called(name, certain, may):
    """What two people might call differently is certain of nothing."""
    assert plain_colours(name) == (certain, frozenset(may))


def test_neutral_pixels_have_no_hue():
    """Every grey level of a black and white picture may be called black, grey or white only."""
    levels = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    bits, lightness = colour_bits(levels)
    neutral = sum(1 << (16 + PLAIN.index(name)) for name in ("black", "grey", "white"))
    assert not np.any(bits >> 16 << 16 & ~np.uint32(neutral))
    assert np.all(np.diff(lightness[0].astype(int)) >= 0)


@given(st.integers(0, 100), st.integers(-128, 127), st.integers(-128, 127))
def test_every_colour_has_a_plain_name(lightness, a, b):
    """Any Lab colour has a lower case name of at most three words."""
    assert re.fullmatch(r"[a-z-]+( [a-z-]+){0,2}", colour_name(lightness, a, b))


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_grey_is_only_said_of_dull_colours(rgb):
    """A colour whose channels differ widely is never called grey, black or white."""
    lab = cv2.cvtColor(np.uint8([[rgb]]), cv2.COLOR_RGB2LAB)[0, 0].astype(int)
    name = colour_name(round(lab[0] * 100 / 255), lab[1] - 128, lab[2] - 128)
    if max(rgb) - min(rgb) > 100:
        assert name.split()[-1] not in ("grey", "black", "white")
