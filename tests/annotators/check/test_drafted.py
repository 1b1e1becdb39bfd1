"""Wordings that a model proposes: what may stand in a pool, and what may not."""

import tomllib
from importlib.resources import files

import pytest

from annotators.check.drafted import wording_flaw
from annotators.questions.pools import POOLS
from distortions.registry import FAMILIES

BUILT_IN = tomllib.loads(files("annotators.questions").joinpath("pools.toml").read_text())
OTHER_END = {
    "hybrid_most": ("hybrid_least", "hybrid_least_degraded"),
    "hybrid_least": ("hybrid_most", "hybrid_least_degraded"),
    "hybrid_least_degraded": ("hybrid_most", "hybrid_least"),
    "single_most": ("single_least",),
    "single_least": ("single_most",),
    "order_first": ("order_last",),
    "order_last": ("order_first",),
    "short_any": ("short_multi", "short_set", "long_any"),
    "long_any": ("long_multi", "long_set"),
    "short_set": ("long_set", "short_single"),
    "long_single": ("short_single",),
    "short_multi": ("short_single", "short_any"),
}


def flaw(pool, text, taken=()):
    """Why a wording is refused."""
    return wording_flaw(pool, text, FAMILIES, taken)


@pytest.mark.parametrize("pool", POOLS)
def test_most_of_our_own_wordings_pass(pool):
    """The check is strict, yet at least half of the built-in wordings of each pool pass it."""
    texts = BUILT_IN[pool]["questions"]
    passed = [text for text in texts if not flaw(pool, text)]
    assert len(passed) >= len(texts) / 2


def test_nearly_all_of_our_own_wordings_pass():
    """Nine of ten built-in wordings pass."""
    each = [(pool, text) for pool, found in BUILT_IN.items() for text in found["questions"]]
    assert sum(not flaw(*one) for one in each) > 0.88 * len(each)


@pytest.mark.parametrize(("pool", "others"), OTHER_END.items(), ids=list(OTHER_END))
def test_the_opposite_never_passes(pool, others):
    """No wording of a pool that asks something else passes as one of this pool."""
    wrong = [
        (text, other)
        for other in others
        for text in BUILT_IN[other]["questions"]
        if not flaw(pool, text)
    ]
    assert wrong == []


def test_an_order_turned_round_never_passes():
    """With the two slots swapped, no order question passes."""
    for text in BUILT_IN["order_pair"]["questions"]:
        turned = text.replace("{first}", "{x}").replace("{second}", "{first}")
        assert flaw("order_pair", turned.replace("{x}", "{second}")) == "order"


@pytest.mark.parametrize(
    ("pool", "text", "reason"),
    [
        ("short_single", "Which flaw affects the region?", "slots"),
        ("short_single", "Which flaw affects {region} in {place}?", "slots"),
        ("short_multi", "Name the distortions in {region}.", "slots"),
        ("hybrid_most", "Which part {is worst?", "slots"),
        ("hybrid_most", "Where most", "form"),
        ("hybrid_most", "which region is degraded the most?", "form"),
        ("hybrid_most", "Which **region** is degraded the most?", "form"),
        ("hybrid_most", "Which mask covers the most degraded region?", "form"),
        ("hybrid_most", "Which region is degraded the most? " * 9, "form"),
        ("hybrid_most", "Which blurred region is degraded the most?", "tells"),
        ("single_most", "Where at the top is {distortion} strongest?", "place"),
        ("single_most", "How strong is the strongest {distortion}?", "no_region"),
        ("hybrid_most", "Which region is not degraded the most?", "polarity"),
        ("hybrid_most", "Which region has been spared most?", "polarity"),
        ("hybrid_most", "Which region is degraded?", "polarity"),
        ("hybrid_most", "Which region has the highest quality?", "polarity"),
        ("hybrid_least", "Of the degraded regions, which is degraded the least?", "scope"),
        ("hybrid_least_degraded", "Which region is harmed the least?", "scope"),
        ("order_pair", "Which region has {first} and {second}?", "order"),
        ("order_first", "Which region shows {first}?", "order"),
        ("order_last", "Where did {last} come first?", "order"),
        (
            "long_any",
            "What is wrong with {region}, one after the other, and how does it show?",
            "order",
        ),
        ("short_set", "Name the {count} flaws of {region} in order.", "order"),
        ("short_any", "Name the two flaws of {region}.", "number"),
        ("short_single", "Name all distortions of {region}.", "number"),
        ("short_single", "What is the effect on {region}?", "too_much"),
        ("short_any", "What is wrong with {region}?", "not_brief"),
        ("long_single", "What is wrong with {region}?", "no_effect"),
        ("local_description", "How good is {region} in its quality?", "agreement"),
        ("local_description", "Is {region} in good quality?", "agreement"),
        ("local_description", "What makes {region} look bad?", "agreement"),
    ],
)
def test_reasons(pool, text, reason):
    """Each way to go wrong has its reason."""
    assert flaw(pool, text) == reason


def test_the_same_words_again():
    """A wording that differs in letter case and marks alone is there already."""
    text = "Which region is degraded the most?"
    assert flaw("hybrid_most", text) == ""
    assert flaw("hybrid_most", text, ["Which region is degraded, the MOST?"]) == "duplicate"
