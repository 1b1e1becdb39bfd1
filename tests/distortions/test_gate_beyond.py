"""What the gate asks of families beyond the twelve: colour alone, sparse flaws, kept edges."""

import numpy as np
import pytest

from distortions import get
from distortions.chain import Link
from distortions.gate import judge
from distortions.measure import Effect, Looker, gradients
from distortions.perception import Damage, colour_visible, specks_visible
from distortions.rules import RULES, needs_detail, rule_of
from distortions.view import View
from schemas.settings.config import GateConfig

GATE = GateConfig()
SEEN = Effect(10.0, -0.5, 0.7, 1.0, 1.0, 0.0)
NOTHING = Damage(0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0)


def judged(image, name, severity, mask=None):
    mask = np.ones(image.shape[:2], np.bool_) if mask is None else mask
    return judge(image, mask, [Link(get(name), severity, 3)], GATE)


def test_colour_alone_needs_both_measures():
    """SSIM of a* and b*, and the 95th percentile of colour; on the limit passes."""
    limits = {"delta_e": GATE.seen_delta_e, "structure": GATE.min_chroma_structure}
    on = NOTHING._replace(delta_e_95=5.0, chroma_ssim=0.95)
    assert colour_visible(on, **limits)
    assert not colour_visible(on._replace(delta_e_95=4.9), **limits)
    assert not colour_visible(on._replace(chroma_ssim=0.951), **limits)


def test_sparse_flaws_need_a_share_and_a_peak():
    """A hundredth of the region, and the 99th percentile of colour; on the limit passes."""
    limits = {"share": GATE.min_share_visible, "peak": GATE.min_peak}
    on = NOTHING._replace(share_visible=0.01, delta_e_99=10.0)
    assert specks_visible(on, **limits)
    assert not specks_visible(on._replace(share_visible=0.009), **limits)
    assert not specks_visible(on._replace(delta_e_99=9.9), **limits)


def test_bleeding_colours_are_seen_where_luma_shows_nothing(coffee):
    """Chroma bleeding passes although SSIM hardly moves and the mean of colour stays small."""
    found = judged(coffee, "chroma_bleeding", 3)
    assert found.refusal == ""
    assert found.effects[0].ssim > 0.98
    assert found.effects[0].delta_e < GATE.min_delta_e
    assert found.damage.chroma_ssim <= 0.95


def test_bleeding_of_grey_is_refused(coffee):
    """Without colour nothing can bleed."""
    grey = np.repeat(coffee.mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2)
    assert judged(grey, "chroma_bleeding", 5).refusal == "chroma_bleeding:invisible"


def test_thin_rain_is_seen_although_most_pixels_stay(coffee):
    """A mean over all pixels would call it invisible."""
    found = judged(coffee, "rain_streaks", 3)
    assert found.refusal == ""
    assert found.effects[0].delta_e < GATE.min_delta_e
    assert found.damage.share_visible >= 0.01


def test_rules_of_what_is_sparse_or_of_colour_ask_only_for_a_change():
    """They are judged by what is seen; a type that is not sparse in a family keeps its rule."""
    still = Effect(0.0, 0.0, 1.0, 1.0, 1.0, 0.0)
    for name in ("rain_streaks", "chroma_bleeding", "dead_pixels"):
        assert rule_of(get(name))(still, GATE) == "invisible"
        assert rule_of(get(name))(still._replace(delta_e=0.1), GATE) == ""
    assert rule_of(get("row_stripes")) is RULES["sensor_pattern"]


def test_oversmoothing_keeps_edges():
    """Texture may go; where contours go, too, it is called blur."""
    rule = RULES["oversmoothing"]
    assert rule(SEEN._replace(edges_kept=0.7), GATE) == ""
    assert rule(SEEN._replace(edges_kept=0.699), GATE) == "edges_lost"
    assert rule(SEEN._replace(gradient_log_ratio=0.0), GATE) == "not_softer"


def test_banding_needs_something_smooth():
    """A third of the region without structure, or there is no gradient to break."""
    rule = RULES["banding"]
    assert rule(SEEN._replace(smooth=0.3), GATE) == ""
    assert rule(SEEN._replace(smooth=0.299), GATE) == "no_smooth_part"


def test_edges_and_smooth_parts_are_measured(coffee):
    """A box filter loses edges, the identity keeps them; half a flat picture is half smooth."""
    looker = Looker(np.ones(coffee.shape[:2], np.bool_))
    before = looker.look(coffee)
    same = looker.effect(before, looker.look(coffee), detail=True)
    assert same.edges_kept == 1.0
    blurred = get("gaussian_blur")(coffee, 3)
    assert looker.effect(before, looker.look(blurred), detail=True).edges_kept < 0.5
    half = coffee.copy()
    half[:, : half.shape[1] // 2] = 90
    smooth = looker.effect(looker.look(half), before, detail=True).smooth
    assert smooth == pytest.approx(0.5 + same.smooth / 2, abs=0.2)
    assert looker.effect(before, looker.look(blurred)).edges_kept == 1.0
    assert [needs_detail(get(name)) for name in ("banding", "gaussian_blur")] == [True, False]


def test_gradients_of_a_ramp():
    """Three levels a pixel are a gradient of three, at the border of half as much."""
    ramp = np.tile(np.arange(0, 60, 3, dtype=np.int32), (8, 1))
    found = gradients(ramp)
    assert np.all(found[:, 1:-1] == 3.0)
    assert np.all(found[:, [0, -1]] == 1.5)


def test_a_cast_on_a_region_must_break_with_what_surrounds_it():
    """Red beside grey is a cast; what brings a region nearer to its surroundings is not told."""
    grey = np.full((160, 200, 3), 120, np.uint8)
    mask = np.zeros((160, 200), np.bool_)
    mask[40:120, 50:150] = True
    assert judged(grey, "warm_cast", 2, mask).refusal == ""
    warm = get("warm_cast")(grey, 4)
    warm[mask] = 120
    assert judged(warm, "warm_cast", 2, mask).refusal == "color_cast:blends_in"
    view = View(grey, mask)
    assert view.contrast(view.pristine).cast == 0.0
