"""Value noise: spread, smoothness, and what hangs on place and key."""

import numpy as np
import pytest

from distortions.pixels.value_noise import DEVIATIONS, taps, value_noise
from distortions.site import Site


def field(cell, octaves, key=5, shape=(300, 400), purpose="noise"):
    site = Site(key, 0, 0, shape[1], shape[0])
    return value_noise(site, shape, cell, octaves, purpose)


@pytest.mark.parametrize(("cell", "octaves"), [(1, 1), (9, 1), (16, 2), (20, 4)])
def test_is_spread_as_said(cell, octaves):
    """The mean is one half, and the range is as many deviations as the constant says."""
    values = field(cell, octaves) / 65535
    assert values.mean() == pytest.approx(0.5, abs=0.03)
    assert values.std() == pytest.approx(1 / (2 * DEVIATIONS), rel=0.1)


def test_a_crop_has_the_noise_of_its_place():
    """Any part, cut in the middle of a cell, has the numbers of the whole."""
    whole = field(20, 4)
    for x, y, width, height in ((0, 0, 1, 1), (37, 41, 90, 60), (399, 299, 1, 1), (19, 20, 21, 1)):
        part = value_noise(Site(5, x, y, 400, 300), (height, width), 20, 4)
        assert np.array_equal(part, whole[y : y + height, x : x + width])


def test_keys_and_purposes_are_independent():
    """Another key or purpose is another field."""
    one = field(8, 2).astype(float).ravel()
    for other in (field(8, 2, key=6), field(8, 2, purpose="else")):
        assert abs(np.corrcoef(one, other.astype(float).ravel())[0, 1]) < 0.06


def test_is_smooth_between_lattice_places():
    """Neighbouring pixels differ by little where cells are large."""
    values = field(32, 1).astype(int)
    assert max(np.abs(np.diff(values, axis=axis)).max() for axis in (0, 1)) < 65535 / 8


@pytest.mark.parametrize("cell", [1, 2, 7, 48])
def test_weights_of_a_pixel_sum_to_one(cell):
    """So a lattice of one number is a flat field."""
    assert np.allclose(taps(cell).sum(axis=0), 1, atol=1e-5)
