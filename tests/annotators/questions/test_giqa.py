"""Questions with boxes: every rule of asking, answering and checking, over many random pictures."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotators.answers.template import TemplateWriter
from annotators.check.fact_check import check_answer
from annotators.facts import Ask
from annotators.language.grid import encoded, shares
from annotators.language.mentions import mentioned
from annotators.language.notation import parse
from annotators.questions.ask import ask_picture
from annotators.questions.giqa import FAMILY
from annotators.questions.giqa_words import asked_quality, confusable, quality_of, table
from annotators.questions.pools import builtin_pools
from schemas.families import Family
from schemas.settings.config import GateConfig, QuestionConfig
from schemas.streams import Stream
from tests.annotators.builders import (
    EVERYTHING,
    FAMILIES,
    HEIGHT,
    WIDTH,
    facts,
    region,
    step,
    whole,
)

CONFIG = QuestionConfig(tasks=("giqa",))
PLACES = [(20, 20, 140, 120), (300, 20, 420, 140), (20, 250, 130, 360), (300, 240, 440, 380)]
LABELS = ["tower", "wet road", "dog", "clear sky"]


def asked(picture, config=CONFIG, seed=0):
    """Questions and dropped reasons."""
    return ask_picture(
        picture, config, GateConfig(), builtin_pools(), {}, lambda purpose: Stream(seed, purpose)
    )


def answered(picture, ask, seed=0):
    """The template's answer."""
    return TemplateWriter().write(ask, picture, Stream(seed, "write"), 0)


def told(picture, ask, text):
    """Rules that a text breaks."""
    return {violation.rule for violation in check_answer(text, ask, picture)}


CHAINS = st.lists(
    st.builds(
        step, st.sampled_from(sorted(FAMILIES)), st.sampled_from(["mild", "moderate", "severe", ""])
    ),
    max_size=2,
    unique_by=lambda one: one.family,
)


@st.composite
def pictures(draw):
    """A picture of up to four regions, each clean, with one flaw or with two."""
    names = draw(st.lists(st.sampled_from(LABELS), min_size=1, max_size=4))
    regions = [
        region(str(n), draw(CHAINS), name, PLACES[n], order_seen=draw(st.booleans()))
        for n, name in enumerate(names)
    ]
    full = [one.model_copy(update={"area_fraction": 0.06}) for one in regions]
    return replace(facts(*full), clear=draw(st.booleans()))


@settings(max_examples=150, deadline=None)
@given(pictures(), st.integers(0, 99))
def test_the_template_passes_the_check(picture, seed):
    """Whatever the picture: every answer passes, and its boxes are those of regions."""
    asks, _ = asked(picture, seed=seed)
    for ask in asks:
        answer = answered(picture, ask, seed)
        assert check_answer(answer.text, ask, picture) == [], (ask.question, answer.text)
        boxes = FAMILY.boxes("row", ask, answer, picture)
        known = {one.region_id: one for one in picture.regions}
        for box in boxes:
            assert box.box == known[box.region_id].box
            assert tuple(box.cells) == encoded(shares(box.box, WIDTH, HEIGHT))
        if ask.sub_task != "giqa_description":
            assert boxes


@settings(max_examples=150, deadline=None)
@given(pictures(), st.integers(0, 99))
def test_yes_and_no_come_in_pairs_and_are_true(picture, seed):
    """A yes and a no in the same words about different regions, each true by the record."""
    asks, _ = asked(picture, seed=seed)
    closed = [ask for ask in asks if ask.sub_task == "giqa_yes_no"]
    assert len(closed) in (0, 2)
    assert Counter(ask.form for ask in closed) in ({}, {"yes": 1, "no": 1})
    assert len({(ask.family, ask.target.region_id) for ask in closed}) == len(closed)
    assert len({quality_of(FAMILIES[a.family]).flaw in a.question for a in closed}) < 2
    for ask in closed:
        has = any(one.family == ask.family for one in ask.target.chain)
        words = quality_of(FAMILIES[ask.family])
        flawed = words.flaw in ask.question
        assert flawed or words.fine in ask.question
        assert (ask.form == "yes") == (has == flawed)
        if ask.form == "no" and flawed:
            assert not any(confusable(s.family, ask.family, FAMILIES) for s in ask.target.chain)


@settings(max_examples=100, deadline=None)
@given(pictures(), st.integers(0, 99))
def test_a_wrong_answer_is_refused(picture, seed):
    """The opposite answer, another region's box and a missing region are found in every row."""
    for ask in asked(picture, seed=seed)[0]:
        text = answered(picture, ask, seed).text
        if ask.sub_task == "giqa_yes_no":
            assert told(picture, ask, "No." if text == "Yes." else "Yes.") == {"wrong_answer"}
            assert told(picture, ask, "Maybe.") == {"bad_format"}
        for one in parse(text).cited:
            moved = text.replace(f"[{one.name}](<", f"[{one.name}](<1")
            assert told(picture, ask, moved) & {"wrong_box"}
            renamed = text.replace(f"[{one.name}]", "[unicorn]")
            assert told(picture, ask, renamed) & {"wrong_region"}


