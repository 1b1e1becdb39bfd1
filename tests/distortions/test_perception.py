"""Visible damage: its parts agree with formulas written down again, its score with the eye."""

import itertools
import math

import numpy as np
import pytest
from scipy import ndimage
from skimage import color

from distortions import DISTORTIONS, Site, get
from distortions.perception import Damage, Planes, compare, damage_map, grade_of, perceived, visible
from distortions.testing import sample_picture
from schemas.errors import ContractError

NOTHING = Damage(0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0)


@pytest.fixture(scope="module")
def crop(astronaut):
    """256x256 of a face, cloth and a flag."""
    return np.ascontiguousarray(astronaut[:256, 100:356])


def changed(image, name, severity, key=5):
    """One type laid on a whole picture."""
    entry = get(name)
    return entry.apply(image, entry.resolve(severity, key), Site.whole(image, key))


def inner(image, border=48):
    """All pixels but a frame."""
    mask = np.zeros(image.shape[:2], np.bool_)
    mask[border:-border, border:-border] = True
    return mask


def halved(plane):
    """Means of 2x2."""
    return plane.reshape(plane.shape[0] // 2, 2, plane.shape[1] // 2, 2).mean((1, 3))


def haarpsi(reference, degraded, inside):
    """HaarPSI by its formulas, convolutions in double precision."""
    matrix = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])
    first, second = (
        [halved(channel) for channel in np.moveaxis(image @ matrix.T, 2, 0)]
        for image in (reference, degraded)
    )

    def alike(p, q):
        return (2 * p * q + 30) / (p * p + q * q + 30)

    def waves(plane, scale, axis):
        half = 2**scale // 2
        kernel = np.ones((2 * half, 2 * half)) / 2**scale
        kernel[(slice(half), slice(None)) if axis == 0 else (slice(None), slice(half))] *= -1
        return np.abs(ndimage.correlate(plane, kernel, mode="nearest"))

    def colour(plane):
        return np.abs(ndimage.uniform_filter(plane, 2, mode="nearest"))

    hue = sum(alike(colour(first[c]), colour(second[c])) for c in (1, 2)) / 2
    terms, weights = [], []
    for axis in (0, 1):
        pairs = [(waves(first[0], k, axis), waves(second[0], k, axis)) for k in (1, 2, 3)]
        terms.append((alike(*pairs[0]) + alike(*pairs[1])) / 2)
        weights.append(np.maximum(*pairs[2]))
    terms.append(hue)
    weights.append((weights[0] + weights[1]) / 2)
    squashed = [
        weight / (1 + np.exp(-4.2 * term)) for term, weight in zip(terms, weights, strict=True)
    ]
    mean = sum(part[inside].sum() for part in squashed) / sum(w[inside].sum() for w in weights)
    return (math.log(mean / (1 - mean)) / 4.2) ** 2


@pytest.mark.parametrize("name", ["gaussian_noise", "gaussian_blur", "saturate_weaken_ycbcr"])
def test_haarpsi_agrees_with_its_formulas(crop, name):
    """HaarPSI equals the published formulas to three decimals."""
    other, mask = changed(crop, name, 2), inner(crop)
    expected = haarpsi(crop, other, mask[::2, ::2])
    assert perceived(crop, other, mask).haarpsi == pytest.approx(expected, abs=1e-3)


def test_gmsd_agrees_with_its_formulas(crop):
    """GMSD equals the published formulas to three decimals."""
    other, mask = changed(crop, "jpeg_compression", 3), inner(crop)
    luma = [halved(image @ np.array([0.299, 0.587, 0.114])) for image in (crop, other)]
    first, second = (
        np.hypot(ndimage.prewitt(plane, 0), ndimage.prewitt(plane, 1)) / 3 for plane in luma
    )
    similar = (2 * first * second + 170) / (first**2 + second**2 + 170)
    expected = similar[mask[::2, ::2]].std()
    assert perceived(crop, other, mask).gmsd == pytest.approx(expected, abs=1e-3)


