"""Plans: keyed, within the rules, and with the promised shares."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from distortions.order import RESTORED, allows
from distortions.plan import (
    draw_chain,
    draw_kind,
    draw_targets,
    grade_of,
    link_chain,
    make_palette,
)
from distortions.registry import get
from schemas.errors import ConfigError, UnknownNameError
from schemas.settings.config import PlanConfig
from schemas.streams import Stream

CONFIG = PlanConfig()
PALETTE = make_palette(CONFIG)
keys = st.integers(0, 2**63 - 1)


@given(keys)
def test_chains_keep_the_rules(key):
    """Length one or two, never two of a family, only allowed orders, severities in range."""
    chain = draw_chain(Stream(key), PALETTE, [])
    families = [entry.family for entry, _ in chain]
    assert len(chain) in (1, 2)
    assert len(set(families)) == len(families)
    assert allows(RESTORED, families)
    for entry, severity in chain:
        assert entry.visible_from <= severity <= (5 if len(chain) == 1 else 3)


@given(keys, st.integers(1, 12))
def test_targets(key, regions):
    """Two to four different regions where there are enough, one left clean where that allows."""
    targets = draw_targets(Stream(key), regions, CONFIG)
    assert len(set(targets)) == len(targets)
    assert set(targets) <= set(range(regions))
    assert len(targets) >= min(2, regions)
    assert len(targets) <= (regions - 1 if regions > 2 else regions)
    assert len(targets) <= 4


def test_shares():
    """About 10 % of pictures are uniform, 5 % clean, half of the chains have two steps."""
    kinds = Counter(draw_kind(Stream("kind", n), CONFIG) for n in range(4000))
    assert 0.085 < kinds["uniform"] / 4000 < 0.115
    assert 0.04 < kinds["clean"] / 4000 < 0.06
    lengths = Counter(len(draw_chain(Stream("chain", n), PALETTE, [])) for n in range(2000))
    assert 0.46 < lengths[2] / 2000 < 0.54


def test_every_type_is_drawn():
    """All thirty-five types and all twelve families come up."""
    chains = [draw_chain(Stream("all", n), PALETTE, []) for n in range(4000)]
    assert len({entry.name for chain in chains for entry, _ in chain}) == 35


def test_hard_negatives_are_taken_up():
    """After a chain of two, its reverse comes more often than chance."""
    first = draw_chain(Stream("pair", 3), make_palette(PlanConfig(length_weights=[0, 1])), [])
    reverse = [entry.name for entry, _ in first][::-1]
    palette = make_palette(PlanConfig(length_weights=[0, 1], reverse_share=1.0))
    again = draw_chain(Stream("next"), palette, [first])
    assert [entry.name for entry, _ in again] == reverse


def test_a_reverse_is_drawn_once():
    """Where the reverse is on a region already, or a chain is single, nothing is mirrored."""
    palette = make_palette(PlanConfig(length_weights=[1, 0], reverse_share=1.0))
    blur, noise = (get("gaussian_blur"), 2), (get("gaussian_noise"), 3)
    mirrored = draw_chain(Stream("next"), palette, [[blur, noise]])
    assert [entry.family for entry, _ in mirrored] == ["noise", "blur"]
    assert len(draw_chain(Stream("next"), palette, [[blur, noise], [noise, blur]])) == 1
    assert len(draw_chain(Stream("next"), palette, [[blur]])) == 1


def test_nothing_is_mirrored_where_that_is_switched_off():
    """With a reverse share of 0 the earlier chain decides nothing."""
    palette = make_palette(PlanConfig(length_weights=[1, 0], reverse_share=0.0, repeat_share=0.0))
    earlier = [[(get("gaussian_blur"), 2), (get("gaussian_noise"), 3)]]
    for n in range(20):
        stream = "unmirrored", n
        found = draw_chain(Stream(*stream), palette, earlier)
        assert len(found) == 1
        assert found == draw_chain(Stream(*stream), palette, [*earlier, *earlier])


def test_a_single_type_comes_again_at_every_other_severity():
    """Any level that can be seen but the one that is there; never a type out of a chain of two."""
    palette = make_palette(PlanConfig(length_weights=[1, 0], reverse_share=0.0, repeat_share=1.0))
    for name in ("gaussian_blur", "pixelate", "quantize_otsu"):
        entry = get(name)
        seen = set(range(entry.visible_from, 6))
        for severity in seen:
            earlier = [[(entry, severity)]]
            drawn = [draw_chain(Stream("again", n), palette, earlier) for n in range(60)]
            found = {(again.name, level) for ((again, level),) in drawn}
            assert found == {(name, level) for level in seen - {severity}}
    pair = [(get("gaussian_blur"), 2), (get("gaussian_noise"), 3)]
    others = [draw_chain(Stream("other", n), palette, [pair])[0][0].name for n in range(30)]
    assert len(set(others)) > 10


def test_longer_chains_by_configuration():
    """A third weight makes chains of three, still without repeated families."""
    palette = make_palette(PlanConfig(length_weights=[0, 0, 1]))
    chains = [draw_chain(Stream("long", n), palette, []) for n in range(200)]
    assert {len(chain) for chain in chains} >= {3}
    for chain in chains:
        families = [entry.family for entry, _ in chain]
        assert allows(RESTORED, families)
        assert len(set(families)) == len(families)


def test_steps_have_their_own_keys():
    """Two steps of one chain, and one step of two regions, never share noise."""
    chain = draw_chain(Stream("pair", 3), make_palette(PlanConfig(length_weights=[0, 1])), [])
    links = link_chain(chain, 1, "region a") + link_chain(chain, 1, "region b")
    assert len({link.key for link in links}) == 4


def test_grades_follow_sight():
    """By default the word comes from the damage, whatever the level, and none near a border."""
    words = [grade_of(1, 1, damage, CONFIG) for damage in (0.3, 1.3, 1.5, 1.7, 2.0, 2.7, 3.0)]
    assert words == ["mild", "mild", "", "", "moderate", "", "severe"]
    assert grade_of(5, 2, 0.3, CONFIG) == "mild"
    assert [grade_of(1, 1, damage, CONFIG) for damage in (1.3996, 1.4004)] == ["mild", ""]
    # a border's margin ends at a number of four places that float32 cannot hold
    assert grade_of(1, 1, float(np.float32(1.8)), CONFIG) == grade_of(1, 1, 1.8, CONFIG)


def test_grades_of_levels():
    """With ``levels`` the word stands for the severity, as in the paper; so without a measure."""
    levels = PlanConfig(grades="levels")
    single = ["mild", "mild", "moderate", "severe", "severe"]
    assert [grade_of(n, 1, 3.0, levels) for n in range(1, 6)] == single
    assert [grade_of(n, 2, 0.1, levels) for n in range(1, 4)] == ["mild", "moderate", "severe"]
    assert [grade_of(n, 1, None, CONFIG) for n in range(1, 6)] == single


def drawn(config, number=3000):
    """How often families, types and pairs of families are drawn on regions by themselves."""
    palette, found = make_palette(config), Counter()
    for key in range(number):
        chain = draw_chain(Stream("weights", key), palette, [])
        families = tuple(entry.family for entry, _ in chain)
        found.update([*families, *(entry.name for entry, _ in chain), families])
    return found


def test_weights_of_families_and_types():
    """Singles follow the families' weights, types theirs; weight 0 is never drawn."""
    weights = {"families": {"noise": 3, "darken": 0}, "types": {"jitter": 4, "lens_blur": 0}}
    found = drawn(PlanConfig.parse({"length_weights": [1], "weights": weights}))
    assert found["noise"] / found["blur"] == pytest.approx(3, rel=0.25)
    assert found["darken"] == found["lens_blur"] == 0
    assert found["jitter"] / found["blur"] == pytest.approx(4 / 8, rel=0.2)


