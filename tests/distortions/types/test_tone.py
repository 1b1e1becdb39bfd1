"""Tone, colour, quantization and codecs against independent computations, and on bad input."""

import io
import itertools

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image as Pil
from PIL import ImageEnhance
from skimage import color

from distortions import get, types_of
from distortions.site import Site

SEVERITIES = range(1, 6)
REGIONAL = [
    t.name for f in ("contrast_strengthen", "contrast_weaken", "quantization") for t in types_of(f)
]


def apply(name, image, severity, domain=None):
    entry = get(name)
    return entry.apply(image, entry.resolve(severity), Site.whole(image, 0, domain))


def level(name, severity):
    return get(name).levels[severity - 1][0]


def within_one(ours, reference):
    """Share of pixels that agree to within one level in every channel."""
    return float((np.abs(ours.astype(int) - reference).max(axis=2) <= 1).mean())


def spread(image, mask=None):
    """Standard deviation of the luma."""
    red, green, blue = (image[..., c].astype(float) for c in range(3))
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    return float((luma if mask is None else luma[mask]).std())


@pytest.mark.parametrize("severity", SEVERITIES)
@pytest.mark.parametrize(("family", "sign"), [("brighten", 1), ("darken", -1)])
def test_brightness_agrees_with_the_formula(astronaut, family, sign, severity):
    """Shift and gamma, on RGB and on the value of HSV, are the reference's formulas."""
    image = astronaut[:200, :240]
    unit = image / 255
    hsv = color.rgb2hsv(image)
    shift, gamma = level(f"{family}_rgb_shift", severity), level(f"{family}_rgb_gamma", severity)
    value_shift = level(f"{family}_value_shift", severity)
    value_gamma = level(f"{family}_value_gamma", severity)

    def in_value(value):
        return color.hsv2rgb(np.dstack([hsv[..., :2], np.clip(value, 0, 1)]))

    expected = {
        "rgb_shift": unit + sign * shift,
        "rgb_gamma": unit**gamma,
        "value_shift": in_value(hsv[..., 2] + sign * value_shift),
        "value_gamma": in_value(hsv[..., 2] ** value_gamma),
    }
    for kind, reference in expected.items():
        levels = np.floor(np.clip(reference, 0, 1) * 255)
        assert within_one(apply(f"{family}_{kind}", image, severity), levels) >= 0.999, kind


@pytest.mark.parametrize("severity", SEVERITIES)
@pytest.mark.parametrize("kind", ["strengthen", "weaken"])
def test_contrast_scale_is_pillows(astronaut, kind, severity):
    """On the whole picture contrast scale is Pillow's enhancer."""
    name = f"contrast_{kind}_scale"
    expected = ImageEnhance.Contrast(Pil.fromarray(astronaut)).enhance(level(name, severity))
    assert within_one(apply(name, astronaut, severity), np.asarray(expected).astype(int)) >= 0.999


@pytest.mark.parametrize("severity", SEVERITIES)
@pytest.mark.parametrize("kind", ["strengthen", "weaken"])
def test_hsv_saturation_agrees_with_the_formula(astronaut, kind, severity):
    """S times factor, at most one, at fixed hue and value."""
    name = f"saturate_{kind}_hsv"
    image = astronaut[:200, :240]
    hsv = color.rgb2hsv(image)
    hsv[..., 1] = np.clip(hsv[..., 1] * level(name, severity), 0, 1)
    expected = np.floor(color.hsv2rgb(hsv) * 255 + 0.5)
    assert within_one(apply(name, image, severity), expected) >= 0.999


@pytest.mark.parametrize("severity", SEVERITIES)
def test_jpeg_is_pillows(astronaut, severity):
    """The JPEG is Pillow's at the same quality and subsampling, to the bit."""
    buffer = io.BytesIO()
    quality = level("jpeg_compression", severity)
    Pil.fromarray(astronaut).save(buffer, "JPEG", quality=quality, subsampling="4:2:0")
    assert np.array_equal(
        np.asarray(Pil.open(buffer)), apply("jpeg_compression", astronaut, severity)
    )


def test_jpeg2000_reaches_its_psnr(astronaut):
    """The codec ends near the target PSNR, which falls with severity."""
    crop = np.ascontiguousarray(astronaut[100:300, 100:330])
    reached = []
    for severity in SEVERITIES:
        error = crop.astype(float) - apply("jpeg2000_compression", crop, severity)
        reached.append(10 * np.log10(255**2 / (error**2).mean()))
        assert abs(reached[-1] - level("jpeg2000_compression", severity)) < 2
    assert reached == sorted(reached, reverse=True)


@pytest.mark.parametrize("colour", [(60, 140, 50), (200, 30, 40), (110, 150, 210)])
def test_jpeg2000_keeps_the_colour_of_what_is_smooth(colour):
    """A smooth region, of which the codec alone leaves another colour, is near its target, too."""
    shade = np.arange(200)[None, :, None] // 20
    crop = (np.broadcast_to(colour, (160, 200, 3)) + shade).astype(np.uint8)
    levels = [apply("jpeg2000_compression", crop, severity) for severity in SEVERITIES]
    reached = [cv2.PSNR(crop, worse) for worse in levels]
    targets = [level("jpeg2000_compression", severity) for severity in SEVERITIES]
    assert all(got >= wanted - 2 for got, wanted in zip(reached, targets, strict=True))
    assert reached == sorted(reached, reverse=True)