def test_colour_agrees_with_scikit_image(crop):
    """At one pixel a block, CIEDE2000's mean and percentiles are scikit-image's."""
    other = changed(crop, "chroma_noise", 2)
    measured = perceived(crop, other, pixels_per_degree=20)
    expected = color.deltaE_ciede2000(color.rgb2lab(crop), color.rgb2lab(other))
    assert measured.delta_e_mean == pytest.approx(expected.mean(), abs=0.02)
    assert measured.delta_e_95 == pytest.approx(np.percentile(expected, 95), abs=0.06)
    assert measured.delta_e_99 == pytest.approx(np.percentile(expected, 99), abs=0.06)
    assert measured.share_visible == pytest.approx((expected > 3).mean(), abs=0.005)


def test_fast_ciede2000_is_exact():
    """Without angles the difference of any two colours is what scikit-image says, blue included."""
    from distortions.kernels.sight import colour_difference

    rng = np.random.default_rng(1)
    first = rng.integers(-80 * 64, 80 * 64, (3, 100, 100)).astype(np.int32)
    first[0] = np.abs(first[0])
    second = (first + rng.integers(-600, 600, first.shape)).astype(np.int32)
    ones = np.ones((100, 100), np.int32)
    ours = colour_difference(first, second, ones)[0]
    theirs = color.deltaE_ciede2000(first.transpose(1, 2, 0) / 64, second.transpose(1, 2, 0) / 64)
    assert np.abs(ours - theirs).max() < 2e-3


def test_identity_is_no_damage(crop):
    """A picture compared with itself has nothing to see."""
    assert perceived(crop, crop) == NOTHING
    assert not visible(NOTHING)
    flat = np.full((9, 7, 3), 128, np.uint8)
    assert perceived(flat, flat) == NOTHING


@pytest.mark.parametrize("name", sorted(DISTORTIONS))
def test_damage_grows_with_severity(crop, name):
    """Every severity of every type is seen to be worse than the one below, by the score."""
    reference = Planes.of(crop)
    found = [compare(reference, Planes.of(changed(crop, name, s))).damage for s in range(1, 6)]
    falls = [b - a for a, b in itertools.pairwise(found) if b < a]
    assert len(falls) <= 1
    assert all(fall > -0.12 for fall in falls), found
    assert found[4] > found[0] > 0


@pytest.mark.parametrize("name", ["gaussian_noise", "darken_rgb_shift", "saturate_weaken_hsv"])
def test_flat_regions_are_not_blind_spots(name):
    """On a smooth sky without any edge, damage still grows with severity."""
    y = np.linspace(0, 20, 128).round().astype(np.uint8)[:, None]
    sky = np.ascontiguousarray(
        np.broadcast_to(np.stack([110 + y, 150 + y, 210 + y], 2), (128, 128, 3))
    )
    found = [perceived(sky, changed(sky, name, s)).damage for s in range(1, 6)]
    assert found == sorted(found)
    assert found[0] > 0.1
    assert found[4] > 0.8


@pytest.mark.filterwarnings("ignore:Conversion from CIE-LAB")
def test_colour_alone_counts(crop):
    """Colour that bleeds at unchanged lightness is seen, though luma and its SSIM hardly move."""
    lab = color.rgb2lab(crop)
    lab[..., 1:] = 3 * ndimage.gaussian_filter(lab[..., 1:], (6, 6, 0))
    bled = np.rint(255 * np.clip(color.lab2rgb(lab), 0, 1)).astype(np.uint8)
    measured = perceived(crop, bled)
    assert measured.ssim > 0.9
    assert measured.chroma_ssim < 0.7
    assert measured.damage > 1
    assert visible(measured)


def test_sparse_flaws_count(crop):
    """A thousandth of hot pixels moves the mean colour by next to nothing and yet is damage."""
    hot = crop.copy()
    chosen = np.random.default_rng(3).random(crop.shape[:2]) < 0.003
    hot[chosen] = (255, 0, 255)
    measured = perceived(crop, hot)
    assert measured.delta_e_mean < 0.6
    assert measured.delta_e_99 > 10
    assert 0.005 < measured.share_visible < 0.02
    assert measured.damage > 0.25


