"""Gates refuse steps that cannot be seen or do the opposite of their name."""

import numpy as np
import pytest

from distortions.chain import Link, parse_chain
from distortions.gate import judge
from distortions.measure import Effect, fidelity
from distortions.perception import PIXELS_PER_DEGREE, Damage, orders_differ, perceived, visible
from distortions.perception.words import SEEN_DELTA_E, SEEN_STRUCTURE
from distortions.plan import link_chain
from distortions.region import composite, degrade_region
from distortions.registry import FAMILIES, get
from distortions.rules import RULES
from distortions.view import View
from schemas.settings.config import GateConfig

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
    """None falls back to the general rule unnoticed: it has its own, or is judged by sight."""
    by_sight = {name for name, family in FAMILIES.items() if family.shows != "any"}
    assert set(RULES) == set(FAMILIES) - by_sight


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


@pytest.mark.parametrize(
    "name",
    [
        "gaussian_blur",
        "gaussian_noise",
        "jpeg_compression",
        "pixelate",
        "oversharpen",
        "brighten_value_shift",
        "darken_rgb_shift",
        "contrast_weaken_scale",
        "contrast_strengthen_scale",
        "saturate_weaken_ycbcr",
    ],
)
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


def judged(image, chain, key=1):
    """What the gate finds of a chain in words on the region of a picture."""
    return judge(image, region(image), link_chain(parse_chain(chain), key), GATE)


def test_noise_and_blur_do_not_commute(coffee):
    """Whether noise or blur came first is seen by anybody."""
    order = judged(coffee, "noise:gaussian_noise:3,blur:gaussian_blur:1").order
    assert order.visible
    assert order.damage > 0.5
    assert order.effect.ssim < 0.6
    assert order.effect.gradient > 0.5


def test_contrast_and_blur_commute(coffee):
    """Contrast weakening and blur give the same picture in either order: no order to ask about."""
    order = judged(coffee, "contrast_weaken:contrast_weaken_scale:2,blur:gaussian_blur:2").order
    assert not order.visible
    assert order.damage < 0.2
    assert order.effect.ssim > 0.98


@pytest.mark.parametrize(
    ("change", "slug"),
    [
        ({}, ""),
        ({"chroma_ratio": 0.1}, ""),
        ({"chroma_ratio": 0.1, "delta_e": 20.0}, "discoloured"),
        ({"chroma_ratio": 3.0, "delta_e": 20.0}, "discoloured"),
        ({"delta_e": 20.0}, ""),
        ({"lightness_shift": -12.0}, "discoloured"),
        ({"ssim": 1.0}, "invisible"),
    ],
)
def test_compression_that_leaves_one_grey_is_not_called_so(change, slug):
    """Codecs may lose detail, not the colour or the light of a whole region."""
    effect = Effect(4.0, -0.3, 0.8, 1.0, 1.0, 0.5)._replace(**change)
    assert RULES["compression"](effect, GATE) == slug


def test_orders_that_differ_in_a_few_specks_look_alike():
    """What is visible as a flaw is no other look unless a tenth of the region differs."""
    nothing = Damage(0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0)
    specks = nothing._replace(ssim=0.9, delta_e_99=23.0, share_visible=0.05)
    assert visible(specks)
    assert not orders_differ(specks)
    assert orders_differ(specks._replace(share_visible=0.1))
    near = nothing._replace(delta_e_95=7.4, share_visible=0.3)
    assert visible(near)
    assert not orders_differ(near)


def test_a_step_that_is_hidden_is_refused(coffee):
    """Each step of this chain is seen when it is laid on; the second buries the first."""
    chain = "pixelate:pixelate:1,noise:gaussian_noise:3"
    found = judged(coffee, chain)
    assert found.refusal == "pixelate>noise:hidden"
    assert len(found.effects) == 2
    assert (found.damages, found.damage, found.order) == ((), None, None)
    assert judged(coffee, "noise:gaussian_noise:3").refusal == ""
    assert judged(coffee, "pixelate:pixelate:4,noise:gaussian_noise:1").refusal == ""


def test_a_step_that_is_not_seen_is_refused(coffee):
    """Few levels chosen well change every pixel and are seen by nobody; fewer are."""
    assert judged(coffee, "quantization:quantize_otsu:3").refusal == "quantization:unseen"
    assert judged(coffee, "quantization:quantize_otsu:5").refusal == ""


@pytest.mark.parametrize(
    ("chain", "inside", "outside", "refusal"),
    [
        ("brighten:brighten_rgb_shift:3", 90, 90, ""),
        ("brighten:brighten_rgb_shift:3", 90, 160, "brighten:blends_in"),
        ("darken:darken_rgb_shift:3", 160, 160, ""),
        ("darken:darken_rgb_shift:3", 160, 90, "darken:blends_in"),
        ("darken:darken_rgb_shift:3,noise:gaussian_noise:3", 160, 90, ""),
    ],
)
def test_a_tone_alone_must_break_with_its_surroundings(chain, inside, outside, refusal):
    """What brings a region nearer to what surrounds it cannot be told from one picture."""
    image = flat(outside, outside, outside)
    image[region(image)] = inside
    assert judged(image, chain).refusal == refusal
    assert (
        judge(
            image, np.ones(image.shape[:2], np.bool_), link_chain(parse_chain(chain), 1), GATE
        ).refusal
        == ""
    )  # nothing surrounds the whole


