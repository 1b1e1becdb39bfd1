"""Screening: pristine photographs pass, each way of being bad is named."""

import cv2
import numpy as np
import pytest

from annotators.screening import CLEAR, screen, verdict, well_inside
from schemas.arrays import Image
from schemas.errors import ContractError
from schemas.settings.config import ScreenConfig
from tests.benchmarks.screening import encoded, linear, shaken, smoothed

CONFIG = ScreenConfig()


def reason(image: Image) -> str:
    found = verdict(screen(image), CONFIG)
    return found[0] if found else ""


def noisy(image: Image, sigma: float) -> Image:
    noise = np.random.default_rng(7).normal(0, sigma, image.shape)
    return np.clip(np.round(image + noise), 0, 255).astype(np.uint8)


def compressed(image: Image, quality: int) -> Image:
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


@pytest.fixture(params=["astronaut", "coffee", "chelsea", "rocket"])
def photograph(request):
    from skimage import data

    return np.ascontiguousarray(getattr(data, request.param)())


def test_photographs_pass(photograph):
    """Photographs that scikit-image carries pass every threshold."""
    assert reason(photograph) == ""


def test_strong_blur_is_named(photograph):
    """A Gaussian blur of four pixels is rejected as blurred."""
    assert reason(cv2.GaussianBlur(photograph, (0, 0), 4)) == "blurred"


def test_strong_noise_is_named(photograph):
    """Noise with a standard deviation of 25 is rejected as noisy."""
    assert reason(noisy(photograph, 25)) == "noisy"


def test_strong_compression_is_named(photograph):
    """JPEG at quality 10 is rejected as over-compressed."""
    assert reason(compressed(photograph, 10)) == "over_compressed"


