"""Structure: against plain computations of the same."""

import numpy as np
import pytest
from scipy.ndimage import convolve1d

from distortions import get
from distortions.pixels.edges import edge_kept
from distortions.pixels.lookup import table_of
from distortions.registry import SEVERITIES
from distortions.site import Site
from distortions.types.structure import UNIT, _ripples


@pytest.mark.parametrize("severity", SEVERITIES)
def test_ringing_is_a_convolution_that_overshoots(severity, coffee):
    """It equals the float convolution to one level; a step gets ripples beyond both its sides."""
    cutoff, boost = get("ringing").levels[severity - 1]
    half = _ripples(cutoff, boost) / UNIT
    kernel = np.concatenate([half[:0:-1], half])
    assert kernel.sum() == 1
    image = coffee[50:150, 50:170]
    exact = image.astype(float)
    for axis in (0, 1):
        exact = convolve1d(exact, kernel, axis=axis, mode="nearest")
    result = get("ringing")(image, severity)
    assert np.abs(result - np.clip(exact, 0, 255)).max() <= 1
    step = np.full((30, 60, 3), 80, np.uint8)
    step[:, 30:] = 160
    ripples = get("ringing")(step, severity)[15, :, 0].astype(int)
    assert ripples.min() < 78
    assert ripples.max() > 162


def test_aliasing_reads_single_samples(coffee):
    """Where the grid falls on whole pixels, those pixels come back as they were."""
    image = coffee[:99, :120]
    result = get("aliasing").apply(image, {"step": 3.0}, Site.whole(image, 3))
    assert np.array_equal(result[1::3, 1::3], image[1::3, 1::3])


def test_moire_beats_about_the_level(coffee):
    """The mean of a flat part stays, its deviation grows with the level, channels differ."""
    flat = np.full((200, 240, 3), 120, np.uint8)
    spread = []
    for severity in SEVERITIES:
        result = get("moire")(flat, severity).astype(float)
        assert result.mean() == pytest.approx(120, abs=1)
        spread.append(result.std())
        assert np.abs(result[..., 0] - result[..., 1]).mean() > 1
    assert spread == sorted(spread)


def test_demosaicing_keeps_flat_colour_and_invents_some_at_edges():
    """A flat colour comes back; a grey edge gets colour."""
    flat = np.full((30, 40, 3), (90, 140, 200), np.uint8)
    for severity in SEVERITIES:
        assert np.array_equal(get("demosaicing")(flat, severity), flat)
    edge = np.zeros((30, 40, 3), np.uint8)
    edge[:, 19:] = 220
    result = get("demosaicing")(edge, 1).astype(int)
    assert np.ptp(result, axis=2).max() > 40


def test_demosaicing_keeps_the_sample_of_a_place():
    """At one pixel to a place, every place has its own channel unchanged."""
    image = np.random.default_rng(4).integers(0, 256, (20, 24, 3), np.uint8)
    result = get("demosaicing")(image, 1)
    assert np.array_equal(result[::2, ::2, 0], image[::2, ::2, 0])
    assert np.array_equal(result[1::2, 1::2, 2], image[1::2, 1::2, 2])
    assert np.array_equal(result[::2, 1::2, 1], image[::2, 1::2, 1])


def test_banding_leaves_few_levels_and_keeps_edges():
    """A ramp becomes steps; a hard edge stays where it was."""
    ramp = np.repeat(np.linspace(20, 230, 300).astype(np.uint8)[None, :, None], 40, 0)
    image = np.repeat(ramp, 3, 2)
    counts = [np.unique(get("banding")(image, s)).size for s in SEVERITIES]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] <= 23
    edge = np.full((40, 60, 3), 40, np.uint8)
    edge[:, 30:] = 210
    steps = np.abs(np.diff(get("banding")(edge, 3)[20, :, 0].astype(int)))
    assert steps.argmax() == 29
    assert (steps > 0).sum() == 1


def test_smoothing_wipes_texture_and_keeps_edges():
    """Grain goes down to a third, an edge of 150 levels stays within a pixel."""
    rng = np.random.default_rng(2)
    image = np.full((60, 80, 3), 60.0)
    image[:, 40:] = 210
    image = (image + rng.normal(0, 6, image.shape)).astype(np.uint8)
    result = edge_kept(image, 45, 5.0, 4, 3, table_of(float)).astype(float)
    assert result[:, 5:30].std() < image[:, 5:30].std() / 3
    step = result.mean(axis=(0, 2))
    assert step[37] < 75
    assert step[42] > 195
