"""The six noises: their distributions, crops, and what they must leave alone."""

import hashlib
import math

import cv2
import numpy as np
import pytest
from scipy import stats

from distortions import get
from distortions.pixels import tables
from distortions.registry import SEVERITIES
from distortions.site import Site
from schemas.boxes import Box

NOISES = (
    "gaussian_noise",
    "chroma_noise",
    "speckle_noise",
    "correlated_noise",
    "poisson_noise",
    "impulse_noise",
)


def flat(level, height=300, width=400):
    return np.full((height, width, 3), level, np.uint8)


def noised(name, image, severity, key=11):
    params = get(name).resolve(severity)
    return get(name).apply(image, params, Site.whole(image, key)), params


@pytest.mark.parametrize("severity", SEVERITIES)
@pytest.mark.parametrize("name", NOISES)
def test_a_crop_has_the_noise_of_its_place(name, severity, coffee):
    """Noise has no halo: any crop comes out as the whole picture has it."""
    whole, params = noised(name, coffee, severity, key=2**64 - 1)
    height, width = coffee.shape[:2]
    for box in (Box(0, 0, 1, 1), Box(13, 7, 90, 44), Box(599, 1, 600, 400), Box(5, 399, 400, 400)):
        site = Site(2**64 - 1, box.x0, box.y0, width, height)
        part = get(name).apply(coffee[box.slices], params, site)
        assert np.array_equal(part, whole[box.slices])


@pytest.mark.parametrize("severity", SEVERITIES)
def test_gaussian_noise_is_normal(severity):
    """Mean, deviation and distribution function are those asked for, clipping aside."""
    result, params = noised("gaussian_noise", flat(128), severity)
    deviation = 255 * params["sigma"]
    values = np.sort(result.ravel()).astype(float) - 128
    inner = values[np.abs(values) < 120]
    expected = stats.norm(scale=deviation)
    steps = np.arange(-110, 111)
    share = np.searchsorted(values, steps, "right") / values.size
    assert np.abs(share - expected.cdf(steps + 0.5)).max() < 0.004
    assert abs(inner.mean()) < 4 * deviation / math.sqrt(values.size)
    if severity <= 2:
        assert values.std() == pytest.approx(deviation, rel=0.01)


@pytest.mark.parametrize("severity", SEVERITIES)
def test_chroma_noise_has_the_deviations_in_ycrcb(severity):
    """Back in YCrCb the three deviations are those of the level, and uncorrelated."""
    params = get("chroma_noise").resolve(severity) | {"sigma": 0.02}
    image = flat(128)
    result = get("chroma_noise").apply(image, params, Site.whole(image, 3))
    planes = cv2.cvtColor((result / 255).astype(np.float32), cv2.COLOR_RGB2YCrCb).reshape(-1, 3)
    luma, red, blue = planes.std(axis=0)
    assert luma == pytest.approx(0.02, rel=0.02)
    assert red == pytest.approx(0.02 * params["chroma"], rel=0.02)
    assert blue == pytest.approx(0.02 * params["chroma"], rel=0.02)
    assert np.abs(np.corrcoef(planes.T) - np.eye(3)).max() < 0.02


@pytest.mark.parametrize("severity", SEVERITIES)
def test_speckle_noise_grows_with_the_level(severity):
    """Deviation is the given share of the level."""
    for level in (20, 70):
        result, params = noised("speckle_noise", flat(level), severity)
        assert result.std() == pytest.approx(params["scale"] * level, rel=0.03)
        assert result.mean() == pytest.approx(level, abs=0.5)


@pytest.mark.parametrize("severity", SEVERITIES)
def test_correlated_noise_is_what_a_box_filter_leaves_of_white_noise(severity):
    """A third of the deviation; correlation 2/3, 1/3, 0 at one, two, three pixels."""
    result, params = noised("correlated_noise", flat(128), severity)
    noise = result.astype(float) - 128
    assert noise.std() == pytest.approx(255 * params["sigma"] / 3, rel=0.02)
    for lag, expected in ((1, 2 / 3), (2, 1 / 3), (3, 0.0)):
        across = (noise[:, lag:] * noise[:, :-lag]).mean() / noise.var()
        down = (noise[lag:] * noise[:-lag]).mean() / noise.var()
        assert across == pytest.approx(expected, abs=0.03)
        assert down == pytest.approx(expected, abs=0.03)