pictures = hnp.arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12), st.just(3)))


@settings(max_examples=150, deadline=None)
@given(pictures, st.sampled_from(["scale", "stretch"]), st.integers(1, 5))
def test_contrast_goes_where_its_name_says(image, kind, severity):
    """On any picture weakening never raises the spread of a channel, strengthening never lowers it.

    Half a level is allowed for rounding.
    """
    weaker = apply(f"contrast_weaken_{kind}", image, severity)
    stronger = apply(f"contrast_strengthen_{kind}", image, severity)
    for channel in range(3):
        before = image[..., channel].std()
        assert weaker[..., channel].std() <= before + 0.5
        if kind == "stretch":
            assert stronger[..., channel].std() >= before - 0.5


@pytest.mark.parametrize("brightness", [20, 40, 100, 180, 230])
def test_contrast_stretch_keeps_its_direction_on_dark_and_bright(coffee, brightness):
    """On dark and bright input, where the reference inverts, ours goes the right way."""
    image = np.clip((coffee[:200, :200] / 255 - 0.4) * 60 + brightness, 0, 255).astype(np.uint8)
    for severity in SEVERITIES:
        weaker = apply("contrast_weaken_stretch", image, severity)
        assert spread(weaker) < 0.85 * spread(image)
        assert spread(apply("contrast_strengthen_stretch", image, severity)) > 1.1 * spread(image)
        assert abs(weaker.mean() - image.mean()) < 6


def test_weaken_stretch_severity_one_is_mild(astronaut):
    """Severity one of the stretch weakens no more than severity two of the scale."""
    mild = spread(apply("contrast_weaken_stretch", astronaut, 1)) / spread(astronaut)
    assert 0.6 <= mild <= 0.9


@pytest.mark.parametrize("name", REGIONAL)
@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (90, 120, 150)])
def test_flat_regions_stay_as_they_are(name, colour):
    """A flat region has no contrast to change and no tones to lose."""
    image = np.full((30, 40, 3), colour, np.uint8)
    for severity in SEVERITIES:
        assert np.abs(apply(name, image, severity).astype(int) - image).max() <= 1 or (
            name.endswith("_scale")
        )


@pytest.mark.parametrize("name", REGIONAL)
def test_statistics_are_the_regions_own(name, coffee):
    """What lies outside the domain changes nothing inside it."""
    domain = np.zeros(coffee.shape[:2], np.bool_)
    domain[100:200, 150:300] = True
    other = coffee.copy()
    other[~domain] = 255
    ours, theirs = (apply(name, image, 4, domain) for image in (coffee, other))
    assert np.array_equal(ours[domain], theirs[domain])


@pytest.mark.parametrize("name", ["quantize_otsu", "quantize_median_cut", "quantize_histogram"])
def test_quantization_leaves_few_tones_and_the_brightness(name, coffee):
    """At most the asked number of tones per channel, and the mean stays within a level."""
    for severity in SEVERITIES:
        result = apply(name, coffee, severity)
        for channel in range(3):
            assert len(np.unique(result[..., channel])) <= level(name, severity)
            assert abs(result[..., channel].mean() - coffee[..., channel].mean()) < 1


def test_otsu_is_the_best_split():
    """The classes maximise the between-class variance: no other split is better."""
    from distortions.kernels.otsu import otsu_starts

    rng = np.random.default_rng(3)
    counts = np.zeros(256, np.int64)
    levels = np.sort(rng.choice(256, 12, replace=False))
    counts[levels] = rng.integers(1, 40, 12)

    def variance(starts):
        edges = [0, *starts, 256]
        total = 0.0
        for low, high in itertools.pairwise(edges):
            mass = counts[low:high].sum()
            if mass:
                total += float((counts[low:high] @ np.arange(low, high)) ** 2 / mass)
        return total

    best = max(variance(split) for split in itertools.combinations(levels[1:], 3))
    found = sorted(int(start) for start in otsu_starts(counts, 4))[1:]
    assert variance(found) == pytest.approx(best)


def test_two_valued_pictures_survive():
    """Black and white stay black and white under quantization; nothing turns all black."""
    image = np.zeros((20, 30, 3), np.uint8)
    image[:, 15:] = 255
    for name in ("quantize_otsu", "quantize_median_cut", "quantize_histogram"):
        for severity in SEVERITIES:
            assert np.array_equal(apply(name, image, severity), image), name


def test_both_ways_to_look_up_agree(astronaut):
    """One table for all channels gives what the same table for each gives, at any layout."""
    from distortions.pixels.lookup import look_up, table_of

    table = table_of(lambda value: 255 - value * 0.7)
    odd = np.ascontiguousarray(astronaut[:401, :301])
    for image in (astronaut, astronaut[::2, ::-1], odd):
        assert np.array_equal(look_up(image, table), table[image])
        assert np.array_equal(look_up(image, table), look_up(image, table, table, table))
