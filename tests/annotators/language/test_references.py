"""Phrases that name one region of a picture and no other."""

from hypothesis import given, settings
from hypothesis import strategies as st

from annotators.language.phrases import WHOLE, references
from annotators.language.positions import horizontal_word, vertical_word
from schemas.boxes import Box
from tests.annotators.builders import HEIGHT, WIDTH, region, step, whole

LEFT, RIGHT, LOW = (0, 100, 100, 200), (500, 100, 600, 200), (500, 300, 600, 400)


def named(*regions):
    """References without the picture's id."""
    return {k.split("/")[1]: v for k, v in references(regions, WIDTH, HEIGHT).items()}


def test_a_unique_label_needs_no_place():
    """The label with its article, plural or not."""
    found = named(region("a", label="skis"), region("b", label="smooth pale blue area"))
    assert found == {"a": "the skis", "b": "the smooth pale blue area"}


def test_a_shared_label_gets_a_place():
    """Two of a label are told apart by where they are."""
    found = named(region("a", label="person", box=LEFT), region("b", label="person", box=RIGHT))
    assert found == {"a": "the person on the left", "b": "the person on the right"}


def test_clean_and_degraded_regions_share_one_name_space():
    """A clean region of the same label makes the bare label ambiguous, too."""
    found = named(region("a", [step("blur")], "person", LEFT), region("b", (), "person", RIGHT))
    assert found["a"] == "the person on the left"


def test_what_cannot_be_told_apart_has_no_name():
    """Two of a label in the same place are not named; others are."""
    same = [region(n, label="person", box=LEFT) for n in "ab"]
    assert named(*same, region("c", label="dog", box=LOW)) == {"c": "the dog"}


def test_a_kind_is_no_name_beside_one_of_its_kind():
    """The person alone does not do beside a young person, "the person on the left" does."""
    found = named(
        region("a", label="person", box=LEFT), region("b", label="young person", box=RIGHT)
    )
    assert found == {"a": "the person on the left", "b": "the young person"}
    door = named(region("a", label="car", box=LEFT), region("b", label="car door", box=LEFT))
    assert door == {"a": "the car", "b": "the car door"}


def test_the_whole_picture():
    """Uniform degradation is named as the whole image."""
    assert named(whole([step("blur")])) == {"whole": WHOLE}


def test_a_label_that_reads_like_a_phrase():
    """A label that equals another region's label with its place leaves neither with that name."""
    found = named(
        region("a", label="person", box=LEFT),
        region("b", label="person", box=RIGHT),
        region("c", label="person on the left", box=LOW),
    )
    assert found == {"b": "the person on the right"}


def test_no_label_no_name():
    """A region without a label is not named."""
    assert named(region("a", label="")) == {}


LABELS = st.sampled_from(["person", "dog", "skis", "person on the left"])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(LABELS, st.integers(0, 50), st.integers(0, 30)), max_size=6))
def test_phrases_are_unique_and_true(drawn):
    """No two regions share a phrase; none lacks a place that needs one; no place is false."""
    regions = [
        region(n, label=label, box=(10 * x, 10 * y, 10 * x + 90, 10 * y + 80))
        for n, (label, x, y) in enumerate(drawn)
    ]
    found = references(regions, WIDTH, HEIGHT)
    assert len(set(found.values())) == len(found)
    labels = [r.label for r in regions]
    for r in regions:
        phrase = found.get(r.region_id)
        if phrase is None:
            continue
        assert phrase.startswith(f"the {r.label}")
        assert (phrase == f"the {r.label}") == (labels.count(r.label) == 1)
        place = phrase.removeprefix(f"the {r.label}").replace("upper", "top")
        place = place.replace("lower", "bottom")
        words = set(place.split()) & {"left", "right", "top", "bottom"}
        box = Box(*r.box)
        assert words <= {horizontal_word(box, WIDTH), vertical_word(box, HEIGHT)}