def test_weights_of_pairs():
    """A pair is drawn by the product of its families' weights."""
    config = {"length_weights": [0, 1], "weights": {"families": {"noise": 0.25, "blur": 2}}}
    found = drawn(PlanConfig.parse(config))
    assert found["blur", "compression"] / found["noise", "blur"] == pytest.approx(4, rel=0.25)


def test_equal_weights_change_nothing():
    """Weights that are all the same draw what no weights draw."""
    same = PlanConfig.parse({"weights": {"families": dict.fromkeys(PALETTE.families, 1.0)}})
    palette = make_palette(same)
    for key in range(300):
        assert draw_chain(Stream(key), palette, []) == draw_chain(Stream(key), PALETTE, [])


def test_types_that_are_asked_for():
    """Only the types that are named are drawn, in chains of any length."""
    config = PlanConfig(types=["gaussian_blur", "gaussian_noise", "quantize_otsu"])
    names = {
        entry.name
        for n in range(300)
        for entry, _ in draw_chain(Stream(n), make_palette(config), [])
    }
    assert names == set(config.types)


@pytest.mark.parametrize(
    ("config", "error"),
    [
        (PlanConfig(families=["blurr"]), UnknownNameError),
        (PlanConfig(exclude_types=["gausian_blur"]), UnknownNameError),
        (PlanConfig(order_profile="table8"), UnknownNameError),
        (PlanConfig(families=["pixelate"], exclude_types=["pixelate"]), ConfigError),
        (PlanConfig(types=["gausian_blur"]), UnknownNameError),
        (PlanConfig(families=["blur"], types=["pixelate"]), ConfigError),
        (PlanConfig.parse({"weights": {"families": {"grain": 1}}}), UnknownNameError),
        (PlanConfig.parse({"weights": {"types": {"grain": 1}}}), UnknownNameError),
        (PlanConfig.parse({"types": ["jitter"], "weights": {"types": {"jitter": 0}}}), ConfigError),
    ],
)
def test_mistakes_are_found_early(config, error):
    """Unknown names and empty palettes are refused before anything runs."""
    with pytest.raises(error):
        make_palette(config)
