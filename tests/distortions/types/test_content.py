"""Content and processing: what is covered, moved and filled."""

import numpy as np
import pytest

from distortions import get
from distortions.registry import SEVERITIES
from distortions.types.content import FLAT_COLOURS


def test_blocks_are_squares_inside_the_regions_box(coffee):
    """Every changed pixel lies near the region's box, and no more colours come than blocks."""
    image = coffee[:200, :300]
    mask = np.zeros(image.shape[:2], np.bool_)
    mask[50:150, 100:260] = True
    result = get("color_blocks")(image, 3, seed=5, mask=mask)
    changed = (result != image).any(axis=2)
    assert changed.any()
    assert not changed[~mask].any()
    assert len(np.unique(result[changed], axis=0)) <= 8


@pytest.mark.parametrize("severity", SEVERITIES)
def test_a_patch_covers_its_share_in_one_colour(severity, coffee):
    """At the highest level nothing of the region is left."""
    image = coffee[:200, :300]
    result = get("solid_patch")(image, severity, seed=4)
    (share,) = get("solid_patch").levels[severity - 1]
    changed = (result != image).any(axis=2)
    assert changed.mean() == pytest.approx(share, abs=0.03)
    (colour,) = np.unique(result[changed], axis=0)
    assert tuple(colour.tolist()) in FLAT_COLOURS


def test_a_ghost_is_the_picture_moved():
    """A dot has a fainter twin to its right and a little below."""
    image = np.zeros((60, 80, 3), np.uint8)
    image[30, 30] = 200
    distance, strength = get("ghosting").levels[2]
    result = get("ghosting")(image, 3)
    assert result[30, 30, 0] == pytest.approx(200 * (1 - strength), abs=1)
    assert result[30 + distance // 3, 30 + distance, 0] == pytest.approx(200 * strength, abs=1)
    assert (result > 0).any(axis=2).sum() == 2


def test_odd_lines_move_and_even_ones_stay(coffee):
    """Counted from the top of the picture."""
    image = coffee[:100, :160]
    (distance,) = get("interlacing").levels[2]
    result = get("interlacing")(image, 3)
    assert np.array_equal(result[::2], image[::2])
    assert np.array_equal(result[1::2, distance:], image[1::2, :-distance])


@pytest.mark.parametrize("severity", SEVERITIES)
def test_a_warp_moves_no_farther_than_it_says(severity):
    """A bright line leaves no trace beyond its distance, and does leave its place."""
    image = np.zeros((120, 160, 3), np.uint8)
    image[:, 80] = 250
    (distance,) = get("local_warp").levels[severity - 1]
    lit = (get("local_warp")(image, severity, seed=8) > 0).any(axis=(0, 2))
    assert lit.any()
    assert not lit[: 80 - distance - 1].any()
    assert not lit[80 + distance + 2 :].any()


@pytest.mark.parametrize("severity", SEVERITIES)
def test_a_fill_covers_its_share_with_what_is_around(severity):
    """Grain vanishes there, and no colour comes that the picture does not have."""
    rng = np.random.default_rng(5)
    image = rng.integers(60, 181, (300, 400, 3)).astype(np.uint8)
    result = get("smeared_inpainting")(image, severity, seed=6)
    (share,) = get("smeared_inpainting").levels[severity - 1]
    assert (result != image).any(axis=2).mean() == pytest.approx(share, rel=0.25)
    assert 60 <= result.min() <= result.max() <= 180
    filled = (result != image).any(axis=2)
    assert result[filled].std() < 0.6 * image[filled].std()


def test_swapped_patches_come_from_nearby(coffee):
    """More patches change more, and a flat picture stays as it was."""
    image = coffee[50:300, 100:400]
    shares = [
        (get("texture_swap")(image, s, seed=3) != image).any(axis=2).mean() for s in SEVERITIES
    ]
    assert shares == sorted(shares)
    assert 0.02 < shares[0] < 0.2
    flat = np.full((100, 100, 3), 77, np.uint8)
    assert np.array_equal(get("texture_swap")(flat, 5), flat)
