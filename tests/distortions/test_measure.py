"""Measures agree with independent implementations and know the direction of a change."""

import numpy as np
import pytest
from skimage import color, metrics

from distortions.measure import Effect, Fidelity, compare, compare_orders, fidelity
from distortions.registry import get
from distortions.site import Site
from schemas.errors import ContractError


@pytest.fixture
def pair(astronaut):
    """A crop and its noisy version."""
    crop = np.ascontiguousarray(astronaut[100:228, 120:280])
    return crop, get("gaussian_noise").apply(crop, {"sigma": 0.1}, Site.whole(crop, 3))


def inner(image, border=8):
    mask = np.zeros(image.shape[:2], np.bool_)
    mask[border:-border, border:-border] = True
    return mask


def luma(image):
    red, green, blue = (image[..., c].astype(np.int64) for c in range(3))
    return ((77 * red + 150 * green + 29 * blue + 128) >> 8).astype(np.uint8)


def test_ssim_agrees_with_scikit_image(pair):
    """Away from the border SSIM equals scikit-image's to four decimals."""
    _, full = metrics.structural_similarity(luma(pair[0]), luma(pair[1]), win_size=7, full=True)
    mask = inner(pair[0])
    assert fidelity(*pair, mask).ssim == pytest.approx(full[mask].mean(), abs=1e-4)
    assert compare(*pair, mask).ssim == fidelity(*pair, mask).ssim


def test_psnr_agrees_with_scikit_image(pair):
    """PSNR over the mask equals scikit-image's over the same pixels."""
    mask = inner(pair[0])
    expected = metrics.peak_signal_noise_ratio(pair[0][mask], pair[1][mask])
    assert fidelity(*pair, mask).psnr == pytest.approx(expected, abs=1e-3)


def test_delta_e_agrees_with_scikit_image(pair):
    """Mean CIEDE2000 and the lightness shift equal scikit-image's."""
    small = pair[0][:60, :60], pair[1][:60, :60]
    mask = np.ones((60, 60), np.bool_)
    lab = [color.rgb2lab(image) for image in small]
    effect = compare(np.ascontiguousarray(small[0]), np.ascontiguousarray(small[1]), mask)
    assert effect.delta_e == pytest.approx(color.deltaE_ciede2000(*lab).mean(), abs=0.01)
    assert effect.lightness_shift == pytest.approx((lab[1] - lab[0])[..., 0].mean(), abs=0.01)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
        ((50.0, -0.001, 2.49), (50.0, 0.0011, -2.49), 4.7461),
        ((90.8027, -2.0831, 1.441), (91.1528, -1.6435, 0.0447), 1.4441),
        ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_published_colour_pairs(first, second, expected):
    """The published test pairs of CIEDE2000 come out to four decimals."""
    from distortions.kernels.delta_e import ciede2000

    assert ciede2000(*first, *second) == pytest.approx(expected, abs=1e-4)


def test_identical_is_perfect(pair):
    """A region compared with itself has no difference at all."""
    same = compare(pair[0], pair[0], inner(pair[0]))
    assert same == Effect(0.0, 0.0, 1.0, 1.0, 1.0, 0.0)
    assert fidelity(pair[0], pair[0], inner(pair[0])) == Fidelity(100.0, 1.0, 0.0)


def test_only_the_mask_counts(pair):
    """A change far outside the mask changes nothing."""
    mask = np.zeros(pair[0].shape[:2], np.bool_)
    mask[40:80, 40:80] = True
    elsewhere = pair[0].copy()
    elsewhere[100:] = 0
    assert compare(pair[0], elsewhere, mask) == compare(pair[0], pair[0], mask)


def test_directions(astronaut):
    """Blur lowers the gradient and noise raises it."""
    crop = np.ascontiguousarray(astronaut[:200, :200])
    mask = np.ones((200, 200), np.bool_)
    blurred = get("gaussian_blur").apply(crop, {"sigma": 2}, Site.whole(crop))
    noisy = get("gaussian_noise").apply(crop, {"sigma": 0.1}, Site.whole(crop))
    assert compare(crop, blurred, mask).gradient_log_ratio < -0.3
    assert compare(crop, noisy, mask).gradient_log_ratio > 0.3


def test_orders_differ_by_as_much_either_way(pair):
    """What is measured of two orders is what ``compare`` finds, without a direction."""
    mask, effect = inner(pair[0]), compare(*pair, inner(pair[0]))
    assert compare_orders(*pair, mask) == (effect.ssim, abs(effect.gradient_log_ratio))
    assert compare_orders(*pair[::-1], mask).gradient == abs(effect.gradient_log_ratio)


def test_flat_regions_are_finite():
    """Flat and grey regions give finite numbers."""
    flat = np.full((20, 20, 3), 128, np.uint8)
    other = np.full((20, 20, 3), 130, np.uint8)
    effect = compare(flat, other, np.ones((20, 20), np.bool_))
    assert np.isfinite(effect).all()
    assert effect.contrast_ratio == 1.0


def test_bad_input_raises(pair):
    """Different shapes and empty masks are bugs."""
    mask = inner(pair[0])
    with pytest.raises(ContractError, match="equal shapes"):
        compare(pair[0], pair[1][:-1], mask)
    with pytest.raises(ContractError, match="empty mask"):
        compare(*pair, np.zeros_like(mask))


def test_linear_light_is_that_of_the_standard():
    """Both branches of the curve, on either side of the level where they meet."""
    from distortions.pixels import tables

    for level in (0, 5, 10, 11, 12, 128, 255):
        share = level / 255
        dark, light = share / 12.92, ((share + 0.055) / 1.055) ** 2.4
        assert tables.light()[level] == pytest.approx(dark if level <= 10 else light, abs=1e-12)


def test_measures_are_stored_to_four_places(coffee):
    """Not fewer: thresholds are read in the fourth."""
    mask = np.ones(coffee.shape[:2], np.bool_)
    darker = (coffee * 0.9).astype(np.uint8)
    found = [*compare(coffee, darker, mask), *fidelity(coffee, darker, mask)]
    assert found == [round(value, 4) for value in found]
    assert sum(value != round(value, 3) for value in found) > 5
