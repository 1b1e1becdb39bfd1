"""Sensor: noise against its formula in linear light, stripes, stuck pixels."""

import numpy as np
import pytest

from distortions import get
from distortions.registry import SEVERITIES
from distortions.types.sensor import _reading


@pytest.mark.parametrize("severity", SEVERITIES)
def test_sensor_noise_has_its_variance_in_linear_light(severity):
    """Back in linear light the variance is light by photons plus that of reading."""
    photons, reading = get("sensor_noise").levels[severity - 1]
    level = 150
    flat = np.full((200, 200, 3), level, np.uint8)
    light = (get("sensor_noise")(flat, severity, seed=3) / 255) ** 2.2
    true = (level / 255) ** 2.2
    assert light.mean() == pytest.approx(true, rel=0.03)
    assert light.std() == pytest.approx((true / photons + reading**2) ** 0.5, rel=0.05)


def test_photons_of_dark_parts_are_counted():
    """With few photons the table is Poisson's: the chance of none is exp(-mean)."""
    table = _reading(1.0, 35, 0.001)
    level = 60
    mean = 35 * (level / 255) ** 2.2
    none = (table[level] < 255 * (0.5 / 35) ** (1 / 2.2)).mean()
    assert none == pytest.approx(np.exp(-mean), abs=0.01)


def test_low_light_is_dark_and_noisy(coffee):
    """Light falls by its share and grain comes up against what is left."""
    image = coffee[100:250, 100:250]
    means = [get("low_light")(image, s).mean() for s in SEVERITIES]
    assert means == sorted(means, reverse=True)
    assert means[0] < image.mean() * 0.8
    flat = np.full((100, 100, 3), 128, np.uint8)
    shares = [(r := get("low_light")(flat, s).astype(float)).std() / r.mean() for s in (1, 3, 5)]
    assert shares == sorted(shares)


@pytest.mark.parametrize(("name", "axis"), [("row_stripes", 1), ("column_stripes", 0)])
def test_stripes_are_one_offset_a_line(name, axis):
    """Every line of a flat picture moves as a whole, by as much as its level says."""
    flat = np.full((300, 280, 3), 128, np.uint8)
    for severity in SEVERITIES:
        change = get(name)(flat, severity, seed=2).astype(int) - 128
        lines = change.mean(axis=(axis, 2))
        assert not change.std(axis=(axis, 2)).any()
        assert lines.std() == pytest.approx(get(name).levels[severity - 1][0], rel=0.15)


@pytest.mark.parametrize("severity", SEVERITIES)
def test_dead_pixels_strike_one_channel(severity):
    """The share is that of the level; a struck pixel has one channel at 0 or 255."""
    flat = np.full((300, 300, 3), 100, np.uint8)
    share, side = get("dead_pixels").levels[severity - 1]
    result = get("dead_pixels")(flat, severity, seed=1)
    struck = (result != 100).any(axis=2)
    assert struck.mean() == pytest.approx(share * side**2, rel=0.2)
    assert set(np.unique(result)) == {0, 100, 255}
    single = (result != 100).sum(axis=2)
    assert (single[struck] == 1).mean() > 0.9
