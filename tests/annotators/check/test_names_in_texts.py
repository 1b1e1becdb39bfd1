"""Which region a sentence is about, where one name lies inside another word or name."""

import pytest

from annotators.check.fact_check import check_answer
from annotators.facts import Ask
from annotators.language.mentions import mentioned, named_in
from tests.annotators.builders import FAMILIES, facts, region, step, whole

CAR = region("a", [step("blur", "mild", 1)], "car")
DOOR = region("b", [step("noise", "severe", 3)], "car door", (450, 280, 580, 390))
PICTURE = facts(CAR, DOOR)
GLOBAL = Ask("global_description", "", "", "?", "p:0", None)


def rules(text, ask=GLOBAL, picture=PICTURE):
    """The rules that a text breaks."""
    return {violation.rule for violation in check_answer(text, ask, picture)}


class TestOneNameInsideAnother:
    def test_each_sentence_is_about_the_longest_name(self):
        """What is said of the car door is held to the car door, not to the car."""
        assert rules("Severe noise covers the car door. Mild blur softens the car.") == set()

    @pytest.mark.parametrize(
        "text",
        [
            "Mild blur and severe noise affect the car. Mild blur softens the car door there.",
            "Severe noise covers the car door. Severe noise and mild blur affect the car.",
        ],
    )
    def test_what_is_true_of_the_other_is_refused(self, text):
        """The car's blur is not the car door's, nor the other way round."""
        assert "wrong_region" in rules(text)

    @pytest.mark.parametrize("order", [(CAR, DOOR), (DOOR, CAR)])
    def test_whatever_the_order_of_the_regions(self, order):
        """The order in which the regions are known changes nothing."""
        text = "Severe noise covers the car door. Mild blur softens the car."
        assert rules(text, picture=facts(*order)) == set()

    def test_pointing_at_the_shorter_name_needs_that_name(self):
        """An answer that points at the car and speaks of the car door is refused."""
        ask = Ask("grounding", "hybrid_intensity", "least", "?", "p:0", CAR)
        assert "wrong_region" in rules("Top left. It is the car door, with mild blur.", ask)
        assert rules("Top left. It is the car, with mild blur on it.", ask) == set()


class TestWordLimits:
    def test_the_carpet_is_not_the_car(self):
        """A thing whose name only begins like a region's is no region."""
        said = "Mild blur affects the car. The carpet has severe noise, as has the car door."
        assert rules(said) == set()

    def test_an_answer_about_the_carpet_does_not_point_at_the_car(self):
        """The name must stand there as words of its own."""
        ask = Ask("grounding", "hybrid_intensity", "least", "?", "p:0", CAR)
        assert "wrong_region" in rules("Top left. It is the carpet, with mild blur.", ask)

    def test_named_in(self):
        """Whole words only, longest first, whatever the letters' case."""
        phrases = ["the car", "the car door", "the cat"]
        assert named_in("The car door and the car.", phrases) == ["the car door", "the car"]
        assert named_in("The carpet, the scar, the cats.", phrases) == []


@pytest.mark.parametrize(
    ("words", "denied"),
    [("any visible trace of the", True), ("any clearly visible trace of the", False)],
)
def test_how_far_a_denial_reaches(words, denied):
    """A denial reaches over five words and no farther."""
    (found,) = mentioned(f"The dog is without {words} noise.", FAMILIES)
    assert found.denied == denied


@pytest.mark.parametrize("names", [["sand", "grainy sand"], ["grainy sand", "sand"]])
def test_the_longer_name_is_no_claim(names):
    """Whichever is listed first, "grainy" in a name claims no noise."""
    assert mentioned("The grainy sand lies still beside the sand.", FAMILIES, names) == []


class TestTextsThatBeginWithTheGrade:
    @pytest.mark.parametrize(
        "ask",
        [
            Ask("referring", "long", "single", "?", "p:0", DOOR),
            Ask("local_description", "", "", "?", "p:0", DOOR),
        ],
    )
    def test_the_first_word_counts(self, ask):
        """A wrong grade at the very start is noticed, a right one accepted."""
        rest = "noise covers the car door and buries faint detail under random dots."
        assert "wrong_grade" in rules(f"Mild {rest}", ask)
        assert rules(f"Severe {rest}", ask) == set()

    def test_the_first_word_behind_the_place_counts(self):
        """So it is where the place has been said before."""
        ask = Ask("grounding", "hybrid_intensity", "most", "?", "p:0", DOOR)
        rest = "noise covers the car door, where it is plain to see."
        assert "wrong_grade" in rules(f"Bottom right. Mild {rest}", ask)
        assert rules(f"Bottom right. Severe {rest}", ask) == set()
        named = "Bottom right. Blur lies on the car door, and severe noise as well."
        assert "extra_distortion" in rules(named, ask)


def test_the_whole_picture_has_no_place():
    """Where everything is affected, a text may say where it shows most."""
    everything = whole([step("noise", "severe", 3)])
    ask = Ask("local_description", "", "", "?", "p:0", everything)
    said = "Severe noise can be seen at the top left and everywhere; it buries faint detail."
    assert rules(said, ask, facts(everything)) == set()


@pytest.mark.parametrize(
    "text",
    [
        "The car shows mild blur, then even more blur; then severe noise buries faint detail.",
        "First there was noise in the car, then even more noise over it, which buries detail.",
    ],
)
def test_one_distortion_twice_in_a_row_is_no_order(text):
    """More noise over noise says nothing about what came before noise."""
    steps = (
        [step("blur", "mild", 1), step("noise", "severe", 3)]
        if "blur" in text
        else [step("noise", "severe", 3)]
    )
    target = region("a", steps, "car")
    ask = Ask("referring", "long", "multi", "?", "p:0", target)
    assert rules(text, ask, facts(target)) == set()
