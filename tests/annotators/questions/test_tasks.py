"""Families of tasks: which are asked, which are refused, and that one more moves no other."""

import pytest

from annotators.questions.ask import ask_picture
from annotators.questions.pools import builtin_pools
from annotators.questions.tasks import check_tasks
from schemas.errors import ConfigError
from schemas.settings.config import GateConfig, QuestionConfig, RunConfig
from schemas.settings.everyday import dotted
from schemas.streams import Stream
from tests.annotators.builders import facts, region, step

PICTURE = facts(
    region("a", [step("blur"), step("noise")], "dog"),
    region("b", [step("noise", "severe", 4, ssim=0.3)], "cat", (300, 220, 420, 340)),
    region("c", (), "lamp", (300, 20, 400, 120)),
)
ROWS = {
    "global": "global_description",
    "local": "local_description",
    "grounding": "grounding",
    "referring": "referring",
}


def asked(*tasks):
    """The questions of these families; of the default ones without any."""
    config = QuestionConfig(tasks=tasks) if tasks else QuestionConfig()
    profile = {"blur": frozenset({"noise"}), "noise": frozenset({"blur"})}
    return ask_picture(
        PICTURE, config, GateConfig(), builtin_pools(), profile, lambda purpose: Stream(1, purpose)
    )[0]


@pytest.mark.parametrize("name", ROWS)
def test_a_family_alone_asks_what_it_asks_beside_the_others(name):
    """A family's questions are the same whichever others are asked."""
    alone = asked(name)
    assert alone
    assert alone == [ask for ask in asked() if ask.task == ROWS[name]]


def test_order_of_naming_decides_nothing():
    """Families are asked in their own order, each once, however they were typed."""
    config = QuestionConfig(tasks=("referring", "global", "referring"))
    assert config.tasks == ("global", "referring")
    assert asked("referring", "global") == asked("global", "referring")


def test_default_families():
    """The first four are asked unless somebody says otherwise."""
    assert QuestionConfig().tasks == ("global", "local", "grounding", "referring")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("globl", "unknown task 'globl'; allowed: global, local, grounding, referring, giqa, vida"),
        ("", "unknown task ''; allowed: global"),
    ],
)
def test_unknown_families_are_refused(given, message):
    """A name that is none is one line with those that are allowed."""
    with pytest.raises(ConfigError, match=message):
        RunConfig.load(None, dotted({"tasks": given}))


def test_no_family_is_refused():
    """A build that asks nothing is a mistake."""
    with pytest.raises(ConfigError, match="at least one task is needed; allowed: global"):
        RunConfig.load(None, {"questions.tasks": []})


def test_known_but_unavailable_families_are_refused():
    """A family that this version knows and cannot make is one line with those it can."""
    with pytest.raises(ConfigError, match=r"'pairs' is not available yet; available: global"):
        check_tasks(("global", "pairs"))


def test_lists_are_typed_with_commas():
    """``--tasks a, b`` names two families."""
    assert RunConfig.load(None, dotted({"tasks": "local, giqa"})).questions.tasks == (
        "local",
        "giqa",
    )
