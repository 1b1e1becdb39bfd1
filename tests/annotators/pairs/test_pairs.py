"""Two pictures compared: relations, questions that swap with the pictures, their fact check."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotators.facts import PictureFacts
from annotators.pairs.asking import FORMS, Compared, ask, read_choice, table
from annotators.pairs.check import check_pair
from annotators.pairs.relation import RELATIONS, is_plain, opposite, relation
from distortions.registry import FAMILIES
from schemas.streams import Stream
from tests.annotators.builders import region, step

PHRASE = "the red cup"
GRADES = ("mild", "moderate", "severe")


def side(number, families, grades, damage, ssim):
    """The cup in one picture, with a chain."""
    chain = [step(name, grade) for name, grade in zip(families, grades, strict=False)]
    found = region("0", chain, "cup", ssim=ssim, losses=(0.1, 0.2, damage))
    return found.model_copy(update={"image_id": f"pic-v{number}"})


def compared(anchor, target, found):
    facts = tuple(
        PictureFacts(one.image_id, 400, 300, (one,), {"pic/0": PHRASE}, FAMILIES)
        for one in (anchor, target)
    )
    return Compared(anchor, target, facts, PHRASE, found)


@st.composite
def cases(draw):
    """Two chains that a viewer can tell apart, and their relation."""

    def chain(number, damage, ssim):
        names = draw(st.permutations(sorted(FAMILIES)))[: draw(st.integers(1, 2))]
        grades = draw(st.lists(st.sampled_from(GRADES), min_size=2, max_size=2))
        return side(number, names, grades, damage, ssim)

    less, more = draw(st.sampled_from([(0.5, 0.7), (0.5, 0.95), (0.8, 0.95)]))
    worse = chain(0, 2.4, less)
    better = draw(st.sampled_from([None, "chain"])) and chain(1, 1.5, more)
    better = better or side(1, (), (), 0, 1)
    found = relation(better.scores.ssim if better.chain else 1.0, less)
    return compared(better, worse, found)


def swapped(text):
    """First and second changed places."""
    text = text.replace("first picture", "THAT").replace("second picture", "first picture")
    return text.replace("THAT", "second picture")


def asked_of(found, form, seed):
    return ask(found, form, lambda purpose: Stream(seed, purpose))


@settings(deadline=None, max_examples=60)
@given(cases(), st.sampled_from(FORMS), st.integers(0, 10_000))
def test_questions_are_antisymmetric(found, form, seed):
    """With the pictures swapped, the question stays and the answer swaps."""
    one, other = asked_of(found, form, seed), asked_of(found.swapped, form, seed)
    assert one.question == other.question
    if form == "relation":
        first = read_choice(one.question, one.answer)
        assert read_choice(other.question, other.answer) == opposite(first)
        assert (first == "same") == (one.answer == other.answer)
    else:
        assert swapped(one.answer) == other.answer
    assert check_pair(one, found) == check_pair(other, found.swapped) == []


@settings(deadline=None, max_examples=40)
@given(cases(), st.sampled_from(FORMS), st.integers(0, 10_000))
def test_the_check_refuses_the_answer_to_the_swapped_pair(found, form, seed):
    """What is true of a pair is false of the same pictures in the other order."""
    one = asked_of(found, form, seed)
    if found.relation != "same":
        assert check_pair(one, found.swapped)


@pytest.mark.parametrize("form", FORMS)
def test_clean_in_both_is_the_same(form):
    """A region left clean in both pictures is the same in both, whichever question is asked."""
    clean = compared(side(0, (), (), 0, 1), side(1, (), (), 0, 1), "same")
    assert clean.may_be_asked(form)
    for seed in range(12):
        asked = asked_of(clean, form, seed)
        assert check_pair(asked, clean) == []
        if form == "relation":
            assert read_choice(asked.question, asked.answer) == "same"
        else:
            assert asked.answer == asked_of(clean.swapped, form, seed).answer
            assert "same" in asked.answer


def test_wrong_texts_are_refused():
    """Another family, another grade, the wrong picture, a side left out: each has its rule."""
    worse = side(1, ("blur",), ("severe",), 3.0, 0.3)
    found = compared(side(0, ("noise",), ("mild",), 1.0, 0.8), worse, "significantly_better")
    asked = asked_of(found, "better", 3)
    assert check_pair(asked, found) == []
    first, second = "first picture", "second picture"
    for said, rule in (
        (asked.answer.replace("severe blur", "severe compression"), "missing_distortion"),
        (asked.answer.replace("severe blur", "mild blur"), "wrong_grade"),
        (swapped(asked.answer.split(". ")[0]) + ". " + asked.answer.split(". ", 1)[1], "wrong_p"),
        (asked.answer.split(". ")[0] + ".", "empty"),
        (asked.answer.replace(f"In the {first}", f"In the {first}, not the {second}"), "bad_form"),
    ):
        assert said != asked.answer, rule
        broken = check_pair(replace(asked, answer=said), found)
        assert broken, said
        assert broken[0].rule.startswith(rule), (said, broken)


@given(st.floats(0, 1), st.floats(0, 1))
def test_relations_are_antisymmetric(one, other):
    """The relation of a pair is the opposite of the swapped pair's; equals are the same."""
    assert relation(one, other) == opposite(relation(other, one))
    assert relation(one, one) == "same"


def test_relations_by_hand():
    """Below .1 the same, below .3 slightly, else significantly."""
    steps = [0.5, 0.59, 0.61, 0.79, 0.81]
    found = [relation(0.5, score) for score in steps]
    assert found == ["same", "same", "slightly_worse", "slightly_worse", "significantly_worse"]
    assert {opposite(one) for one in RELATIONS} == set(RELATIONS)


def test_a_viewer_has_the_last_word():
    """Where the visible damage says otherwise, or says another degree, nothing is asked."""
    one, other = side(0, ("blur",), ("mild",), 1.0, 0.8), side(1, ("noise",), ("mild",), 1.1, 0.6)
    assert not is_plain("slightly_better", one, other)
    worse = side(1, ("noise",), ("severe",), 3.0, 0.6)
    assert is_plain("slightly_better", one, worse)
    assert not is_plain("slightly_better", one, worse, by_how_much=True)
    assert is_plain("significantly_better", one, worse, by_how_much=True)
    assert not is_plain("same", one, worse)


def test_every_wording_may_be_answered_with_neither():
    """No question gives away that the pictures differ, and each names the region."""
    for form in ("better", "worse"):
        for text in table()["questions"][form]:
            assert "{region}" in text
            assert any(word in text for word in ("if ", "neither", "Does ", "Has it"))