def test_correlated_noise_leaves_the_content_sharp():
    """The mean over many keys is the picture itself, edges included."""
    image = np.zeros((40, 40, 3), np.uint8)
    image[:, :20], image[:, 20:] = 90, 160
    total = np.zeros(image.shape)
    for key in range(60):
        total += noised("correlated_noise", image, 1, key)[0]
    columns = (total / 60).mean(axis=(0, 2))
    assert np.abs(columns - image[0, :, 0]).max() < 1.5


@pytest.mark.parametrize("severity", SEVERITIES)
@pytest.mark.parametrize("level", [3, 60, 128, 200])
def test_poisson_noise_has_its_distribution(severity, level):
    """Every count occurs as often as Poisson has it, everything above white merged."""
    result, params = noised("poisson_noise", flat(level), severity)
    factor = params["factor"]
    levels = np.floor(np.arange(factor + 1) * 255 / factor + 0.5).astype(int)
    expected = stats.poisson(level / 255 * factor).pmf(np.arange(factor + 1))
    expected[-1] = 1 - expected[:-1].sum()
    found = np.bincount(result.ravel(), minlength=256)
    assert found.sum() == found[levels].sum()
    assert np.abs(found[levels] / result.size - expected).max() < 0.004


@pytest.mark.parametrize("severity", SEVERITIES)
def test_impulse_noise_strikes_the_given_share(severity):
    """Half of the struck samples are black, half white, channels by themselves."""
    result, params = noised("impulse_noise", flat(100), severity)
    for value in (0, 255):
        assert (result == value).mean() == pytest.approx(params["amount"] / 2, rel=0.06)
    assert (result == 100).mean() == pytest.approx(1 - params["amount"], abs=0.002)
    pixels = (result != 100).all(axis=2).mean()
    assert pixels == pytest.approx(params["amount"] ** 3, abs=3e-4)


@pytest.mark.parametrize("name", NOISES)
def test_pixels_and_channels_are_independent(name):
    """Neighbours (more than a box apart) and channels do not correlate."""
    noise = noised(name, flat(128), 3)[0].astype(float)
    noise -= noise.mean()
    power = noise.var()
    for shifted in (
        noise[:, 3:] * noise[:, :-3],
        noise[3:] * noise[:-3],
        noise[3:, 3:] * noise[:-3, :-3],
    ):
        assert abs(shifted.mean()) < 0.02 * power
    if name != "chroma_noise":
        assert abs((noise[..., 0] * noise[..., 1]).mean()) < 0.02 * power
        assert abs((noise[..., 1] * noise[..., 2]).mean()) < 0.02 * power


@pytest.mark.parametrize("name", NOISES)
def test_another_key_is_other_noise(name):
    """Keys that differ by one give unrelated noise."""
    one, two = (noised(name, flat(128), 3, key)[0].astype(float) - 128 for key in (5, 6))
    assert abs(np.corrcoef(one.ravel(), two.ravel())[0, 1]) < 0.02


@pytest.mark.parametrize("name", ["speckle_noise", "poisson_noise"])
def test_black_stays_black(name):
    """Noise in proportion to light leaves black alone."""
    assert not noised(name, flat(0), 5)[0].any()


@pytest.mark.parametrize("name", NOISES)
@pytest.mark.parametrize("shape", [(1, 1), (1, 17), (17, 1), (3, 5)])
def test_small_and_extreme_pictures_are_taken(name, shape):
    """Black, white and two-valued pictures of any size give pictures of that size."""
    for level in (0, 255):
        image = flat(level, *shape)
        image[::2] = 255 - level
        for severity in SEVERITIES:
            result, _ = noised(name, image, severity)
            assert (result.shape, result.dtype) == (image.shape, np.uint8)


def test_poisson_tables_hold_every_probability():
    """Alias tables add up to the probabilities they were made from, to 2**-20."""
    table = tables.poisson_table(15).astype(np.int64)
    for level in (1, 100, 255):
        shares = np.zeros(256)
        for entry in table[level]:
            threshold = entry >> 16
            shares[entry & 255] += threshold
            shares[entry >> 8 & 255] += tables.ALIAS_UNIT - threshold
        shares /= tables.ALIAS_UNIT * table.shape[1]
        mean = level / 255 * 15
        assert shares[0] == pytest.approx(math.exp(-mean), abs=2**-16)
        assert shares[17] == pytest.approx(mean * math.exp(-mean), abs=2**-16)


def test_the_bytes_are_pinned():
    """Noise of a given key is the same on every machine and in every release."""
    digest = hashlib.sha256()
    for name in NOISES:
        digest.update(noised(name, flat(90, 16, 16), 3, key=2024)[0].tobytes())
    assert digest.hexdigest()[:16] == "b0c65289ff237ffd"
