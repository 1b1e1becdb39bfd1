"""The order tables as data."""

import pytest

from distortions.chain import parse_chain
from distortions.families import BUILT_IN
from distortions.order import (
    DQ495K,
    PAPER,
    PROFILES,
    RESTORED,
    allows,
    among,
    get_profile,
    pairs,
    require_order,
)
from distortions.registry import FAMILIES
from schemas.errors import ConfigError, UnknownNameError

PUBLISHED = {family.name for family in BUILT_IN} | {"scratches"}


def test_sizes():
    """78 ordered pairs in DQ-495K, 12 restored, 11 printed without the self pair."""
    assert (len(pairs(DQ495K)), len(pairs(RESTORED)), len(pairs(PAPER))) == (78, 12, 11)


def test_restored_is_symmetric_and_inside_dq495k():
    """Every restored pair exists in both orders and is a pair of DQ-495K."""
    restored = set(pairs(RESTORED))
    assert restored == {(b, a) for a, b in restored}
    assert restored <= set(pairs(DQ495K))


def test_dq495k_has_eight_pairs_without_reverse():
    """The eight one-way pairs of DQ-495K are the ones its table lists."""
    wide = set(pairs(DQ495K))
    one_way = {(a, b) for a, b in wide if (b, a) not in wide}
    assert one_way == {
        ("blur", "quantization"),
        ("noise", "oversharpen"),
        ("oversharpen", "brighten"),
        ("pixelate", "oversharpen"),
        ("quantization", "noise"),
        ("quantization", "oversharpen"),
        ("saturate_strengthen", "oversharpen"),
        ("saturate_weaken", "oversharpen"),
    }


@pytest.mark.parametrize("name", PROFILES)
def test_rows_name_families(name):
    """Every family in a profile is registered."""
    named = {family for pair in pairs(PROFILES[name]) for family in pair}
    assert named <= set(FAMILIES)


def test_paper_self_pair_never_allowed():
    """Two of one family are refused even where the printed table lists them."""
    assert "contrast_weaken" in PAPER["contrast_weaken"]
    assert not allows(PAPER, ["contrast_weaken", "contrast_weaken"])


def test_every_pair_of_a_longer_chain_counts():
    """One forbidden pair anywhere forbids the chain; one family alone is always allowed."""
    assert allows(RESTORED, ["blur", "noise", "pixelate"])
    assert not allows(RESTORED, ["blur", "noise", "oversharpen"])
    assert not allows(RESTORED, ["blur", "pixelate", "noise"])
    assert allows(RESTORED, ["oversharpen"])


def test_pairs_of_plugins_come_on_top(monkeypatch):
    """What a plugin adds to a row leaves the rest of the row, and nothing else changes."""
    added = [("blur", "scratches"), ("scratches", "noise"), ("scratches", "blur")]
    monkeypatch.setattr("distortions.order.added_pairs", lambda: added)
    for name, profile in PROFILES.items():
        twelve = among(get_profile(name, {}, FAMILIES), PUBLISHED)
        assert set(pairs(twelve)) == {*pairs(profile), *added}
    assert pairs(get_profile("mine", {"mine": {"blur": ["noise"]}}, FAMILIES)) == [
        ("blur", "noise")
    ]


def test_custom_profile():
    """A custom profile is read from the configuration and checked against the registry."""
    mine = get_profile("mine", {"mine": {"blur": ["noise"]}}, FAMILIES)
    assert pairs(mine) == [("blur", "noise")]
    with pytest.raises(UnknownNameError, match="blurr"):
        get_profile("mine", {"mine": {"blurr": ["noise"]}}, FAMILIES)
    with pytest.raises(ConfigError, match="may not follow itself"):
        get_profile("mine", {"mine": {"blur": ["blur"]}}, FAMILIES)
    with pytest.raises(UnknownNameError, match="restored"):
        get_profile("restord", {}, FAMILIES)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gaussian_blur", "expected family:type:severity"),
        ("blur:gaussian_blurr:2", "did you mean gaussian_blur"),
        ("noise:gaussian_blur:2", "belongs to family 'blur'"),
        ("blur:gaussian_blur:6", "severity must be"),
        ("blur:gaussian_blur:1,blur:lens_blur:1", "two of family 'blur'"),
        ("blurr:gaussian_blur:1", "did you mean blur"),
    ],
)
def test_chain_mistakes(text, message):
    """A malformed chain is one clear line."""
    with pytest.raises(ConfigError, match=message):
        parse_chain(text)


def test_forbidden_chain_says_what_is_allowed():
    """A chain outside the profile names the pair and the families that may follow."""
    chain = parse_chain("blur:gaussian_blur:1,pixelate:pixelate:2")
    with pytest.raises(ConfigError, match="allowed after it: compression, noise"):
        require_order("restored", RESTORED, chain)
    require_order("restored", RESTORED, parse_chain("noise:gaussian_noise:3,blur:gaussian_blur:2"))
