"""A step deserves its name only if it moves the region in the direction the name says."""

import pytest

from distortions.measure import Effect
from distortions.registry import FAMILIES
from distortions.rules import RULES, general_rule
from schemas.settings.config import GateConfig

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
DIRECTIONS = [
    ("blur", "gradient_log_ratio", -0.04, -0.0001, "not_softer"),
    ("noise", "gradient_log_ratio", 0.04, 0.0001, "not_rougher"),
    ("oversharpen", "gradient_log_ratio", 0.04, 0.0001, "not_sharper"),
    ("brighten", "lightness_shift", 1.0, 0.0001, "not_brighter"),
    ("darken", "lightness_shift", -1.0, -0.0001, "not_darker"),
    ("contrast_strengthen", "contrast_ratio", 1.06, 0.0001, "inverted"),
    ("contrast_weaken", "contrast_ratio", 0.94, -0.0001, "inverted"),
    ("saturate_strengthen", "chroma_ratio", 1.06, 0.0001, "inverted"),
    ("saturate_weaken", "chroma_ratio", 0.94, -0.0001, "inverted"),
]
"""Family, what it moves, how far at least, a little further, what it is refused for."""


@pytest.mark.parametrize(("family", "measure", "limit", "more", "slug"), DIRECTIONS)
def test_direction(family, measure, limit, more, slug):
    """On the limit and beyond it passes; short of it, still or the other way it is refused."""
    rule, still = RULES[family], getattr(STILL, measure)
    visible = STILL._replace(**SEEN)
    for value in (limit, limit + more, limit + 100 * more):
        assert rule(visible._replace(**{measure: value}), GATE) == ""
    for value in (limit - more, still, 2 * still - limit):
        assert rule(visible._replace(**{measure: value}), GATE) == slug


@pytest.mark.parametrize("family", sorted({*FAMILIES} - {"scratches", "raindrops"}))
def test_what_cannot_be_seen_is_refused_first(family):
    """Whatever the direction, a step below the thresholds of sight is invisible."""
    rule = RULES[family]
    moved = {measure: limit for name, measure, limit, _, _ in DIRECTIONS if name == family}
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
    moved = {name: {measure: limit} for name, measure, limit, _, _ in DIRECTIONS}
    for family in families:
        assert RULES[family](only._replace(**moved.get(family, {})), GATE) == ""
        assert RULES[family](other._replace(**moved.get(family, {})), GATE) == "invisible"


def test_families_without_a_rule_of_their_own():
    """One of the two sights is enough for them, as for quantization."""
    for rule in (general_rule, RULES["quantization"]):
        for name, value in SEEN.items():
            assert rule(STILL._replace(**{name: value}), GATE) == ""
        assert rule(STILL, GATE) == "invisible"
