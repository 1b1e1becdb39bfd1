"""Names of areas are such that everybody finds the area they name, and no other."""

import re

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from annotators.regions.plain_names import plain_names

COLOURS = {
    "red": (220, 30, 30),
    "blue": (40, 70, 210),
    "green": (30, 150, 50),
    "white": (250, 250, 250),
    "black": (5, 5, 5),
}
HEIGHT, WIDTH = 200, 300


def painted(*areas):
    """A grey picture with boxes (colour, y0, y1, x0, x1), and their masks."""
    image = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    masks = []
    for colour, y0, y1, x0, x1 in areas:
        image[y0:y1, x0:x1] = COLOURS[colour]
        mask = np.zeros((HEIGHT, WIDTH), bool)
        mask[y0:y1, x0:x1] = True
        masks.append(mask)
    return image, masks


def named(*areas):
    """Names of painted areas."""
    return plain_names(*painted(*areas))


def test_colours_tell_areas_apart():
    """Two colours are enough; each name says its own."""
    red, blue = named(("red", 20, 120, 10, 110), ("blue", 60, 180, 180, 290))
    assert "red" in red
    assert "blue" in blue


def test_places_tell_areas_of_one_colour_apart():
    """Of two red areas each name says where it lies."""
    left, right = named(("red", 50, 150, 0, 90), ("red", 50, 150, 210, 300))
    assert "left" in left
    assert "right" in right


def test_what_words_cannot_tell_apart_has_no_name():
    """Two alike, side by side in the middle, are not named."""
    assert named(("red", 90, 110, 135, 148), ("red", 90, 110, 152, 165)) == ["", ""]


def test_a_nearly_blue_area_takes_the_word_from_the_blue_one():
    """An area that some would call blue keeps "blue area" from naming the other alone."""
    image, masks = painted(("blue", 20, 180, 10, 100), ("green", 20, 180, 200, 290))
    image[masks[1]] = (110, 125, 155)
    first, _ = plain_names(image, masks)
    assert first not in ("blue area", "")


def test_corners_and_strips():
    """A corner of the picture is called one, so is a strip along the top."""
    corner, strip = named(("black", 170, 200, 0, 40), ("blue", 0, 30, 0, 300))
    assert corner.endswith(("corner at the bottom left", "patch at the bottom left"))
    assert "strip" in strip or "blue" in strip


def test_a_thing_inside_another_and_one_below_it_are_found_by_it():
    """Neighbours are said where they are certain, and only of what touches them so."""
    found = set()
    for more in range(8):  # the pixel count picks one of the names that hold
        names = named(
            ("green", 20, 120, 60, 240),
            ("red", 50, 81 + more, 100, 131),
            ("red", 120, 160, 100, 200),
        )
        found |= set(names)
        assert not any("inside" in name for name in (names[0], names[2]))
        assert "below" not in names[1]
    assert any(name.endswith("inside the green area") for name in found), found


def test_a_line_is_no_area():
    """A frame about the picture has no name; a strip has one."""
    frame = np.zeros((HEIGHT, WIDTH), bool)
    frame[:4], frame[-4:], frame[:, :4], frame[:, -4:] = True, True, True, True
    image, (strip,) = painted(("blue", 40, 60, 20, 280))
    names = plain_names(image, [frame, strip])
    assert names[0] == ""
    assert "strip" in names[1] or "blue" in names[1]


def test_what_spans_the_picture_is_a_band():
    """A strip from edge to edge is a band; one that ends before is none."""
    assert "band" in " ".join(named(("blue", 0, 30, 0, 300), ("red", 100, 190, 100, 190)))
    assert "band" not in " ".join(named(("blue", 0, 30, 0, 200), ("red", 100, 190, 100, 190)))


def test_words_that_a_distortion_changes_are_not_said():
    """Grain on an area changes no word of its name: texture is not said."""
    image, masks = painted(("red", 20, 120, 10, 110), ("blue", 60, 180, 180, 290))
    noise = np.random.default_rng(1).integers(-20, 20, image.shape)
    grainy = np.clip(image + noise, 0, 255).astype(np.uint8)
    assert plain_names(grainy, masks) == plain_names(image, masks)


BOXES = st.tuples(
    st.sampled_from(sorted(COLOURS)),
    st.integers(0, 150),
    st.integers(20, 90),
    st.integers(0, 220),
    st.integers(20, 120),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(BOXES, min_size=1, max_size=6))
def test_no_two_areas_share_a_name(boxes):
    """Names are unique, of few words, and their colour is the one that was painted."""
    image, masks = painted(
        *((c, y, min(HEIGHT, y + h), x, min(WIDTH, x + w)) for c, y, h, x, w in boxes)
    )
    taken = np.zeros((HEIGHT, WIDTH), bool)
    for mask in reversed(masks):  # what was painted later lies on top
        mask &= ~taken
        taken |= mask
    names = plain_names(image, masks)
    given_out = [name for name in names if name]
    assert len(set(given_out)) == len(given_out)
    for name, (colour, *_) in zip(names, boxes, strict=True):
        own = re.split(r" (?:above|below|left of|right of|inside) the ", name)[0]
        said = set(own.split()) & set(COLOURS)
        assert said <= {colour}
        assert len(name.split()) <= 10
