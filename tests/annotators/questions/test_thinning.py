"""Shares of kinds: chances and ratios, each keyed by what it decides about."""

import dataclasses
from collections import Counter

import pytest

from annotators.facts import Ask
from annotators.questions.ask import ask_picture
from annotators.questions.pools import builtin_pools
from annotators.questions.thinning import thinned
from schemas.settings.config import GateConfig, QuestionConfig
from schemas.streams import Stream
from tests.annotators.builders import facts, region, step, whole

PLACES = ((20, 20, 120, 120), (300, 20, 400, 120), (20, 250, 120, 350))
CHAINS = (["blur", "noise"], ["noise", "blur"], ["compression"])
PICTURE = facts(
    *(
        region(f"r{n}", [step(name, "mild") for name in names], label, box)
        for n, (label, box, names) in enumerate(
            zip(("cat", "car", "bus"), PLACES, CHAINS, strict=True)
        )
    )
)


def grounding(number):
    """Some grounding questions, one of everything else for each region."""
    asks = [Ask("global_description", "", "", "?", "", None)]
    for target in PICTURE.regions:
        asks.append(Ask("local_description", "", "", "?", "", target))
        asks += [Ask("referring", kind, "multi", "?", "", target) for kind in ("short", "long")]
    forms = ("first", "last", "pair", "other")
    return asks + [
        Ask("grounding", "accumulation_order", forms[n], "?", "", PICTURE.regions[0])
        for n in range(number)
    ]


def counted(config, number, picture=PICTURE, keys=2000):
    """Questions of each kind, a picture, over many pictures."""
    found = Counter()
    for key in range(keys):
        asks, _ = thinned(grounding(number), picture, config, lambda p, k=key: Stream(k, p))
        found.update(ask.sub_task or ask.task for ask in asks)
    return {name: count / keys for name, count in found.items()}


def test_ratios_follow_grounding():
    """Each kind comes as often to a grounding question as is asked for, fractions by lot."""
    ratios = {"global_description": 0.3, "local_description": 0.8, "short": 0.4, "long": 0.0}
    found = counted(QuestionConfig.parse({"ratios": ratios}), 2)
    assert found["accumulation_order"] == 2
    assert found["global_description"] == pytest.approx(0.6, abs=0.04)
    assert found["local_description"] == pytest.approx(1.6, abs=0.04)
    assert found["short"] == pytest.approx(0.8, abs=0.04)
    assert "long" not in found


def test_where_nothing_is_asked_for():
    """Without grounding a picture gives nothing, unless it is one that can have none."""
    config = QuestionConfig.parse({"ratios": {"local_description": 1.5, "elsewhere": 0.5}})
    assert "local_description" not in counted(config, 0, keys=50)
    clean = facts(region("r0"))
    for picture in (facts(whole([step("blur")])), clean):
        found = counted(config, 0, picture)
        assert found["local_description"] == pytest.approx(0.75, abs=0.04)
        assert found["global_description"] == 1


def test_chances():
    """A chance thins its own sub-task only."""
    config = QuestionConfig.parse({"keep": {"order": 0.25}})
    found = counted(config, 4)
    assert found["accumulation_order"] == pytest.approx(1.0, abs=0.06)
    assert found["local_description"] == 3


def test_a_fate_is_a_questions_own():
    """Whether one order question is asked does not hang on which others there are."""
    config = QuestionConfig.parse({"keep": {"order": 0.5}})
    for key in range(100):
        few, many = (forms_kept(config, number, key) for number in (2, 4))
        assert few & {"first", "last"} == many & {"first", "last"}


def forms_kept(config, number, key):
    """Forms of the order questions that are asked of so many."""
    asks, _ = thinned(grounding(number), PICTURE, config, lambda purpose: Stream(key, purpose))
    return {ask.form for ask in asks if ask.sub_task == "accumulation_order"}


def test_what_is_left_out_is_counted():
    """The defaults leave nothing out; what settings leave out is counted by picture."""
    for ratio, left_out in ((None, 0), (0.0, 3)):
        config = QuestionConfig.parse({"ratios": {"local_description": ratio}})
        asks, dropped = ask_picture(
            PICTURE, config, GateConfig(), builtin_pools(), {}, lambda p: Stream(0, p)
        )
        assert dropped["thinned"] == left_out
        assert sum(ask.task == "local_description" for ask in asks) == 3 - left_out


def test_people_are_never_left_out():
    """Ratios are for what is made, not for what people said."""
    config = QuestionConfig.parse({"ratios": {"local_description": 0.0}})
    said = dataclasses.replace(facts(region("r0", [step("blur")])), origin="human")
    asks = grounding(1)
    assert thinned(asks, said, config, lambda p: Stream(0, p)) == (asks, Counter())