DOG = region("a", [step("blur", "severe", 5)], "dog", PLACES[0])
CAT = region("b", [step("noise", "mild", 1)], "cat", PLACES[1])
LAMP = region("c", (), "lamp", PLACES[2])
PICTURE = facts(*(one.model_copy(update={"area_fraction": 0.06}) for one in (DOG, CAT, LAMP)))


def row(sub_task, question, target=None):
    """A question as it is read again: without what its family remembers."""
    return Ask("giqa", sub_task, "grounding" if not target else "", question, "", target)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("The [dog](<20, 124>).", set()),
        ("The [dog](<20, 124>) and the [cat](<30, 154>).", {"extra_region"}),
        ("Nothing.", {"missing_region"}),
        ("The [dog](<20, 125>).", {"wrong_box"}),
        ("The [dog](<124, 20>).", {"wrong_box"}),
        ("The [dog](<20, 124>), at 21.", {"number"}),
        ("The [dog](<20, 124>), which is noisy.", {"extra_distortion"}),
    ],
)
def test_what_came_out_so(text, rule):
    """The answer to a what-question is exactly the regions with the flaw, with their own cells."""
    assert told(PICTURE, row("giqa_what", "What in this picture came out blurred?"), text) == rule


@pytest.mark.parametrize(
    ("sub_task", "text", "rule"),
    [
        ("giqa_how", "Severely blurred.", set()),
        ("giqa_how", "Slightly blurred.", {"wrong_answer"}),
        ("giqa_why", "Blur softens edges and fine detail.", set()),
        ("giqa_why", "Noise covers it.", {"extra_distortion", "missing_distortion"}),
        ("giqa_what", "Severe blur.", set()),
        ("giqa_what", "Mild blur.", {"wrong_grade"}),
        ("giqa_what", "The [cat](<30, 154>) has blur.", {"extra_region"}),
    ],
)
def test_answers_about_a_region(sub_task, text, rule):
    """Level, cause and flaw are those of the region that the question cites."""
    ask = row(sub_task, "How is it with the [dog](<20, 124>)?", DOG)
    assert told(PICTURE, ask, text) == rule


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (
            "Severe blur lies over the [dog](<20, 124>). Mild noise affects the [cat](<30, 154>).",
            set(),
        ),
        (
            "Severe blur lies over the [dog](<20, 124>). Mild noise is elsewhere.",
            {"missing_region"},
        ),
        (
            "Severe blur lies over the [cat](<30, 154>). Mild noise affects the [dog](<20, 124>).",
            {"wrong_region"},
        ),
        (
            "Severe blur lies over a [dog](<20, 124>). Mild noise affects the [cat](<30, 154>).",
            {"bad_format"},
        ),
    ],
)
def test_descriptions_cite_every_degraded_region_with_its_own_flaw(text, rule):
    """Each degraded region once, as the [name](<l, r>), in a sentence with its own flaw."""
    (ask, *_), _ = asked(PICTURE)
    assert ask.sub_task == "giqa_description"
    assert told(PICTURE, ask, text) == rule


def test_regions_that_do_not_fill_their_box_are_not_cited():
    """A region that fills less of its box than asked for is counted and has no box."""
    thin = facts(
        DOG.model_copy(update={"area_fraction": 0.01}),
        CAT.model_copy(update={"area_fraction": 0.06}),
    )
    asks, dropped = asked(thin)
    assert dropped["giqa_box_not_filled"] == 1
    text = answered(thin, asks[0]).text
    assert [one.name for one in parse(text).cited] == ["cat"]
    assert "the dog" in text.lower()
    assert "giqa_what_incomplete" not in dropped


def test_things_of_one_label_are_told_apart_by_their_names():
    """Each of two cups with one flaw has a mention of its own, with the words that say which."""
    cups = [region(str(n), [step("noise")], "cup", PLACES[n]) for n in range(2)]
    picture = facts(*cups, region("2", [], "dog", PLACES[2]))
    asks, _ = asked(picture)
    answers = [
        answered(picture, ask).text
        for ask in asks
        if ask.sub_task == "giqa_description" or ask.form == "grounding"
    ]
    assert len(answers) == 2
    for text in answers:
        cited = [one for one in parse(text).cited if "cup" in one.name]
        assert sorted(one.name for one in cited) == ["cup on the left", "cup on the right"]
        assert all(len(one.boxes) == 1 for one in cited)