def test_only_the_mask_counts(crop):
    """What changes far outside the mask changes nothing."""
    mask = np.zeros(crop.shape[:2], np.bool_)
    mask[60:120, 60:120] = True
    elsewhere = crop.copy()
    elsewhere[160:] = 0
    assert perceived(crop, elsewhere, mask) == NOTHING


@pytest.mark.parametrize("distance", [20, 40, 80])
@pytest.mark.parametrize("corner", [(40, 52), (37, 41)])
def test_crop_equals_whole(astronaut, distance, corner):
    """A crop with room about its mask, told where it lies, gives what the whole picture gives."""
    other, (x, y) = changed(astronaut, "glass_blur", 2), corner
    mask = np.zeros(astronaut.shape[:2], np.bool_)
    mask[130:190, 120:230] = True
    part = np.s_[y : y + 250, x : x + 290]
    crops = [np.ascontiguousarray(array[part]) for array in (astronaut, other, mask)]
    whole = perceived(astronaut, other, mask, pixels_per_degree=distance)
    assert perceived(*crops, pixels_per_degree=distance, origin=(x, y)) == whole


def test_farther_away_less_is_seen(crop):
    """The same grain is less damage to a viewer who stands farther away."""
    noisy = changed(crop, "gaussian_noise", 1)
    near, far = (perceived(crop, noisy, pixels_per_degree=p).damage for p in (40, 120))
    assert far < 0.8 * near


def test_prepared_planes_serve_many_comparisons(crop):
    """Planes made once give what two pictures give, in either direction nearly the same."""
    reference, other = Planes.of(crop), Planes.of(changed(crop, "motion_blur", 2))
    forth, back = compare(reference, other), compare(other, reference)
    assert forth == perceived(crop, changed(crop, "motion_blur", 2))
    assert forth.damage == pytest.approx(back.damage, abs=0.01)


def test_damage_map_shows_the_place(crop):
    """The map is in the score's units, bare where nothing changed and where nothing is masked."""
    half = crop.copy()
    half[:, :128] = changed(crop, "gaussian_noise", 3)[:, :128]
    mask = np.ones(crop.shape[:2], np.bool_)
    mask[200:] = False
    found = damage_map(Planes.of(crop), Planes.of(half), mask)
    assert found.shape == (7, 7)
    assert np.isnan(found[5:]).all()
    assert (found[:5, :3] > 1).all()
    assert (found[:5, 4:] == 0).all()


def test_a_square_of_the_map_is_the_damage_in_it(crop):
    """Whole squares and those cut off at the border have the damage that a mask of them has."""
    reference, other = Planes.of(crop), Planes.of(changed(crop, "jpeg_compression", 3))
    found = damage_map(reference, other)
    for row, column in ((0, 0), (2, 3), (5, 1), (6, 6)):
        mask = np.zeros(crop.shape[:2], np.bool_)
        mask[40 * row : 40 * (row + 1), 40 * column : 40 * (column + 1)] = True
        assert found[row, column] == compare(reference, other, mask).damage
    with pytest.raises(ContractError, match="equal shape"):
        damage_map(reference, Planes.of(crop, pixels_per_degree=80))


def test_either_sight_makes_a_difference_visible():
    """Exactly the threshold is enough, of colour or of structure; a little less of both is not."""
    assert visible(NOTHING._replace(delta_e_95=5.0))
    assert visible(NOTHING._replace(ssim=0.9), structure=0.1 - 1e-9)
    assert visible(NOTHING._replace(ssim=1 - 0.045 - 1e-9))
    assert not visible(NOTHING._replace(delta_e_95=4.9999, ssim=0.9551))
    assert visible(NOTHING._replace(delta_e_95=2.0), delta_e=2.0)


def test_opinion_is_the_other_end_of_damage():
    """An untouched picture has the 4.6 that people gave it."""
    assert NOTHING.opinion == 4.6
    assert NOTHING._replace(damage=1.5).opinion == pytest.approx(3.1)


