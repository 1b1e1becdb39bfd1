"""Positions in words: the four words, the finer ones, and telling namesakes apart."""

from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from annotators.language.positions import (
    WHOLE_IMAGE,
    horizontal_word,
    place_phrase,
    relative_phrases,
    spatial_answer,
    vertical_word,
)
from schemas.boxes import Box

SIDES = st.integers(32, 1024)
LEFT, RIGHT = ("left",), ("right",)
UP, DOWN = ("top", "upper"), ("bottom", "lower")


@st.composite
def scenes(draw, boxes=1):
    width, height = draw(SIDES), draw(SIDES)
    found = []
    for _ in range(boxes):
        x0, y0 = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
        x1, y1 = draw(st.integers(x0 + 1, width)), draw(st.integers(y0 + 1, height))
        found.append(Box(x0, y0, x1, y1))
    return width, height, found


def says(phrase, words):
    return any(word in phrase.replace("-", " ").split() for word in words)


def contradicts(phrase, box, width, height):
    left, top = horizontal_word(box, width) == "left", vertical_word(box, height) == "top"
    return says(phrase, RIGHT if left else LEFT) or says(phrase, DOWN if top else UP)


class TestFourWords:
    @pytest.mark.parametrize(
        ("box", "answer"),
        [
            (Box(0, 0, 50, 40), "Top left."),
            (Box(50, 0, 100, 40), "Top right."),
            (Box(0, 45, 50, 80), "Bottom left."),
            (Box(60, 45, 100, 80), "Bottom right."),
            (Box(0, 0, 100, 80), "Bottom right."),
            (Box(0, 0, 99, 79), "Top left."),
        ],
    )
    def test_corners_and_the_exact_middle(self, box, answer):
        """The middle itself counts as right and bottom; half a pixel before it does not."""
        assert spatial_answer(box, 100, 80) == answer

    @given(scenes())
    def test_as_the_specification_words_it(self, scene):
        """Left means centre over width in [0, 1/2), top means the same of the height."""
        width, height, (box,) = scene
        x, y = Fraction(box.x0 + box.x1, 2 * width), Fraction(box.y0 + box.y1, 2 * height)
        assert (horizontal_word(box, width) == "left") == (0 <= x < Fraction(1, 2))
        assert (vertical_word(box, height) == "top") == (0 <= y < Fraction(1, 2))

    @given(scenes())
    def test_only_four_answers(self, scene):
        """The spatial answer is one of four sentences, and never that of the whole image."""
        width, height, (box,) = scene
        rows, columns = ("Top", "Bottom"), ("left.", "right.")
        answer = spatial_answer(box, width, height)
        assert answer in {f"{row} {column}" for row in rows for column in columns}
        assert answer != WHOLE_IMAGE


class TestPlacePhrase:
    @pytest.mark.parametrize(
        ("box", "phrase"),
        [
            (Box(0, 0, 30, 20), "in the upper left"),
            (Box(40, 30, 60, 50), "near the centre"),
            (Box(0, 60, 100, 80), "along the bottom edge"),
            (Box(0, 0, 20, 80), "along the left edge"),
            (Box(5, 5, 95, 25), "across the upper part, from side to side"),
            (Box(0, 30, 100, 50), "across the middle, from side to side"),
            (Box(0, 0, 100, 80), "across most of the picture"),
            (Box(70, 60, 100, 80), "in the lower right"),
            (Box(0, 0, 75, 20), "along the top edge"),
            (Box(10, 1, 85, 20), "across the upper part, from side to side"),
            (Box(10, 0, 84, 20), "in the upper middle"),
            (Box(80, 0, 100, 60), "along the right edge"),
        ],
    )
    def test_examples(self, box, phrase):
        """Places read as people say them."""
        assert place_phrase(box, 100, 80) == phrase

    @given(scenes())
    def test_never_contradicts_the_four_words(self, scene):
        """A finer place names no side on which the centre is not."""
        width, height, (box,) = scene
        phrase = place_phrase(box, width, height)
        if not phrase.endswith(("from side to side", "from top to bottom")):
            assert not contradicts(phrase, box, width, height)
        else:
            assert not contradicts(phrase.split(",")[0], box, width, height)