def test_the_whole_picture_has_no_box():
    """Uniform degradation and clean pictures are described without a box and asked nothing else."""
    for picture in (facts(whole([step("blur")])), facts(LAMP)):
        asks, _ = asked(picture)
        texts = [answered(picture, ask).text for ask in asks]
        assert [ask.sub_task for ask in asks] == ["giqa_description"]
        assert parse(texts[0]).cited == ()
        assert check_answer(texts[0], asks[0], picture) == []


@pytest.mark.parametrize("families", [FAMILIES, EVERYTHING], ids=["twelve", "all"])
def test_every_family_has_words_that_the_check_reads(families):
    """A flaw's words are read as this family alone, its absence as no other flaw."""
    for family in families.values():
        words = quality_of(family)
        assert asked_quality(f"Did it come out {words.flaw}?", families) == (
            frozenset({family.name}),
            True,
        )
        absent = asked_quality(f"Did it come out {words.fine}?", families)
        assert not absent.flawed
        assert family.name in absent.families
        assert len(words.levels) == 4
        named = [mentioned(level, families) for level in words.levels[1:]]
        assert {one.family for found in named for one in found} <= {family.name}
    assert set(families) <= set(table()["families"])


def test_what_a_viewer_may_take_for_each_other_is_confusable():
    """It goes both ways, and holds for the pairs that are hard to tell."""
    for one, other in [
        ("demosaicing", "blur"),
        ("low_light", "darken"),
        ("low_light", "noise"),
        ("haze", "contrast_weaken"),
        ("banding", "quantization"),
    ]:
        assert confusable(one, other, EVERYTHING)
        assert confusable(other, one, EVERYTHING)
    assert not confusable("haze", "noise", EVERYTHING)
    for family in EVERYTHING.values():
        assert {*family.unlike, *family.excludes} <= set(EVERYTHING) - {family.name}


def test_a_plugins_family_is_called_by_its_noun():
    """A family without words of its own can be asked about, but not how much there is of it."""
    families = {**FAMILIES, "rain": Family("rain", "raindrops", (), ("blurs spots",))}
    wet = region("a", [step("rain")], "dog", PLACES[0]).model_copy(update={"area_fraction": 0.06})
    picture = facts(wet, LAMP.model_copy(update={"area_fraction": 0.06}), families=families)
    picture = replace(picture, clear=True)
    asks, _ = asked(picture, CONFIG.model_copy(update={"giqa_open_per_image": 4}))
    assert "giqa_how" not in {ask.sub_task for ask in asks}
    for ask in asks:
        assert check_answer(answered(picture, ask).text, ask, picture) == []
    assert any("spoilt by raindrops" in ask.question for ask in asks)


def test_wordings():
    """At least fifteen ways to ask for a description, half of those for positions name the form."""
    words = table()["wordings"]
    assert len(words["giqa_description"]) >= 15
    named = ["[label](<x, y>)" in text for text in words["giqa_positions"]]
    assert sum(named) * 2 == len(named)
    assert all(parse(text).cited == () for text in words["giqa_positions"])


def test_a_description_without_a_box_is_not_asked():
    """Where no degraded region may be cited, the description is counted and left out."""
    thin = facts(DOG.model_copy(update={"area_fraction": 0.01}), region("9", [], "cup", PLACES[3]))
    asks, dropped = asked(thin)
    assert "giqa_description" not in {ask.sub_task for ask in asks}
    assert dropped["giqa_description_no_mention"] == 1


def test_each_step_of_a_chain_is_told_with_its_own_effect():
    """Of two distortions in one region each is followed by what it does, not by the other's."""
    cup = region("0", [step("noise"), step("blur")], "cup", PLACES[0])
    picture = facts(cup, region("1", [], "dog", PLACES[1]))
    (ask, *_), _ = asked(picture)
    text = answered(picture, ask).text
    for family in ("noise", "blur"):
        noun = FAMILIES[family].noun
        assert any(f"{noun}, which {effect}" in text for effect in FAMILIES[family].effects)


def test_a_second_thing_of_a_label_without_a_phrase_is_another_one():
    """Two cups that no words tell apart are "a cup" and "another cup"."""
    cups = [region(str(n), [step("noise")], "cup", PLACES[n]) for n in range(2)]
    dog = region("2", [step("blur")], "dog", PLACES[2])
    picture = facts(*cups, dog)
    only = {dog.region_id: picture.references[dog.region_id]}
    picture = replace(picture, references=only)
    (ask, *_), _ = asked(picture)
    text = answered(picture, ask).text.lower()
    assert text.count("a cup") == 1
    assert text.count("another cup") == 1
