"""Gates refuse steps that cannot be seen or do the opposite of their name."""

import numpy as np
import pytest

from distortions.chain import Link, parse_chain
from distortions.gate import RULES, judge, order_effect, overall
from distortions.plan import link_chain
from distortions.registry import FAMILIES, get
from schemas.config import GateConfig

GATE = GateConfig()


def region(image, x0=40, y0=40, x1=240, y1=200):
    mask = np.zeros(image.shape[:2], np.bool_)
    mask[y0:y1, x0:x1] = True
    return mask


def refusal(image, name, severity=3):
    """What the gate says to one type on the region of a picture."""
    return judge(image, region(image), [Link(get(name), severity, 3)], GATE).refusal


def flat(*colour):
    return np.full((260, 300, 3), colour, np.uint8)


def test_every_built_in_family_has_a_rule():
    """None of the twelve falls back to the general rule unnoticed."""
    assert set(RULES) == set(FAMILIES)


@pytest.mark.parametrize(
    ("name", "image"),
    [
        ("gaussian_blur", flat(150, 180, 220)),
        ("jpeg_compression", flat(128, 128, 128)),
        ("saturate_weaken_hsv", flat(90, 90, 90)),
        ("saturate_strengthen_ycbcr", flat(90, 90, 90)),
        ("brighten_rgb_gamma", flat(255, 255, 255)),
        ("darken_rgb_gamma", flat(255, 255, 255)),
        ("contrast_weaken_scale", flat(60, 60, 60)),
        ("oversharpen", flat(10, 200, 60)),
        ("pixelate", flat(10, 200, 60)),
        ("quantize_median_cut", flat(10, 200, 60)),
        ("poisson_noise", flat(0, 0, 0)),
    ],
)
def test_nothing_to_see_is_refused(name, image):
    """A step that does nothing on this region is refused."""
    assert refusal(image, name, 5).startswith(get(name).family)


@pytest.mark.parametrize("name", ["gaussian_blur", "gaussian_noise", "jpeg_compression", "pixelate",
                                  "oversharpen", "brighten_value_shift", "darken_rgb_shift",
                                  "contrast_weaken_scale", "contrast_strengthen_scale",
                                  "saturate_weaken_ycbcr", "quantize_otsu"])  # fmt: skip
def test_real_degradation_passes(name, coffee):
    """On a real photograph a severity of three is seen."""
    assert refusal(coffee, name) == ""


def test_refusal_names_the_step_that_failed():
    """In a chain the first step that cannot be seen is named."""
    image = flat(120, 120, 120)
    links = link_chain(
        parse_chain("noise:gaussian_noise:2,saturate_weaken:saturate_weaken_hsv:3"), 1
    )
    judged = judge(image, region(image), links[::-1], GATE)
    assert judged.refusal == "saturate_weaken:invisible"
    assert len(judged.effects) == 1


def test_noise_and_blur_do_not_commute(coffee):
    """The two orders of noise and blur differ by far more than the order gate asks for."""
    links = link_chain(parse_chain("noise:gaussian_noise:2,blur:gaussian_blur:2"), 1)
    mask = region(coffee)
    effect = order_effect(coffee, mask, links, judge(coffee, mask, links, GATE).patch)
    assert effect.ssim < 0.6
    assert effect.gradient > 0.5


def test_contrast_and_blur_commute(coffee):
    """Contrast weakening and blur give the same picture in either order: no order to ask about."""
    links = link_chain(
        parse_chain("contrast_weaken:contrast_weaken_scale:2,blur:gaussian_blur:2"), 1
    )
    mask = region(coffee)
    effect = order_effect(coffee, mask, links, judge(coffee, mask, links, GATE).patch)
    assert effect.ssim > 0.98


def test_scores_are_inside_the_mask(coffee):
    """An untouched region scores as identical; a degraded one does not."""
    mask = region(coffee)
    same = overall(judge(coffee, mask, [], GATE).patch)
    worse = overall(judge(coffee, mask, [Link(get("gaussian_blur"), 3, 1)], GATE).patch)
    assert (same.ssim, same.psnr, same.delta_e) == (1.0, 100.0, 0.0)
    assert worse.ssim < 0.95
