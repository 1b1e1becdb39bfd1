"""The six blurs: against independent computations, cropped, permuted, at their limits."""

import hashlib
import math

import cv2
import numpy as np
import pytest
from scipy.ndimage import map_coordinates
from skimage.filters import gaussian

from distortions import get
from distortions.kernels.zoom import CHUNK
from distortions.pixels import tables
from distortions.registry import SEVERITIES
from distortions.site import Site
from schemas.boxes import Box
from schemas.streams import Stream

BLURS = ("gaussian_blur", "motion_blur", "glass_blur", "lens_blur", "zoom_blur", "jitter")


def within_one(result, exact):
    return (np.abs(result.astype(float) - np.rint(exact)) <= 1).mean()


def random_boxes(name, width, height, count):
    stream = Stream("boxes", name)
    for index in range(count):
        x0, y0 = stream.below(width), stream.below(height)
        x1, y1 = x0 + 1 + stream.below(width - x0), y0 + 1 + stream.below(height - y0)
        yield Box(0 if index % 4 == 0 else x0, y0, x1, height if index % 4 == 1 else y1)


@pytest.mark.parametrize("severity", SEVERITIES)
@pytest.mark.parametrize("name", BLURS)
def test_a_crop_with_its_halo_gives_the_same_pixels(name, severity, coffee):
    """Any box, at borders too, comes out as the whole picture has it."""
    entry, image = get(name), coffee[:131, :173]
    height, width = image.shape[:2]
    params, key = entry.resolve(severity, 8), 2**64 - 3
    halo = entry.reach(params)
    whole = entry.apply(image, params, Site.whole(image, key))
    for box in random_boxes(name, width, height, 8):
        crop = Box(0, 0, width, height) if halo is None else box.grown(halo, width, height)
        window = box.shifted(-crop.x0, -crop.y0)
        site = Site(key, crop.x0, crop.y0, width, height, window=window)
        part = entry.apply(image[crop.slices], params, site)
        assert np.array_equal(part[window.slices], whole[box.slices]), box


@pytest.mark.parametrize("radius", [2, 3, 4, 6, 8])
def test_the_halo_of_a_disk_is_its_radius(radius):
    """A pixel at the halo's distance matters, one a pixel farther does not."""
    entry = get("lens_blur")
    for distance, matters in ((radius, True), (radius + 1, False)):
        image = np.zeros((41, 41, 3), np.uint8)
        image[:, 20 + distance :] = 255
        result = entry.apply(image, {"radius": radius}, Site.whole(image))
        assert result[20, 20].any() == matters
    assert entry.reach({"radius": radius}) == radius


@pytest.mark.parametrize("severity", SEVERITIES)
def test_gaussian_blur_agrees_with_scikit_image(severity, astronaut):
    """Every pixel is within one level of the float filter, and the mean does not move."""
    params = get("gaussian_blur").resolve(severity)
    result = get("gaussian_blur").apply(astronaut, params, Site.whole(astronaut))
    exact = 255 * gaussian(astronaut / 255, params["sigma"], channel_axis=-1)
    assert within_one(result, exact) == 1
    assert abs((result - exact).mean()) < 0.02


@pytest.mark.parametrize("severity", SEVERITIES)
def test_lens_blur_agrees_with_a_float_disk(severity, astronaut):
    """Nearly all pixels equal the float convolution, reflected at the border."""
    params = get("lens_blur").resolve(severity)
    result = get("lens_blur").apply(astronaut, params, Site.whole(astronaut))
    y, x = np.mgrid[-8:9, -8:9]
    kernel = (x**2 + y**2 <= params["radius"] ** 2).astype(np.float64)
    exact = cv2.filter2D(astronaut.astype(np.float64), -1, kernel / kernel.sum())
    assert within_one(result, exact) == 1
    assert (result == np.rint(exact)).mean() > 0.99


