"""Facts in texts: places, order, regions by name."""

import pytest

from distortions.registry import FAMILIES
from flows.evaluation.texts import Spot, claims, regions_in, says_order, sentences, spot
from tests.flows.evaluation.made import DOG, SKY, TREE, region, step

BLUR_NOISE = [step("blur"), step("noise", "severe")]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("Top left. It is the dog.", ("left", "top")),
        ("bottom RIGHT", ("right", "bottom")),
        ("It is in the upper right corner, left of the tree.", ("right", "top")),
        ("The whole image. All of it is noisy.", ("whole", "whole")),
        ("On the left. At the bottom one sees noise.", ("left", "")),
        ("I cannot tell.", ("", "")),
        ("", ("", "")),
    ],
)
def test_spot(answer, expected):
    """The place is read from the first sentence, in any case and also in other words."""
    assert spot(answer) == Spot(*expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mild blur, severe noise.", True),
        ("Severe noise, mild blur.", False),
        ("First blur, then noise.", True),
        ("Noise came after blur.", True),
        ("Blur after noise.", False),
        ("Noise was laid over blur.", True),
        ("Blur.", False),
        ("Blur, then noise, then darkening.", False),
    ],
)
def test_order(text, expected):
    """Order of mention counts unless words turn it round; other families spoil it."""
    assert says_order(text, claims(text, FAMILIES), BLUR_NOISE) is expected


def test_claims():
    """Families in order of first mention, first grade of each, denied ones left out."""
    said = claims("Severe noise and blur, mild noise, but no banding.", FAMILIES)
    assert (said.families, said.grades) == (("noise", "blur"), {"noise": "severe"})


def test_denied_grades_are_no_grades():
    """What a text denies says nothing of how strong it is."""
    assert claims("No severe blur; there is mild blur.", FAMILIES).grades == {"blur": "mild"}


def test_sentences():
    """Text is split behind full stops and the like, and nowhere else."""
    assert sentences(" It is 1.5 m. Really? Yes ") == ["It is 1.5 m.", "Really?", "Yes"]
    assert sentences("") == []


def test_regions_by_phrase_and_label():
    """Longer phrases come first; a label counts where only one region has it."""
    left = region("dog1", (0, 0, 5, 5), label="dog")
    right = region("dog2", (30, 0, 36, 5), label="dog")
    phrases = {"p/dog1": "the dog on the left", "p/dog2": "the dog on the right", "p/sky": "sky"}
    regions = [left, right, SKY, TREE]
    assert regions_in("The dog on the right is noisy.", regions, phrases) == ["p/dog2"]
    assert regions_in("A dog is noisy.", regions, phrases) == []
    assert set(regions_in("Tree and SKY.", regions, phrases)) == {"p/tree", "p/sky"}
    assert regions_in("The dogma of treetops.", [DOG, TREE], {}) == []