class TestRelativePhrases:
    @pytest.mark.parametrize(
        ("boxes", "phrases"),
        [
            ([(0, 10, 20, 50), (70, 10, 99, 50)], ["on the left", "on the right"]),
            ([(40, 60, 60, 75), (40, 0, 60, 20)], ["at the bottom", "at the top"]),
            (
                [(70, 20, 99, 60), (40, 20, 60, 60), (0, 20, 20, 60)],
                ["on the right", "in the middle", "on the left"],
            ),
            (
                [(0, 0, 20, 20), (80, 0, 99, 20), (0, 60, 20, 80), (80, 60, 99, 80)],
                [
                    *("in the upper left", "in the upper right"),
                    *("in the lower left", "in the lower right"),
                ],
            ),
            ([(60, 10, 70, 40), (85, 10, 99, 40)], ["nearer the middle", "farther to the right"]),
            ([(20, 0, 30, 10), (20, 20, 32, 30)], ["higher up", "farther down"]),
            ([(20, 20, 40, 40), (22, 21, 42, 41)], [None, None]),
            ([(45, 20, 54, 40), (46, 20, 56, 40)], [None, None]),
            ([], []),
        ],
    )
    def test_examples(self, boxes, phrases):
        """Namesakes are told apart where their centres are clearly apart."""
        assert relative_phrases([Box(*box) for box in boxes], 100, 80) == phrases

    @pytest.mark.parametrize(("pixels", "apart"), [(80, False), (81, True)])
    def test_the_margin_itself(self, pixels, apart):
        """Centres 8 % of the side apart are not told apart, 8.1 % are."""
        boxes = [Box(455, 0, 465, 10), Box(455 + pixels, 0, 465 + pixels, 10)]
        phrases = ["on the left", "on the right"] if apart else [None, None]
        assert relative_phrases(boxes, 1000, 1000) == phrases

    def test_a_centre_on_the_midline_is_on_the_right(self):
        """Of three in the right half the first is not on the left, though it begins there."""
        boxes = [Box(x - 10, 30, x + 10, 50) for x in (100, 130, 160)]
        assert "on the left" not in relative_phrases(boxes, 200, 80)
        moved = [Box(x - 10, 30, x + 9, 50) for x in (100, 130, 160)]
        assert relative_phrases(moved, 200, 80)[0] == "on the left"

    @given(st.integers(1, 6).flatmap(scenes))
    @example((32, 32, [Box(0, 0, 1, 1), Box(0, 0, 1, 7)]))
    def test_true_of_one_alone_and_of_its_four_words(self, scene):
        """No phrase is given twice, and none contradicts the box's four words."""
        width, height, boxes = scene
        phrases = relative_phrases(boxes, width, height)
        given_out = [phrase for phrase in phrases if phrase is not None]
        assert len(phrases) == len(boxes)
        assert len(set(given_out)) == len(given_out)
        for box, phrase in zip(boxes, phrases, strict=True):
            assert phrase is None or not contradicts(phrase, box, width, height)

    def test_a_side_needs_the_inside_point_too(self):
        """A region whose pixels lie elsewhere than its box centre is not placed by its box."""
        boxes = [Box(0, 0, 90, 80), Box(60, 0, 99, 40)]
        assert relative_phrases(boxes, 100, 80, [(20, 70), (80, 20)])[0] == "on the left"
        assert relative_phrases(boxes, 100, 80, [(80, 70), (80, 20)]) == [None, "on the right"]

    @given(scenes(4), st.permutations(range(4)))
    def test_order_of_the_boxes_does_not_matter(self, scene, order):
        """A box has the same phrase wherever it stands in the list."""
        width, height, boxes = scene
        if len({(b.x0 + b.x1, b.y0 + b.y1) for b in boxes}) == 4:
            straight = relative_phrases(boxes, width, height)
            shuffled = relative_phrases([boxes[i] for i in order], width, height)
            assert shuffled == [straight[i] for i in order]

    @given(scenes(2))
    def test_close_centres_are_not_told_apart(self, scene):
        """Two boxes within eight percent on both axes have no phrase."""
        width, height, (first, second) = scene
        near_x = 100 * abs(first.center[0] - second.center[0]) <= 8 * width
        near_y = 100 * abs(first.center[1] - second.center[1]) <= 8 * height
        if near_x and near_y:
            assert relative_phrases([first, second], width, height) == [None, None]
