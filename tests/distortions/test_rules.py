"""What has to be seen before a step deserves its name; directions are in ``test_gate.py``."""

import dataclasses

import pytest

from distortions import DISTORTIONS
from distortions.measure import Effect
from distortions.rules import RULES, general_rule, rule_of
from schemas.settings.config import GateConfig
from tests.distortions.test_gate import DIRECTIONS

GATE = GateConfig()
STILL = Effect(
    delta_e=0.0,
    gradient_log_ratio=0.0,
    ssim=1.0,
    contrast_ratio=1.0,
    chroma_ratio=1.0,
    lightness_shift=0.0,
)
SEEN = {"delta_e": GATE.min_delta_e, "ssim": 1 - GATE.min_structure}
"""Just as much as can be seen."""
MOVED = {family: {measure: limit} for family, (measure, _, limit, _) in DIRECTIONS.items()}
"""Just as far in the family's direction as it has to go."""


@pytest.mark.parametrize("family", sorted(RULES))
def test_what_cannot_be_seen_is_refused_first(family):
    """Whatever the direction, a step below the thresholds of sight is invisible."""
    rule = RULES[family]
    moved = MOVED.get(family, {})
    below = {"delta_e": GATE.min_delta_e - 0.001, "ssim": 1 - GATE.min_structure + 0.0001}
    assert rule(STILL._replace(**moved, **below), GATE) == "invisible"
    assert rule(STILL._replace(**moved, **SEEN), GATE) == ""


@pytest.mark.parametrize(
    ("families", "enough"),
    [
        (("blur", "noise", "oversharpen", "compression", "pixelate"), "ssim"),
        (("brighten", "darken", "contrast_weaken", "saturate_strengthen"), "delta_e"),
    ],
)
def test_which_sight_counts(families, enough):
    """Families of texture are seen in structure, families of tone in colour; the other is none."""
    only = STILL._replace(**{enough: SEEN[enough]})
    other = STILL._replace(**{name: value for name, value in SEEN.items() if name != enough})
    for family in families:
        assert RULES[family](only._replace(**MOVED.get(family, {})), GATE) == ""
        assert RULES[family](other._replace(**MOVED.get(family, {})), GATE) == "invisible"


def test_families_without_a_rule_of_their_own():
    """One of the two sights is enough for them, as for quantization."""
    for rule in (general_rule, RULES["quantization"]):
        for name, value in SEEN.items():
            assert rule(STILL._replace(**{name: value}), GATE) == ""
        assert rule(STILL, GATE) == "invisible"


def test_smooth_parts_and_edges_at_the_limit():
    """Banding needs three tenths without structure, oversmoothing seven tenths of the edges."""
    seen = STILL._replace(**SEEN)
    assert RULES["banding"](seen._replace(smooth=0.3), GATE) == ""
    assert RULES["banding"](seen._replace(smooth=0.299), GATE) == "no_smooth_part"
    softer = seen._replace(gradient_log_ratio=-0.04)
    assert RULES["oversmoothing"](softer._replace(edges_kept=0.7), GATE) == ""
    assert RULES["oversmoothing"](softer._replace(edges_kept=0.699), GATE) == "edges_lost"


def test_what_hides_in_means_is_only_asked_to_move():
    """Types of colour alone and of few places have a rule of their own, whatever their family."""
    entry = DISTORTIONS["gaussian_noise"]
    assert rule_of(entry) is RULES["noise"]
    for shows in ("chroma", "sparse"):
        rule = rule_of(dataclasses.replace(entry, shows=shows))
        assert rule(STILL, GATE) == "invisible"
        assert rule(STILL._replace(delta_e=0.001), GATE) == ""
