"""Haze, fog, rain, snow, drops and frost: what they lay over a picture, and where."""

import numpy as np
import pytest

from distortions import get
from distortions.plan import link_chain
from distortions.region import Steps
from distortions.registry import SEVERITIES
from distortions.site import FARTHEST, Site


def flat(level, height=240, width=320):
    return np.full((height, width, 3), level, np.uint8)


def run(name, image, severity, key=11, **changes):
    entry = get(name)
    return entry.apply(image, entry.resolve(severity, key) | changes, Site.whole(image, key))


@pytest.mark.parametrize("severity", SEVERITIES)
def test_haze_is_the_scattering_formula(severity):
    """A row keeps exp(-beta d) of its light, d falling from 1 at the top to 0.35 at the bottom."""
    (beta,) = get("haze").levels[severity - 1]
    depth = np.linspace(1, 0.35, 240)[:, None, None]
    through = np.exp(-beta * depth)
    exact = 40 * through + 230 * (1 - through)
    assert np.abs(run("haze", flat(40), severity) - exact).max() <= 0.51


@pytest.mark.parametrize("severity", SEVERITIES)
def test_fog_is_uneven_and_never_darker_than_its_colour(severity):
    """On black it lies between nothing and its own light; thick and thin places differ."""
    result = run("fog", flat(0), severity)[..., 0].astype(int)
    (beta,) = get("fog").levels[severity - 1]
    low, high = (235 * (1 - np.exp(-beta * depth)) for depth in (0.5, 1.5))
    assert low - 1 <= result.min() < result.max() <= high + 1
    assert result.max() - result.min() > 0.5 * (high - low)


@pytest.mark.parametrize("angle", [-25.0, 0.0, 12.0, 25.0])
def test_rain_slants_by_its_angle(angle):
    """The direction along which streaks are most alike is the one that was drawn."""
    result = run("rain_streaks", flat(0, 400, 400), 3, angle_deg=angle)[..., 0].astype(float)
    result -= result.mean()
    alike = {}
    for tilt in range(-32, 33, 4):
        across = round(12 * np.tan(np.radians(tilt)))
        moved = np.roll(result, (12, across), (0, 1))
        alike[tilt] = (moved * result)[40:-40, 40:-40].mean()
    assert abs(max(alike, key=alike.get) - angle) <= 5


def test_rain_and_snow_strike_more_at_every_level():
    """More pixels of a dark picture are struck, and none gets darker."""
    for name in ("rain_streaks", "snowflakes"):
        shares = [(run(name, flat(30), severity) > 60).mean() for severity in SEVERITIES]
        assert shares == sorted(shares)
        assert shares[0] > 0.003
        assert run(name, flat(30), 5).min() >= 30


def test_a_flake_is_white_in_its_middle():
    """It reaches nearly its share of white there."""
    result = run("snowflakes", flat(0), 1)
    assert 0.78 * 250 - 2 <= result.max() <= 250


def test_drops_show_the_picture_upside_down():
    """Above the middle of a drop is what stands below it."""
    image = flat(20, 320, 320)
    image[160:] = 200
    changed = np.abs(run("lens_droplets", image, 5).astype(int) - image).max(axis=2) > 8
    assert 0.03 < changed.mean() < 0.3
    mirrored = run("lens_droplets", image, 5)[140:160][changed[140:160]].max(axis=1)
    assert (mirrored > 190).any()


def test_frost_brightens_dark_and_hides_detail():
    """On black it is ice alone; contrast of what is behind goes down."""
    assert run("frost", flat(0), 5).mean() > run("frost", flat(0), 1).mean() > 5
    image = flat(0)
    image[:, ::2] = 200
    step = np.diff(run("frost", image, 5)[..., 1].astype(int), axis=1)
    assert np.abs(step).mean() < 0.62 * 200


def test_haze_follows_a_depth_map(coffee):
    """Near things stay, the farthest lose most; a region has what the whole picture has."""
    image = np.ascontiguousarray(coffee[:96, :128])
    depth = np.zeros((96, 128), np.uint16)
    depth[:, 64:] = np.linspace(0, FARTHEST, 64).astype(np.uint16)
    entry, whole = get("haze"), np.ones((96, 128), np.bool_)
    (link,) = link_chain([(entry, 5)], 1)
    result = Steps(image, whole, [link], depth).stage(1)
    assert np.array_equal(result[:, :64], image[:, :64])
    wanted = image[:, -1] * np.exp(-1.9) + 230 * (1 - np.exp(-1.9))
    assert np.abs(result[:, -1] - wanted).max() < 1
    mask = np.zeros((96, 128), np.bool_)
    mask[20:70, 50:110] = True
    part = Steps(image, mask, [link], depth).stage(1)
    assert np.array_equal(part, result[20:70, 50:110])
    assert not np.array_equal(Steps(image, whole, [link]).stage(1), result)