@pytest.mark.parametrize(
    ("damage", "grade"),
    [
        (0.5, "mild"),
        (1.39, "mild"),
        (1.5, None),
        (1.7, None),
        (1.81, "moderate"),
        (2.5, None),
        (2.81, "severe"),
        (3.5, "severe"),
    ],
)
def test_grades_have_margins(damage, grade):
    """A damage near a border has no word."""
    assert grade_of(damage) == grade


def test_bad_input_raises(crop):
    """Shapes that differ, an empty mask, other lattices and no distance are bugs."""
    with pytest.raises(ContractError, match="equal shape"):
        perceived(crop, np.ascontiguousarray(crop[:-1]))
    with pytest.raises(ContractError, match="empty mask"):
        perceived(crop, crop, np.zeros(crop.shape[:2], np.bool_))
    with pytest.raises(ContractError, match="equal shape"):
        compare(Planes.of(crop), Planes.of(crop, pixels_per_degree=80))
    with pytest.raises(ContractError, match="above 0"):
        Planes.of(crop, pixels_per_degree=0)


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (3, 2), (5, 5)])
def test_tiny_pictures_are_measured(size):
    """One pixel is enough to be compared."""
    black = np.zeros((*size, 3), np.uint8)
    measured = perceived(black, black + np.uint8(200))
    assert all(math.isfinite(value) for value in measured)
    assert measured.damage > 1


def test_bytes_are_pinned():
    """The measures of a drawn picture are the same everywhere, to the last stored digit."""
    image = sample_picture()
    found = {name: perceived(image, changed(image, name, 3), origin=(3, 5)) for name in GOLDEN}
    assert found == GOLDEN


SMALL = {
    "gaussian_blur": (
        *(3.1057, 0.2111, 0.3862, 0.3096, 12.4322, 34.3906),
        *(43.7344, 6.7287, 10.2969, 0.2236, 0.1366, 0.9241),
    ),
    "saturate_weaken_hsv": (
        *(2.9157, 0.1713, 0.2511, 0.3922, 12.0197, 21.9844),
        *(26.2656, 9.402, 7.2561, 0.6801, 0.56, 1.0),
    ),
}


@pytest.mark.parametrize("name", SMALL)
def test_a_small_region_is_pinned(name):
    """The same digits with the compiler and without it, of a mask whose bounds cut blocks."""
    image = np.ascontiguousarray(sample_picture()[40:88, 120:176])
    mask = np.zeros(image.shape[:2], np.bool_)
    mask[5:41, 9:50] = True
    assert perceived(image, changed(image, name, 3), mask, origin=(3, 5)) == SMALL[name]


GOLDEN = {
    "gaussian_blur": Damage(
        2.5747,
        0.1545,
        0.0668,
        0.6723,
        3.1643,
        16.1406,
        30.1719,
        1.2648,
        2.7985,
        0.8622,
        0.7805,
        0.2743,
    ),
    "chroma_noise": Damage(
        2.8055,
        0.1621,
        0.1554,
        0.4915,
        11.6354,
        25.2656,
        34.2344,
        3.2615,
        10.6953,
        0.539,
        0.2247,
        0.9613,
    ),
    "impulse_noise": Damage(
        2.9314,
        0.1934,
        0.1817,
        0.488,
        5.4633,
        25.9531,
        40.5469,
        2.0784,
        4.84,
        0.4976,
        0.3389,
        0.3887,
    ),
    "pixelate": Damage(
        1.8314,
        0.0815,
        0.0267,
        0.7882,
        2.3162,
        14.3594,
        31.2031,
        1.0529,
        1.9802,
        0.9074,
        0.8726,
        0.1659,
    ),
    "saturate_weaken_ycbcr": Damage(
        2.1103,
        0.0002,
        0.0001,
        0.5192,
        14.0494,
        20.3594,
        20.5781,
        1.9175,
        13.8181,
        0.9716,
        0.3234,
        0.8998,
    ),
}
