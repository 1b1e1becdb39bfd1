"""Which order a text claims, read between two mentions."""

import pytest

from annotators.check.claims import order_contradictions
from annotators.language.mentions import Mention
from tests.annotators.builders import step

BLUR_THEN_NOISE = [step("blur"), step("noise")]


def found(text, *families):
    """Mentions of families by their own names, in the order of the text."""
    places, at = [], 0
    for family in families:
        at = text.index(family, at)
        places.append(Mention(family, None, False, at, at + len(family)))
        at += len(family)
    return places


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("noise, then blur", "says noise came before blur"),
        ("blur after noise", "says blur came after noise"),
        ("noise came first, following it blur", "says noise came before blur"),
        ("blur, then noise", None),
        ("noise on top of blur", None),
        ("noise over the whole of it and blur", None),
        ("blur came first, over it noise", None),
    ],
)
def test_an_order_is_contradicted_in_its_own_words(text, said):
    """The detail repeats what was claimed: which came before or after which."""
    order = sorted(("noise", "blur"), key=text.index)
    details = [v.detail for v in order_contradictions(text, found(text, *order), BLUR_THEN_NOISE)]
    assert details == ([said] if said else [])


def test_one_family_named_twice_claims_no_order():
    """Naming the same distortion again is passed over, what follows is read."""
    text = "noise, then noise, then blur"
    families = ("noise", "noise", "blur")
    (violation,) = order_contradictions(text, found(text, *families), BLUR_THEN_NOISE)
    assert violation.rule == "wrong_order"
    alone = "noise, then noise"
    assert order_contradictions(alone, found(alone, "noise", "noise"), BLUR_THEN_NOISE) == []
