"""Flips and shuffled options: what they change and what they leave alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.training.data.choices import shuffle_options
from flows.training.data.flip import can_flip, flip_box, flip_point, flip_text
from schemas.streams import Stream


@given(st.text(alphabet="leftrighLEFTRIGH .-", max_size=40))
def test_flip_twice_is_nothing(text):
    """Flipping twice gives the text back."""
    assert flip_text(flip_text(text)) == text


def test_longer_words_of_sides_are_swapped():
    """Sides are swapped inside longer words, too, and nothing else is."""
    assert flip_text("Leftmost, righthand, upright, leftover") == (
        "Rightmost, lefthand, upright, leftover"
    )


@given(st.integers(0, 50), st.integers(0, 50), st.integers(1, 50))
def test_flipped_geometry(x, y, side):
    """A box and its points stay together when both are flipped."""
    width = 101
    box = flip_box([x, y, x + side, y + side], width)
    assert flip_box(box, width) == [x, y, x + side, y + side]
    left, _ = flip_point((float(x), float(y)), width)
    assert box[0] <= left < box[2]


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("Bottom left. Severe noise on the right side.", True),
        ("It has just the right amount of light.", False),
        ("The text on the sign reads STOP.", False),
        ("Nothing is left of it", False),
        ("The exposure is just right.", False),
        ("The car left of the tree", True),
        ("The leftmost cup, in the left third, is sharper than the right half", True),
        ("The dog on the left is noisy, the upper-right corner is not.", True),
        ("Which side is blurred?\nA. Left\nB. Right", True),
        ("From left to right it gets darker.", True),
        ("The focus is right in the middle.", False),
        ("The right exposure", False),
        ("The cup at [12, 40, 80, 90] is blurred.", False),
        ("<box>(12,40),(80,90)</box>", False),
        ("It sits at 3 o'clock", False),
    ],
)
def test_what_may_be_flipped(text, may):
    """Sides may be swapped; writing and other meanings of the words stay as they are."""
    assert can_flip(text) == may


@given(st.integers(0, 10_000), st.sampled_from(["B", "B.", "(B)", "B. Noise", "B) Noise."]))
def test_options_keep_their_truth(number, answer):
    """After a shuffle the letter still names the same option; letters stay in line."""
    question = "What is wrong?\nA. Blur\nB. Noise\nC. Low light\nD. Nothing\nAnswer by letter."
    asked, told = shuffle_options(question, answer, Stream(number))
    options = dict(line.split(". ", 1) for line in asked.splitlines()[1:5])
    letter = told.strip("( ")[0]
    assert options[letter] == "Noise"
    assert list(options) == ["A", "B", "C", "D"]
    assert sorted(options.values()) == ["Blur", "Low light", "Noise", "Nothing"]
    assert told[len(told) - len(answer) :].count("Noise") == answer.count("Noise")
    assert asked.endswith("\nAnswer by letter.")


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What is wrong?\nA. Blur\nB. Noise", "Noise"),
        ("What is wrong?\nA. Blur\nB. Noise", "B. Blur"),
        ("What is wrong?\nB. Blur\nA. Noise", "B"),
        ("Is it good? A. Yes B. No. Answer with the letter only", "B"),
        ("How is grade A. meat?", "A"),
        ("How bright is this picture?", "It is dark."),
        ("Which?\nA. Noise\nB. Blur\nC. All of the above", "C"),
        ("Which?\n(A) Noise (B) Blur (C) Both A and B", "(C)"),
        ("Which?\nA. Noise\n   that is strong\nB. Blur", "A"),
    ],
)
def test_doubtful_options_stay(question, answer):
    """What cannot be read without doubt comes back as it was."""
    assert all(shuffle_options(question, answer, Stream(n)) == (question, answer) for n in range(8))


def test_options_are_shuffled():
    """Every order of three options comes up."""
    question = "Which?\nA. x\nB. y\nC. z"
    assert len({shuffle_options(question, "A", Stream(n))[0] for n in range(100)}) == 6
