"""What a model is told and how its words are read: prompts, facts, labels, rewordings."""

import json
from dataclasses import replace

import pytest

from annotators.answers.conversation import answer_schema, read_answer
from annotators.answers.fact_sheet import fact_sheet
from annotators.answers.rewording import flaw, kept
from annotators.chat.prompts import NAMES, filled, prompt, version
from annotators.facts import Ask, OrderQuery
from annotators.regions.relabel import context_crop, is_name, read_decision
from schemas.boxes import Box
from schemas.errors import AnnotationError
from tests.annotators.builders import facts, region, step, whole

DOG = region("d", [step("blur", "mild"), step("noise", "severe")], "dog", (20, 20, 120, 120))
CAT = region("c", [], "cat", (400, 200, 500, 300))
PICTURE = facts(DOG, CAT)
LONG = Ask("referring", "long", "multi", "What is wrong with the dog?", "p:0", DOG)


def test_prompts_have_a_version():
    """The version follows the texts: whoever changes one changes this golden value, too."""
    assert version() == "prompts-8701b174"
    assert all(prompt(name) == prompt(name).strip() for name in NAMES)


def test_slots_are_filled():
    """A prompt has its question, its facts and its limit, and no open slot."""
    text = filled("long", question="Why?", facts="- one", words=20)
    assert "Why?" in text
    assert "- one" in text
    assert "at most 20 words" in text
    assert "{" not in text


def test_facts_of_one_region_are_all_a_local_turn_gets():
    """The target's phrase, place and chain in order; nothing of other regions."""
    sheet = fact_sheet(LONG, PICTURE)
    assert sheet == "- the dog, in the upper left, has mild blur, then severe noise."
    clean = Ask("local_description", "", "", "And the cat?", "p:0", CAT)
    assert "no strong blur, no heavy noise" in fact_sheet(clean, PICTURE)
    assert "without visible flaws" in fact_sheet(clean, replace(PICTURE, clear=True))


def test_facts_of_the_whole_picture():
    """Every degraded region once, then the rest; uniform and clean pictures too."""
    ask = Ask("global_description", "", "", "How is it?", "p:0", None)
    assert fact_sheet(ask, PICTURE).count("\n") == 1
    uniform = facts(whole([step("darken")]))
    assert fact_sheet(ask, uniform) == "- The whole picture has moderate darkening."
    assert "Nothing in the picture is badly degraded" in fact_sheet(ask, facts(CAT))
    assert "The rest of the picture shows no such damage." in fact_sheet(ask, PICTURE)
    clear = replace(PICTURE, clear=True)
    assert "The rest of the picture is in good condition." in fact_sheet(ask, clear)


@pytest.mark.parametrize(
    ("form", "family", "order", "words"),
    [
        ("most", "noise", None, "of all regions with noise, it has the most"),
        ("least", "", None, "it is the least degraded one"),
        ("pair", "", OrderQuery("pair", "blur", "noise"), "blur first and noise after it"),
        ("first", "", OrderQuery("first", "blur", ""), "a beginning with blur"),
        ("last", "", OrderQuery("last", "", "noise"), "an end with noise"),
    ],
)
def test_why_a_region_is_the_answer(form, family, order, words):
    """A grounding turn says what makes the region the one that is asked for."""
    ask = Ask("grounding", "", form, "Where?", "p:0", DOG, family, order)
    assert words in fact_sheet(ask, PICTURE).lower()


@pytest.mark.parametrize(
    ("text", "finish", "reason"),
    [
        ("plain", "stop", "no_json"),
        ('{"answer": "half', "length", "cut_off"),
        ("[]", "stop", "wrong_json"),
        ('{"answer": 3}', "stop", "wrong_json"),
    ],
)
def test_answers_that_cannot_be_read(text, finish, reason):
    """Each kind has its own reason."""
    with pytest.raises(AnnotationError) as caught:
        read_answer(text, finish)
    assert caught.value.reason == reason


def test_answers_are_read():
    """The string under the key, without blanks around it; schemas bound its length."""
    assert read_answer('{"answer": " It is sharp. "}') == "It is sharp."
    assert answer_schema(10)["properties"]["answer"]["maxLength"] == 80


@pytest.mark.parametrize(
    ("label", "good"),
    [
        ("dog", True),
        ("wooden table", True),
        ("blurry dog", False),
        ("dog on the left", False),
        ("object", False),
        ("a very long name of a thing", False),
        ("Dog2", False),
        ("", False),
    ],
)
def test_labels_name_things(label, good):
    """Names say nothing of quality or place and are short."""
    assert is_name(label) is good


def test_decisions_are_read():
    """Keep, rename, abstain; articles go; babble is refused."""
    assert read_decision('{"decision": "rename", "label": "The  Red Kite"}') == (
        "rename",
        "red kite",
    )
    assert read_decision('{"decision": "keep", "label": ""}')[0] == "keep"
    for text, reason in (
        ("x", "no_json"),
        ('{"decision": "maybe"}', "wrong_json"),
        ('{"decision": "rename", "label": "blur"}', "bad_label"),
    ):
        with pytest.raises(AnnotationError) as caught:
            read_decision(text)
        assert caught.value.reason == reason


def test_a_crop_has_some_context(coffee):
    """A fifth of the box on each side, as far as the picture goes."""
    assert context_crop(coffee, Box(100, 100, 200, 150)).shape == (70, 140, 3)
    assert context_crop(coffee, Box(0, 0, 100, 100)).shape == (120, 120, 3)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Please tell me what is wrong with the dog.", ""),
        ("What happened to the cat?", "lost_phrase"),
        ("Is the dog noisy or is there noise on the dog?", "tells"),
        ("what about the dog", "bad_form"),
        ("Is there a mask on the dog?", "bad_form"),
    ],
)
def test_rewordings_ask_the_same(text, reason):
    """A question keeps the region's phrase and tells nothing."""
    assert flaw(text, LONG, PICTURE) == reason


def test_rewordings_of_rankings_keep_their_end():
    """Most stays most; a place is not given away; the distortion asked about stays."""
    ask = Ask("grounding", "single_intensity", "most", "Where is noise worst?", "p:0", DOG, "noise")
    assert kept(ask, PICTURE) == ["noise"]
    assert flaw("Which area has the most noise?", ask, PICTURE) == ""
    assert flaw("Which area has the least noise?", ask, PICTURE) == "polarity"
    assert flaw("Which area on the left has the most noise?", ask, PICTURE) == "place"


def test_json_with_control_characters_is_read():
    """What a grammar lets through, the reader lets through; the fact check decides."""
    assert read_answer(json.dumps({"answer": "a"}).replace('a"}', 'a\x10b"}')) == "a\x10b"
