"""Names by appearance say what can be seen and nothing more."""

import re

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotators.regions.appearance import colour_name, describe
from schemas.errors import ContractError

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


def patch(colour, grain=0):
    image = np.full((60, 80, 3), colour, np.int32)
    ticks = np.arange(60 * 80).reshape(60, 80, 1)
    image = image + np.where(ticks * 2654435761 % 7 < 3, grain, -grain)
    return np.clip(image, 0, 255).astype(np.uint8)


class TestDescribe:
    @pytest.mark.parametrize(("colour", "name"), EVERYDAY)
    def test_everyday_colours(self, colour, name):
        """Colours are called what people call them."""
        mask = np.ones((60, 80), bool)
        assert describe(patch(colour), mask).label == f"smooth {name} area"

    @pytest.mark.parametrize(
        ("grain", "word"), [(0, "smooth"), (2, "finely textured"), (25, "strongly textured")]
    )
    def test_texture_words(self, grain, word):
        """The texture word follows the strength of the grain."""
        look = describe(patch((120, 130, 110), grain), np.ones((60, 80), bool))
        assert look.texture == word

    def test_only_the_masked_area_counts(self):
        """What lies beside the area changes neither its colour nor its texture."""
        image = patch((30, 60, 200))
        image[:, 40:] = patch((250, 240, 20), 40)[:, 40:]
        mask = np.zeros((60, 80), bool)
        mask[:, :40] = True
        assert describe(image, mask).label == "smooth blue area"

    def test_many_colours_are_not_averaged(self):
        """An area of red and green is multicoloured, not brown."""
        image = patch((220, 30, 30))
        image[::2] = (30, 180, 40)
        assert describe(image, np.ones((60, 80), bool)).colour == "multicoloured"

    def test_one_pixel(self):
        """An area smaller than the margin kept from its border still has a name."""
        mask = np.zeros((60, 80), bool)
        mask[5, 5] = True
        assert describe(patch((255, 255, 255)), mask).label == "smooth white area"

    def test_alternatives_are_shorter_names(self):
        """The alternative drops the texture."""
        look = describe(patch((30, 60, 200)), np.ones((60, 80), bool))
        assert look.alternatives == ("blue area",)

    def test_empty_mask_is_refused(self):
        """Nothing has no appearance."""
        with pytest.raises(ContractError, match="no appearance"):
            describe(patch((1, 2, 3)), np.zeros((60, 80), bool))


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