@pytest.mark.parametrize(
    ("name", "inside", "outside"),
    [
        ("saturate_weaken:saturate_weaken_hsv", (170, 90, 60), (90, 90, 90)),
        ("saturate_strengthen:saturate_strengthen_hsv", (120, 105, 100), (220, 60, 30)),
    ],
)
def test_strong_colour_gives_itself_away(name, inside, outside):
    """A weak change of colour must break with what surrounds it; from level 3 on it need not."""
    image = flat(*outside)
    image[region(image)] = inside
    found = [judged(image, f"{name}:{severity}").refusal for severity in (1, 2, 3)]
    family = name.partition(":")[0]
    assert found == [f"{family}:blends_in", f"{family}:blends_in", ""]


def test_damage_of_a_step_is_that_of_the_result_with_it(coffee):
    """A step's damage is measured in the finished region against the region without it."""
    links = link_chain(parse_chain("blur:gaussian_blur:2,noise:gaussian_noise:2"), 1)
    mask, view = region(coffee), View(coffee, region(coffee))
    found = judge(coffee, mask, links, GATE, view)
    result = view.of(found.patch.stages[-1])
    for place, damage in enumerate(found.damages):
        rest = [link for index, link in enumerate(links) if index != place]
        alone = degrade_region(coffee, mask, rest).stages[-1]
        assert damage == view.compare(view.of(alone), result)
    assert found.damage == view.compare(view.pristine, result)


def test_longer_chains_are_judged_step_by_step(coffee):
    """Of three steps the one that two others bury is named with them."""
    long = "noise:gaussian_noise:4,blur:gaussian_blur:1,contrast_weaken:contrast_weaken_scale:1"
    assert len(judged(coffee, long).damages) == 3
    buried = "pixelate:pixelate:1,noise:gaussian_noise:3,saturate_weaken:saturate_weaken_hsv:3"
    assert judged(coffee, buried).refusal == "pixelate>noise>saturate_weaken:hidden"


def test_a_view_is_the_region_in_the_whole_picture(coffee):
    """The crop that is compared gives what the composited pictures give, at any distance."""
    links, mask = [Link(get("motion_blur"), 3, 1)], region(coffee)
    patch = degrade_region(coffee, mask, links)
    for distance in (40.0, 80.0):
        view = View(coffee, mask, distance)
        whole = perceived(coffee, composite(coffee, [patch]), mask, pixels_per_degree=distance)
        assert view.compare(view.pristine, view.of(patch.stages[-1])) == whole


def test_thresholds_of_sight_are_those_of_the_scale():
    """The configuration repeats the scale's own thresholds and distance."""
    scale = SEEN_DELTA_E, SEEN_STRUCTURE, PIXELS_PER_DEGREE
    assert (GATE.seen_delta_e, GATE.seen_structure, GATE.pixels_per_degree) == scale


# Family to the field its direction is read from, no change, and the least that passes.
DIRECTIONS = {
    "blur": ("gradient_log_ratio", 0.0, -0.04, "not_softer"),
    "noise": ("gradient_log_ratio", 0.0, 0.04, "not_rougher"),
    "oversharpen": ("gradient_log_ratio", 0.0, 0.04, "not_sharper"),
    "brighten": ("lightness_shift", 0.0, 1.0, "not_brighter"),
    "darken": ("lightness_shift", 0.0, -1.0, "not_darker"),
    "contrast_strengthen": ("contrast_ratio", 1.0, 1.06, "inverted"),
    "contrast_weaken": ("contrast_ratio", 1.0, 0.94, "inverted"),
    "saturate_strengthen": ("chroma_ratio", 1.0, 1.06, "inverted"),
    "saturate_weaken": ("chroma_ratio", 1.0, 0.94, "inverted"),
    "haze": ("gradient_log_ratio", 0.0, -0.04, "not_fainter"),
    "vignetting": ("lightness_shift", 0.0, -1.0, "not_darker"),
    "flare": ("lightness_shift", 0.0, 1.0, "not_brighter"),
    "low_light": ("lightness_shift", 0.0, -1.0, "not_darker"),
    "sensor_pattern": ("gradient_log_ratio", 0.0, 0.04, "not_rougher"),
    "oversmoothing": ("gradient_log_ratio", 0.0, -0.04, "not_softer"),
}
SEEN = Effect(10.0, 0.0, 0.7, 1.0, 1.0, 0.0)
UNSEEN = SEEN._replace(delta_e=0.1, ssim=0.999)


@pytest.mark.parametrize("family", DIRECTIONS)
def test_a_step_goes_the_way_its_name_says(family):
    """On the limit passes; short of it, no change and the mirror image are refused by name."""
    field, still, limit, slug = DIRECTIONS[family]
    way = limit - still

    def said(value, effect=SEEN):
        return RULES[family](effect._replace(**{field: value}), GATE)

    assert [said(limit), said(still + 2 * way)] == ["", ""]
    short = limit - (0.0001 if way > 0 else -0.0001)
    assert [said(short), said(still), said(still - 2 * way)] == [slug] * 3
    assert said(still + 2 * way, UNSEEN) == "invisible"


def test_scores_are_inside_the_mask(coffee):
    """An untouched region scores as identical; a degraded one does not."""
    mask = region(coffee)
    same = judge(coffee, mask, [], GATE).fidelity
    found = judge(coffee, mask, [Link(get("gaussian_blur"), 3, 1)], GATE)
    worse = found.fidelity
    degraded, part = composite(coffee, [found.patch]), found.patch.box.slices
    assert worse == fidelity(coffee[part], degraded[part], mask[part])
    assert (same.ssim, same.psnr, same.delta_e) == (1.0, 100.0, 0.0)
    assert worse.ssim < 0.95
