"""What a text says beyond its region: the worst, the only one, the rest, nothing wrong, no harm."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotators.answers.template import TemplateWriter
from annotators.check.fact_check import check_answer
from annotators.facts import Ask
from annotators.questions.most_least import worst_region
from schemas.records import Scores
from schemas.streams import Stream
from tests.annotators.builders import facts, region, step, whole
from tests.annotators.check.test_words import ask_all, chains, pictures


def damaged(one, share):
    """The region with scores that all say how badly it is damaged, 0 to 1."""
    worse_when_high = {"gmsd": share, "damage": 3 * share, "delta_e": 40 * share}
    worse_when_low = {"ssim": 1 - share, "haarpsi": 1 - share, "psnr": 40 - 30 * share}
    said = {**worse_when_high, **worse_when_low}
    update = {name: value for name, value in said.items() if name in Scores.model_fields}
    return one.model_copy(update={"scores": one.scores.model_copy(update=update)})


DOG = damaged(region("a", [step("noise", "severe", 3)]), 0.9)
CAT = damaged(region("b", [step("blur", "mild", 1)], "cat", (450, 280, 580, 390)), 0.1)
SKY = region("c", (), "sky", (150, 0, 400, 60))
PICTURE = facts(DOG, CAT, SKY)
CLEAR = replace(PICTURE, clear=True)
GLOBAL = Ask("global_description", "", "", "?", "p:0", None)
LONG = Ask("referring", "long", "single", "?", "p:0", DOG)
MILD = Ask("referring", "long", "single", "?", "p:0", CAT)
LOCAL = Ask("local_description", "", "", "?", "p:0", DOG)
CLEAN = Ask("local_description", "", "", "?", "p:0", SKY)
MOST = Ask("grounding", "hybrid_intensity", "most", "?", "p:0", DOG)
LEAST = Ask("grounding", "hybrid_intensity", "least", "?", "p:0", CAT)
FIRST = "The picture is poor. Severe noise affects the dog. Mild blur softens the cat. "


def rules(text, ask, picture=PICTURE):
    """The rules that a text breaks."""
    return {violation.rule for violation in check_answer(text, ask, picture)}


@pytest.mark.parametrize(
    ("ask", "text", "rule"),
    [
        (GLOBAL, FIRST + "The worst damage is on the cat.", "unfounded_comparison"),
        (GLOBAL, FIRST + "The cat is hardest hit of all.", "unfounded_comparison"),
        (GLOBAL, FIRST + "The sky is in the best state.", "unfounded_comparison"),
        (GLOBAL, FIRST + "Only the dog is affected here.", "unfounded_comparison"),
        (
            GLOBAL,
            FIRST + "It is the only flaw but one in the only part of note.",
            "unfounded_comparison",
        ),
        (GLOBAL, FIRST + "There is nothing wrong with the dog, however.", "contradiction"),
        (GLOBAL, FIRST + "There is nothing wrong with the sky, however.", "unfounded_clean"),
        (GLOBAL, FIRST + "The rest of the picture looks clean.", "unfounded_rest"),
        (
            GLOBAL,
            "The picture has severe noise and mild blur. The dog has noise. Everything else "
            "looks natural.",
            "unfounded_rest",
        ),
        (
            MILD,
            "Mild blur softens the cat, which is affected more than any other region.",
            "unfounded_comparison",
        ),
        (
            MILD,
            "Mild blur softens the cat and loses more detail than the other regions do.",
            "unfounded_comparison",
        ),
        (
            LONG,
            "Severe noise hides detail on the dog; the other regions are fine.",
            "unfounded_rest",
        ),
        (
            MOST,
            "Top left. It is the dog, with severe noise; every other region named here is in "
            "a better state.",
            "unnamed_comparison",
        ),
        (
            LEAST,
            "Bottom right. The worst part is the cat, with mild blur on it.",
            "unfounded_comparison",
        ),
        (CLEAN, "The sky is in good condition, and no distortion can be seen.", "unfounded_clean"),
        (
            LONG,
            "There is severe noise on the dog, and it is there in all of its parts.",
            "missing_effect",
        ),
        (LOCAL, "The dog in the upper left has severe noise, as can be seen.", "missing_effect"),
        (LOCAL, "Severe noise buries detail on the dog. It does little harm.", "contradiction"),
        (MILD, "Mild blur softens the cat. It spoils this part of the picture.", "contradiction"),
        (
            GLOBAL,
            FIRST.replace("affects the dog", "barely shows on the dog") + "It is sad.",
            "contradiction",
        ),
        (LOCAL, "Severe noise buries detail on the dog, but it is flawless.", "contradiction"),
    ],
)
def test_claims_without_ground_are_refused(ask, text, rule):
    """Whatever the facts do not bear out is refused for the right reason."""
    assert rule in rules(text, ask)


@pytest.mark.parametrize(
    ("ask", "text", "picture"),
    [
        (GLOBAL, FIRST + "The worst damage is on the dog.", PICTURE),
        (GLOBAL, FIRST + "Nothing of the kind can be seen in the rest of the picture.", PICTURE),
        (GLOBAL, FIRST + "The rest of the picture looks clean.", CLEAR),
        (GLOBAL, FIRST + "There is nothing wrong with the sky, however.", CLEAR),
        (MOST, "Top left. The worst part is the dog, with severe noise on it.", PICTURE),
        (LEAST, "Bottom right. The lightest damage is on the cat, with mild blur.", PICTURE),
        (CLEAN, "The sky is in good condition, and no distortion can be seen.", CLEAR),
        (CLEAN, "There is neither strong blur nor heavy noise in the sky.", PICTURE),
        (LOCAL, "Severe noise buries detail on the dog, at least in the dark parts.", PICTURE),
        (MILD, "Mild blur softens the cat, but nothing is badly spoiled by it there.", PICTURE),
        (
            LONG,
            "Severe noise hides detail on the dog; no other part shows the same.",
            facts(DOG, SKY),
        ),
        (
            GLOBAL,
            "The picture suffers. Severe noise affects the dog, the only part with a flaw.",
            facts(DOG, SKY),
        ),
    ],
)
def test_claims_with_ground_pass(ask, text, picture):
    """What the question, a gate or the screen has settled may be said."""
    assert rules(text, ask, picture) == set()


def test_people_have_no_rest():
    """Of what people did not mention, nothing is said."""
    human = replace(PICTURE, origin="human")
    text = FIRST + "Nothing of the kind can be seen in the rest of the picture."
    assert rules(text, GLOBAL, human) == {"unfounded_rest"}


def test_the_whole_image_is_not_named_twice():
    """Behind "The whole image." the answer goes on without naming it again."""
    target = whole([step("blur"), step("noise")])
    ask = Ask("grounding", "accumulation_order", "last", "?", "p:0", target)
    said = "The whole image. In the whole image, moderate noise came last, after moderate blur."
    assert rules(said, ask, facts(target)) == {"repeats_place"}
    said = "The whole image. No part is left out: noise came last there, and blur first."
    assert "repeats_place" not in rules(said, ask, facts(target))


def test_what_was_added_is_nobodys_to_know():
    """A viewer cannot know what was added and what was there before."""
    assert "forbidden_word" in rules("No distortion was added to the sky.", CLEAN, CLEAR)


@st.composite
def situations(draw):
    """Facts with scores, ungraded steps, clear or doubtful sources, and people's."""
    picture = draw(pictures())
    made = []
    for one in picture.regions:
        if one.chain:
            one = damaged(one, draw(st.floats(0.01, 1)))
            blank = draw(st.integers(0, 5)) == 0
            chain = [s.model_copy(update={"grade": "" if blank else s.grade}) for s in one.chain]
            one = one.model_copy(update={"chain": chain})
        made.append(one.model_copy(update={"area_fraction": draw(st.floats(0.01, 0.6))}))
    origin = draw(st.sampled_from(["synthetic", "synthetic", "human"]))
    return replace(facts(*made), clear=draw(st.booleans()), origin=origin)


@settings(max_examples=60, deadline=None)
@given(situations(), st.integers(0, 10**6))
def test_the_template_claims_nothing_without_ground(picture, seed):
    """Its texts pass whatever is known, and speak of the worst only where that is settled."""
    for number, ask in enumerate(ask_all(picture, seed)):
        text = TemplateWriter().write(ask, picture, Stream(seed, number), 0).text
        assert check_answer(text, ask, picture) == [], text
        if ask.task == "global_description" and ("worst" in text or "Most of the harm" in text):
            assert worst_region(picture.degraded) is not None
        if ask.task == "global_description" and "severe" not in text.lower():
            assert "poor" not in text


@settings(max_examples=40, deadline=None)
@given(chains(), st.integers(0, 999))
def test_a_uniform_verdict_suits_its_grade(chain, seed):
    """A mild picture is not called bad, a severe one not fairly good, none good in parts."""
    text = TemplateWriter().write(GLOBAL, facts(whole(chain)), Stream(seed), 0).text
    assert "in parts" not in text
    grades = {one.grade for one in chain}
    if grades == {"mild"}:
        assert not any(word in text for word in ("poor", "bad", "spoils", "low."))
    if "severe" in grades:
        assert not any(word in text for word in ("fairly good", "little harm", "is small"))