@pytest.mark.parametrize("radius", range(1, 9))
def test_the_disk_mean_divides_exactly(radius):
    """Multiplying by the rounded-up reciprocal is division for every possible sum."""
    heights = tables.disk_heights(radius).tolist()
    count = 2 * (2 * sum(heights) - heights[0]) + 2 * radius + 1
    sums = np.arange(255 * count + 1, dtype=np.uint64) + np.uint64(count // 2)
    scaled = sums * np.uint64((1 << 24) // count + 1)
    assert int(scaled[-1]) < 2**32
    assert int(sums[-1]) < 2**16
    assert np.array_equal(scaled >> np.uint64(24), sums // np.uint64(count))


@pytest.mark.parametrize("severity", SEVERITIES)
def test_zoom_blur_agrees_with_the_mean_of_bilinear_zooms(severity, coffee):
    """Each enlargement counts once, about the middle of the picture."""
    image = coffee[:203, :300]
    params = get("zoom_blur").resolve(severity)
    result = get("zoom_blur").apply(image, params, Site.whole(image))
    layers = round((params["zoom_max"] - 1) / 0.02)
    exact = np.zeros(image.shape)
    for k in range(layers + 1):
        y, x = (
            (size - 1) / 2 + (np.arange(size) - (size - 1) / 2) / (1 + k / 50)
            for size in image.shape[:2]
        )
        grid = np.meshgrid(y, x, indexing="ij")
        for channel in range(3):
            exact[..., channel] += map_coordinates(image[..., channel].astype(float), grid, order=1)
    exact /= layers + 1
    assert within_one(result, exact) > 0.999
    assert abs((result - exact).mean()) < 0.1


def test_zoom_blur_keeps_a_symmetric_picture_symmetric():
    """The centre is the middle: a left-right symmetric picture stays so to one level."""
    half = np.random.default_rng(3).integers(0, 256, (60, 41, 3), np.uint8)
    image = np.concatenate([half, half[:, ::-1]], axis=1)
    result = get("zoom_blur").apply(image, {"zoom_max": 1.2}, Site.whole(image)).astype(int)
    assert np.abs(result - result[:, ::-1]).max() <= 2


def test_zoom_chunks_of_the_table_and_the_kernel_are_one_size():
    """The table is laid out for the kernel's chunk."""
    assert tables.ZOOM_CHUNK == CHUNK


@pytest.mark.parametrize("angle", [-60.0, -45.0, 0.0, 30.0, 77.3])
@pytest.mark.parametrize("severity", SEVERITIES)
def test_motion_blur_does_not_shift_content(severity, angle):
    """A dot's smear is centred on the dot and as long as the reference's, along the angle."""
    radius, sigma = get("motion_blur").levels[severity - 1]
    image = np.zeros((121, 121, 3), np.uint8)
    image[58:63, 58:63] = 255
    params = {"radius": radius, "sigma": sigma, "angle_deg": angle}
    result = get("motion_blur").apply(image, params, Site.whole(image))[..., 0].astype(float)
    y, x = np.mgrid[-60:61, -60:61]
    weight = result / result.sum()
    assert abs((weight * x).sum()) < 0.02
    assert abs((weight * y).sum()) < 0.02
    along = x * math.cos(math.radians(angle)) + y * math.sin(math.radians(angle))
    # The dot itself is 5 pixels wide: variance 2 per axis.
    spread = math.sqrt((weight * along**2).sum() - 2)
    # Steps rounded to pixels lengthen short lines by up to a ninth.
    assert spread == pytest.approx(tables.half_gaussian_spread(radius, sigma), rel=0.12)


def test_motion_blur_agrees_with_a_float_sum_over_the_line(astronaut):
    """Within one level of the weighted mean of shifted pictures, borders repeated."""
    radius, sigma, angle = 15, 7, 25.0
    params = {"radius": radius, "sigma": sigma, "angle_deg": angle}
    result = get("motion_blur").apply(astronaut, params, Site.whole(astronaut))
    spread = tables.half_gaussian_spread(radius, sigma)
    padded = np.pad(astronaut.astype(float), ((radius,) * 2, (radius,) * 2, (0, 0)), "edge")
    exact, total = np.zeros(astronaut.shape), 0.0
    for i in range(-radius, radius + 1):
        dy = round(i * math.sin(math.radians(angle)))
        dx = round(i * math.cos(math.radians(angle)))
        weight = math.exp(-0.5 * (i / spread) ** 2)
        exact += weight * padded[radius + dy :, radius + dx :][:512, :512]
        total += weight
    assert within_one(result, exact / total) > 0.999


@pytest.mark.parametrize("severity", SEVERITIES)
@pytest.mark.parametrize("shape", [(57, 83), (1, 1), (1, 40), (7, 1), (3, 5)])
def test_jitter_is_a_permutation_of_bounded_reach(severity, shape):
    """Every pixel is there exactly once, no farther than the halo, on average where it was."""
    entry = get("jitter")
    y, x = np.mgrid[: shape[0], : shape[1]]
    image = np.stack([y, x, np.zeros_like(y)], axis=-1).astype(np.uint8)
    params = entry.resolve(severity)
    result = entry.apply(image, params, Site.whole(image, 1234)).astype(int)
    places = (result[..., 0] * shape[1] + result[..., 1]).ravel()
    assert np.array_equal(np.sort(places), np.arange(places.size))
    moved = np.abs(np.stack([result[..., 0] - y, result[..., 1] - x]))
    assert moved.max() <= entry.reach(params)
    if min(shape) > 50:
        assert (moved.max(axis=0) > 0).mean() > 0.7
        assert moved[0].std() == pytest.approx(moved[1].std(), rel=0.1)


def test_jitter_moves_half_of_the_pixels_as_far_as_the_reference():
    """Medians of the displacement are the reference's: 1, 2, 3, 3, 4 pixels, to one pixel."""
    y, x = np.mgrid[:250, :250]
    image = np.stack([y, x, np.zeros_like(y)], axis=-1).astype(np.uint8)
    medians = []
    for shift in SEVERITIES:
        result = get("jitter").apply(image, {"shift": shift}, Site.whole(image, 9)).astype(int)
        moved = np.maximum(np.abs(result[..., 0] - y), np.abs(result[..., 1] - x))
        medians.append(np.median(moved))
    assert np.abs(np.array(medians) - [1, 2, 3, 3, 4]).max() <= 1
    assert medians == sorted(medians)


@pytest.mark.parametrize("name", ["jitter", "glass_blur"])
def test_the_key_decides_the_shuffle(name, coffee):
    """The same key gives the same pixels, another key others."""
    image = coffee[:90, :90]
    params = get(name).resolve(3)
    first, again, other = (get(name).apply(image, params, Site.whole(image, k)) for k in (1, 1, 2))
    assert np.array_equal(first, again)
    assert (first != other).mean() > 0.2


@pytest.mark.parametrize("name", BLURS)
@pytest.mark.parametrize("level", [0, 1, 127, 254, 255])
def test_flat_pictures_stay_as_they_are(name, level):
    """No blur changes a picture of one colour, of any size, at any severity."""
    for shape in ((1, 1), (1, 9), (30, 1), (3, 5), (40, 70)):
        image = np.full((*shape, 3), level, np.uint8)
        for severity in SEVERITIES:
            result = get(name).apply(image, get(name).resolve(severity), Site.whole(image, 4))
            assert np.array_equal(result, image)


@pytest.mark.parametrize("name", BLURS)
def test_strided_pictures_are_taken(name, coffee):
    """A flipped, strided, read-only view gives what its contiguous copy gives."""
    view = coffee[::-2, ::3][:80, :90]
    params = get(name).resolve(2)
    assert np.array_equal(
        get(name).apply(view, params, Site.whole(view, 7)),
        get(name).apply(np.ascontiguousarray(view), params, Site.whole(view, 7)),
    )


@pytest.mark.parametrize("sigma", [0.7, 0.9, 1.2, 1.4, 1.6, 1, 2, 3, 4, 5])
def test_weights_sum_to_one_exactly(sigma):
    """Fixed-point weights of a kernel sum to the unit, so flat parts keep their level."""
    weights = tables.gaussian_weights(sigma).astype(int)
    assert weights[0] + 2 * weights[1:].sum() == tables.UNIT
    assert weights.size % 2 == 1


def test_tables_are_made_once_and_cannot_be_written():
    """A table is cached by its parameters and read-only."""
    table = tables.gaussian_weights(3)
    assert tables.gaussian_weights(3) is table
    with pytest.raises(ValueError, match="read-only"):
        table[0] = 0


def test_the_bytes_are_pinned():
    """Blurs of a given picture are the same on every machine and in every release."""
    y, x, channel = np.ogrid[:48, :56, :3]
    image = ((x * 37 ^ y * 59 ^ channel * 101) % 256).astype(np.uint8)
    digest = hashlib.sha256()
    for name in BLURS:
        for severity in SEVERITIES:
            params = get(name).resolve(severity, 2024)
            digest.update(get(name).apply(image, params, Site.whole(image, 2024)).tobytes())
    assert digest.hexdigest()[:16] == "0c3161d7a60966ba"
