"""Oversharpening against OpenCV, cropped, at its limits."""

import cv2
import numpy as np
import pytest

from distortions import get
from distortions.registry import SEVERITIES
from distortions.site import Site
from schemas.boxes import Box

OVERSHARPEN = get("oversharpen")


@pytest.mark.parametrize("severity", SEVERITIES)
def test_it_agrees_with_opencv(severity, astronaut):
    """Equal to the reference's two OpenCV calls to one level on every pixel."""
    params = OVERSHARPEN.resolve(severity)
    result = OVERSHARPEN.apply(astronaut, params, Site.whole(astronaut))
    amount = params["amount"]
    soft = cv2.GaussianBlur(astronaut, (5, 5), 0)
    reference = cv2.addWeighted(astronaut, 1 + amount, soft, -amount, 0)
    assert np.abs(result.astype(int) - reference).max() <= 1


@pytest.mark.parametrize("severity", SEVERITIES)
def test_a_crop_with_two_pixels_more_gives_the_same(severity, coffee):
    """Any box, at borders too, comes out as the whole picture has it."""
    params = OVERSHARPEN.resolve(severity)
    whole = OVERSHARPEN.apply(coffee, params, Site.whole(coffee))
    height, width = coffee.shape[:2]
    for box in (Box(0, 0, 1, 1), Box(1, 1, 30, 50), Box(71, 33, 200, 34), Box(590, 300, 600, 400)):
        crop = box.grown(2, width, height)
        window = box.shifted(-crop.x0, -crop.y0)
        site = Site(0, crop.x0, crop.y0, width, height, window=window)
        part = OVERSHARPEN.apply(coffee[crop.slices], params, site)
        assert np.array_equal(part[window.slices], whole[box.slices])


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (2, 1), (1, 30), (3, 5), (20, 20)])
def test_flat_pictures_stay_as_they_are(shape):
    """Where there is no detail there is nothing to add, in pictures of any size."""
    for level in (0, 99, 255):
        image = np.full((*shape, 3), level, np.uint8)
        for severity in SEVERITIES:
            result = OVERSHARPEN.apply(image, OVERSHARPEN.resolve(severity), Site.whole(image))
            assert np.array_equal(result, image)


def test_an_edge_gets_a_halo_on_both_sides():
    """Next to an edge the dark side gets darker and the bright side brighter."""
    image = np.full((9, 20, 3), 100, np.uint8)
    image[:, 10:] = 150
    result = OVERSHARPEN.apply(image, {"amount": 2}, Site.whole(image))
    assert (result[:, 9] < 100).all()
    assert (result[:, 10] > 150).all()
    assert np.array_equal(result[:, :8], image[:, :8])