def test_uniform_and_clipped_are_named(coffee):
    """A grey card is near uniform; a picture with half its pixels white is clipped."""
    assert reason(np.full((300, 300, 3), 128, np.uint8)) == "near_uniform"
    image = coffee.copy()
    image[:, : image.shape[1] // 2] = 255
    assert screen(image).clipped >= 0.5
    assert reason(image) == "clipped"


@pytest.mark.parametrize(("angle", "bend"), [(0, 0), (0.4, 0), (1.2, 0.5), (2.5, 0)])
def test_a_shaken_camera_is_named(photograph, angle, bend):
    """Twelve pixels of movement in any direction, straight or bent, are rejected as shaken."""
    assert reason(shaken(photograph, 12, angle, bend)) == "shaken"


def test_shake_hides_from_sharpness_in_all_directions(astronaut):
    """The strongest steps of a shaken picture, those along its way, look sharp."""
    scores = screen(shaken(astronaut, 12, 0.4, 0))
    assert scores.sharpness > CONFIG.min_sharpness
    assert scores.steadiness < CONFIG.min_steadiness


def test_smoothed_texture_is_named(astronaut, coffee):
    """A filter that keeps edges and takes what lies between them is named."""
    for image in (astronaut, coffee):
        assert reason(smoothed(image, 60)) == "smeared"


def test_fog_is_named(photograph):
    """Half the light replaced by a grey veil is rejected as hazy."""
    assert reason(encoded(linear(photograph) * 0.5 + 0.4)) == "hazy"


def test_burnt_out_lights_are_named():
    """Two and a half stops too many burn out an eighth of a picture of a cat."""
    from skimage import data

    assert reason(encoded(linear(data.chelsea()) * 2**2.5)) == "blown_out"


def test_what_is_refused_is_never_vouched_for(photograph):
    """Every flaw that is refused, and milder ones, end what may be claimed."""
    light = linear(photograph)
    for made in (
        shaken(photograph, 8, 0.4, 0),
        smoothed(photograph, 60),
        encoded(light * 0.7 + 0.24),
        cv2.GaussianBlur(photograph, (0, 0), 1.5),
    ):
        assert not well_inside(screen(made))


def test_a_background_out_of_focus_is_not_called_crisp(coffee):
    """Half a picture behind the plane of focus lowers the focus, not the sharpness."""
    image = coffee.copy()
    image[:, :300] = cv2.GaussianBlur(coffee, (0, 0), 3)[:, :300]
    assert screen(image).sharpness == pytest.approx(screen(coffee).sharpness, rel=0.1)
    assert screen(image).focus < CLEAR.focus
    assert verdict(screen(image), CONFIG) is None


def test_sharpness_does_not_depend_on_contrast(astronaut):
    """A third of the contrast changes sharpness by less than a tenth."""
    faint = (astronaut // 3 + 80).astype(np.uint8)
    assert screen(faint).sharpness == pytest.approx(screen(astronaut).sharpness, rel=0.1)


def test_scores_fall_with_the_damage(coffee):
    """More blur is less sharp, more noise is noisier, lower quality is blockier."""
    blurred = [screen(cv2.GaussianBlur(coffee, (0, 0), s)).sharpness for s in (1, 2, 4)]
    grainy = [screen(noisy(coffee, s)).noise for s in (5, 10, 20)]
    blocky = [screen(compressed(coffee, q)).blockiness for q in (60, 30, 10)]
    assert blurred == sorted(blurred, reverse=True)
    assert grainy == sorted(grainy)
    assert blocky == sorted(blocky)


def test_blocks_are_seen_in_both_directions(coffee):
    """A turned picture has the same blockiness."""
    image = compressed(coffee, 20)
    turned = np.ascontiguousarray(image.transpose(1, 0, 2))
    assert screen(turned).blockiness == screen(image).blockiness


@pytest.mark.parametrize("place", [(0, 0), (3, 5), (7, 1)])
def test_blocks_are_seen_wherever_the_grid_lies(coffee, place):
    """Cropping and turning upside down move the grid of eight and hide no blocks."""
    image = compressed(coffee, 15)[place[0] :, place[1] : -3]
    for view in (image, image[::-1, ::-1]):
        assert reason(np.ascontiguousarray(view)) == "over_compressed"


@pytest.mark.parametrize("sigma", [1, 2, 4, 8])
@pytest.mark.parametrize("shade", [0, 60])
def test_blank_sheets_are_no_sources(sigma, shade):
    """A sheet with noise and shading has no step above its noise and does not pass."""
    light = np.linspace(200, 200 - shade, 400)[None, :, None]
    sheet = noisy(np.broadcast_to(light, (300, 400, 3)), sigma)
    assert reason(sheet) in ("blurred", "near_uniform")


def test_smallest_pictures_have_scores():
    """One pixel, and a picture smaller than a block, are scored without error."""
    for side in (1, 15, 23):
        scores = screen(np.zeros((side, side, 3), np.uint8))
        assert (scores.noise, scores.blockiness, scores.clipped) == (0.0, 1.0, 1.0)


def test_only_rgb_is_scored():
    """A grey array breaks the contract."""
    with pytest.raises(ContractError, match="height, width, 3"):
        screen(np.zeros((30, 30), np.uint8))


@pytest.mark.parametrize("folder", ["photos/kodak", "photos/koniq", "annotated/coco/images"])
def test_real_collections_pass(shared_data, folder):
    """Nine of ten pictures of good collections pass."""
    from flows.ingest.decode import decode
    from schemas.settings.config import IngestConfig

    files = sorted((shared_data / folder).iterdir())[:15]
    passed = [reason(decode(f.read_bytes(), IngestConfig()).image) == "" for f in files]
    assert sum(passed) >= 0.9 * len(passed)


@pytest.mark.parametrize(
    ("score", "value"),
    [
        ("sharpness", 1.9),
        ("noise", 3.1),
        ("blockiness", 1.2),
        ("detail", 5.5),
        ("clipped", 0.03),
        *(("steadiness", 1.5), ("focus", 1.2), ("texture", 0.09), ("blown", 0.03), ("veil", 50.0)),
    ],
)
def test_one_doubtful_score_is_enough(score, value):
    """Nothing is vouched for unless every score is well inside the limits."""
    assert well_inside(CLEAR)
    assert not well_inside(CLEAR.model_copy(update={score: value}))


def test_a_clear_picture_passes_the_screen():
    """What is well inside the limits is inside the default ones."""
    assert verdict(CLEAR, ScreenConfig()) is None
