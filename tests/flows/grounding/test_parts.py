"""From texts to boxes, part by part: merging, fusing, reading, checking what models say."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotators.chat.protocol import Completion
from flows.grounding.detectors import Hit, usable
from flows.grounding.fuse import fused
from flows.grounding.merge import PRINTED, merged
from flows.grounding.pointing_model import view_of
from flows.grounding.questions import flaw, qualities
from flows.grounding.road import is_plural
from flows.grounding.texts import read_texts
from flows.grounding.triplets import triplets_of
from schemas.errors import ConfigError
from schemas.grounding import GroundedText, SourceText, Triplet
from schemas.settings.grounding import DetectConfig, FilterConfig, TripletConfig

WHOLE, INNER = (0.1, 0.1, 0.5, 0.5), (0.2, 0.2, 0.4, 0.4)
LEFT, RIGHT = (0.1, 0.1, 0.3, 0.5), (0.3, 0.1, 0.5, 0.5)
FAR = (0.8, 0.8, 0.95, 0.95)


def test_a_box_inside_another_is_a_piece_of_it():
    """What lies inside goes, whatever the threshold of area; what is far away stays."""
    assert merged([INNER, WHOLE, FAR], 0.0) == [WHOLE, FAR]


def test_neighbours_become_one_only_below_the_area():
    """Two halves that share an edge are one at the printed threshold and two at the default."""
    assert merged([LEFT, RIGHT], PRINTED) == [WHOLE]
    assert merged([LEFT, RIGHT], 0.00256) == [LEFT, RIGHT]
    small = (0.3, 0.1, 0.32, 0.13)
    assert merged([LEFT, small], 0.00256) == [(0.1, 0.1, 0.32, 0.5)]


SIDES = st.tuples(*(st.integers(0, 20),) * 4)
BOXES = st.lists(
    SIDES.map(
        lambda s: (
            min(s[0], s[2]) / 20,
            min(s[1], s[3]) / 20,
            max(s[0], s[2]) / 20 + 0.01,
            max(s[1], s[3]) / 20 + 0.01,
        )
    ),
    max_size=6,
)


@given(BOXES, st.sampled_from([0.0, 0.00256, 0.05, PRINTED]), st.randoms())
def test_merging_hangs_on_no_order_and_ends(boxes, area, random):
    """Any order gives the same boxes, merging again changes nothing, and nothing is uncovered."""
    done = merged(boxes, area)
    shuffled = list(boxes)
    random.shuffle(shuffled)
    assert merged(shuffled, area) == done == merged(done, area)
    for box in boxes:
        assert any(
            w[0] <= box[0] and w[1] <= box[1] and w[2] >= box[2] and w[3] >= box[3] for w in done
        )


TEXT = SourceText(
    text_id="t",
    image="a.png",
    text="The man in a white shirt is blurry, but the dog and the old dog house are clear.",
    width=100,
    height=50,
)


def triplet(number, phrase, name, quality="clear", effect="improves"):
    """A triplet of the text."""
    return Triplet(
        text_id="t", number=number, phrase=phrase, name=name, quality=quality, effect=effect
    )


MAN = triplet(0, "the man in a white shirt", "man", "blurry", "degrades")
DOG, HOUSE = triplet(1, "the dog", "dog"), triplet(2, "the old dog house", "house")


def test_names_become_mentions_where_they_stand_in_their_phrase():
    """The name alone goes into brackets; several boxes share one mention; the rest is untouched."""
    found, exact, dropped = fused(TEXT, [MAN, DOG, HOUSE], {0: [WHOLE, FAR], 1: [LEFT]})
    assert found.text == (
        "The [man](<42, 210>, <336, 399>) in a white shirt is blurry, but the [dog](<42, 206>) "
        "and the old dog house are clear."
    )
    assert [(one.mention, one.name) for one in exact] == [(0, "man"), (0, "man"), (1, "dog")]
    assert exact[0].box == list(WHOLE)
    assert (found.mentions, dropped) == (2, {"no_box": 1})


def test_of_overlapping_phrases_the_longer_wins():
    """The words of a text belong to one mention."""
    inner = triplet(1, "white shirt", "shirt")
    found, _, dropped = fused(TEXT, [inner, MAN], {0: [WHOLE], 1: [INNER]})
    assert "[man]" in found.text
    assert "[shirt]" not in found.text
    assert dropped == {"overlaps_another": 1}


class Line:
    """A line that says what it is told to, one reply after another."""

    def __init__(self, *replies):
        self.replies, self.asked = list(replies), []

    def complete(self, request):
        self.asked.append(request.messages[-1]["content"])
        reply = self.replies.pop(0)
        return Completion(reply if isinstance(reply, str) else json.dumps(reply))


def said(*triplets):
    """Triplets as a model writes them."""
    keys = ("phrase", "name", "quality", "effect")
    return {"triplets": [dict(zip(keys, one, strict=True)) for one in triplets]}


GOOD = ("the man in a white shirt", "man", "blurry", "degrades")


def test_triplets_that_do_not_stand_in_the_text_are_asked_again_then_dropped():
    """The model is told which words are not there; what stays wrong is counted by reason."""
    wrong = said(
        GOOD, ("the woman", "woman", "clear", "improves"), ("the dog", "cat", "x", "improves")
    )
    line = Line(wrong, wrong)
    found, dropped = triplets_of(TEXT, line, TripletConfig())
    assert [one.name for one in found] == ["man"]
    assert dropped == {"phrase_not_in_text": 1, "name_not_in_phrase": 1}
    assert "'the woman' does not stand in the description" in line.asked[1]
    assert triplets_of(TEXT, Line(wrong, said(GOOD)), TripletConfig())[1] == {}


def test_the_picture_as_a_whole_and_doubles_are_no_triplets():
    """A name of the configured list, and one said twice, are dropped without asking again."""
    whole = SourceText(**{**TEXT.model_dump(), "text": "The image is dark and the dog is dark."})
    image, dog = ("the image", "image", "dark", "degrades"), ("the dog", "dog", "dark", "degrades")
    found, dropped = triplets_of(whole, Line(said(image, dog, dog)), TripletConfig())
    assert [one.name for one in found] == ["dog"]
    assert dropped == {"whole_picture": 1, "double": 1}


def test_replies_without_trust():
    """What is no JSON is asked again once, and then there are no triplets."""
    found, dropped = triplets_of(TEXT, Line("no", "[1]"), TripletConfig())
    assert (found, dropped) == ([], {"wrong_json": 1})


GROUNDED = GroundedText(
    text_id="t",
    text="The [man](<42, 210>) in a white shirt is blurry, the [dog](<42, 206>) is clear.",
    mentions=2,
)


@pytest.mark.parametrize(
    ("kind", "question", "answer", "reason"),
    [
        ("yes", "Is the [man](<42, 210>) blurry?", "Yes.", ""),
        ("no", "Is the [man](<42, 210>) clear?", "No.", ""),
        ("no", "Is the [man](<42, 210>) blurry?", "No.", "no_without_a_change"),
        ("yes", "Is the [man](<42, 210>) sharp?", "Yes.", "yes_without_the_quality"),
        ("yes", "Is the [man](<42, 210>) blurry?", "Yes, it is.", "bad_answer"),
        ("yes", "Is the [man](<42, 210>) blurry?", "No.", "bad_answer"),
        ("what", "What is clear?", "The [dog](<42, 206>).", ""),
        ("what", "What is clear?", "The [dog](<42, 207>).", "copied_wrong_box"),
        ("what", "What is clear?", "The dog.", "no_mention"),
        ("why", "Why is the [man](<42, 210>) blurry?", "blurry", "tells_answer"),
        ("how", "How clear is the [dog](<42, 206>) of 3?", "Very clear.", "number"),
        ("when", "When is the [dog](<42, 206>) clear?", "Always.", "wrong_json"),
    ],
)
def test_questions_are_held_to_the_text(kind, question, answer, reason):
    """A mention is copied exactly, a no asks for another quality, no question tells its answer."""
    item = {"kind": kind, "question": question, "answer": answer}
    assert flaw(GROUNDED, [MAN, DOG], item) == reason


def test_of_two_things_of_one_name_each_has_its_own_quality():
    """What the text says of one dog is no answer about the other, which has boxes of its own."""
    small, large = "[dog](<0, 21>, <40, 61>)", "[dog](<42, 206>)"
    said = f"The {small} on the grass is dark, and the large {large} is clear."
    text = GroundedText(text_id="t", text=said, mentions=2)
    dark = triplet(0, "the dog on the grass", "dog", "dark", "degrades")
    clear = triplet(1, "the large dog", "dog")
    assert qualities(said, [dark, clear]) == {small: {"dark"}, large: {"clear"}}
    for kind, one, word, reason in (
        ("yes", small, "dark", ""),
        ("yes", large, "dark", "yes_without_the_quality"),
        ("no", large, "dark", ""),
        ("no", large, "clear", "no_without_a_change"),
    ):
        item = {"kind": kind, "question": f"Is the {one} {word}?", "answer": f"{kind.title()}."}
        assert flaw(text, [dark, clear], item) == reason


def test_boxes_are_clipped_counted_and_ranked():
    """Small boxes and those beyond the limit are dropped, with their reason."""
    hits = [Hit((-0.1, 0, 0.5, 2), 0.5), Hit((0, 0, 0.01, 0.01), 0.9), Hit((0, 0, 1, 1), 0.4)]
    kept, dropped = usable(hits, DetectConfig(at_most=1))
    assert kept == [Hit((0.0, 0.0, 0.5, 1.0), 0.5)]
    assert dropped == {"too_small": 1, "too_many": 1}
    assert usable([], DetectConfig())[1] == {"nothing_detected": 1}


def test_what_the_filter_is_shown():
    """A crop, grown or enlarged where it is small; or the picture with the box drawn."""
    image = np.arange(100 * 200 * 3, dtype=np.uint8).reshape(100, 200, 3)
    crop = view_of(image, WHOLE, FilterConfig())
    assert np.array_equal(crop, image[10:50, 20:100])
    assert view_of(image, WHOLE, FilterConfig(grow=0.25)).shape == (60, 120, 3)
    assert view_of(image, (0.1, 0.1, 0.2, 0.2), FilterConfig()).shape == (224, 448, 3)
    drawn = view_of(image, WHOLE, FilterConfig(view="picture"))
    assert drawn.shape == image.shape
    assert tuple(drawn[10, 50]) == (255, 0, 0)


def test_texts_of_any_form(tmp_path):
    """CSV, JSON lines and LLaVA conversations; short answers are no descriptions."""
    (tmp_path / "t.csv").write_text('image,text\na.png,"The dog [left] is very blurry, I think."\n')
    assert read_texts(tmp_path / "t.csv")[0].text == "The dog (left) is very blurry, I think."
    turns = [
        {"from": "human", "value": "<image>\nDescribe."},
        {"from": "gpt", "value": "The sky is noisy and the tower is sharp."},
        {"from": "human", "value": "Is it?"},
        {"from": "gpt", "value": "Yes."},
    ]
    (tmp_path / "l.json").write_text(
        json.dumps([{"id": 7, "image": "b.png", "conversations": turns}])
    )
    assert [one.text_id for one in read_texts(tmp_path / "l.json")] == ["7"]
    for text, words in (
        ('{"text": "a b c d e f"}', "no picture"),
        ('{"image": "a.png"}', "no text"),
    ):
        (tmp_path / "bad.jsonl").write_text(text + "\n")
        with pytest.raises(ConfigError, match=words):
            read_texts(tmp_path / "bad.jsonl")


def test_plurals():
    """A noun in the plural may stand for a group."""
    assert [is_plural(n) for n in ("people", "dogs", "glass", "dog", "old cars")] == [1, 1, 0, 0, 1]
