"""Pixelation against Pillow, cropped, at its limits."""

import numpy as np
import pytest
from PIL import Image as Pillow

from distortions import get
from distortions.registry import SEVERITIES
from distortions.site import Site
from schemas.boxes import Box
from schemas.streams import Stream

PIXELATE = get("pixelate")


@pytest.mark.parametrize("severity", SEVERITIES)
@pytest.mark.parametrize(("height", "width"), [(400, 600), (371, 509), (97, 100), (250, 375)])
def test_it_agrees_with_pillow(severity, height, width, coffee):
    """Within one level of BOX down, NEAREST up on every pixel, ties between blocks included."""
    image = np.ascontiguousarray(coffee[:height, :width])
    params = PIXELATE.resolve(severity)
    result = PIXELATE.apply(image, params, Site.whole(image))
    size = tuple(int(length * params["scale"]) for length in image.shape[1::-1])
    picture = Pillow.fromarray(image)
    small = picture.resize(size, Pillow.Resampling.BOX)
    reference = np.asarray(small.resize(picture.size, Pillow.Resampling.NEAREST))
    assert np.abs(result.astype(int) - reference).max() <= 1


@pytest.mark.parametrize("severity", SEVERITIES)
def test_a_crop_has_the_blocks_of_its_place(severity, coffee):
    """Any box, at borders too and of small pictures too, comes out as the whole has it."""
    params = PIXELATE.resolve(severity)
    stream = Stream("boxes", severity)
    for height, width in ((5, 9), (14, 13), (31, 57), (133, 217)):
        image = coffee[:height, :width]
        whole = PIXELATE.apply(image, params, Site.whole(image))
        for _ in range(12):
            x0, y0 = stream.below(width), stream.below(height)
            box = Box(x0, y0, x0 + 1 + stream.below(width - x0), y0 + 1 + stream.below(height - y0))
            crop = box.grown(PIXELATE.reach(params), width, height)
            window = box.shifted(-crop.x0, -crop.y0)
            site = Site(0, crop.x0, crop.y0, width, height, window=window)
            part = PIXELATE.apply(image[crop.slices], params, site)
            assert np.array_equal(part[window.slices], whole[box.slices])


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (3, 1), (2, 3), (3, 5)])
def test_pictures_smaller_than_a_block_become_one(shape):
    """Too few pixels for one of the reduced picture: one block, no error."""
    image = np.random.default_rng(1).integers(0, 256, (*shape, 3), np.uint8)
    result = PIXELATE.apply(image, {"scale": 0.2}, Site.whole(image))
    rows = 1 if shape[0] < 10 else 2
    assert len(np.unique(result.reshape(-1, 3), axis=0)) <= rows
    assert np.abs(result[0, 0] - image.reshape(-1, 3).mean(axis=0)).max() <= 0.5


def test_a_block_is_the_rounded_mean():
    """Means are rounded half up, not floored."""
    image = np.zeros((2, 4, 3), np.uint8)
    image[0, 0], image[0, 2], image[1, 2], image[1, 3] = 2, 1, 1, 1
    result = PIXELATE.apply(image, {"scale": 0.5}, Site.whole(image))
    assert result[0, :, 0].tolist() == [1, 1, 1, 1]
    assert np.array_equal(result[0], result[1])


@pytest.mark.parametrize("level", [0, 128, 255])
def test_flat_pictures_stay_as_they_are(level):
    """A picture of one colour has nothing to lose."""
    image = np.full((23, 34, 3), level, np.uint8)
    for severity in SEVERITIES:
        result = PIXELATE.apply(image, PIXELATE.resolve(severity), Site.whole(image))
        assert np.array_equal(result, image)
