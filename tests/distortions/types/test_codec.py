"""Codecs and lost packets: what is coded, and what stands elsewhere."""

import cv2
import numpy as np
import pytest

from distortions import get
from distortions.registry import SEVERITIES
from schemas.errors import ConfigError

CODECS = {
    "mpeg2_compression": "mpeg2video",
    "mpeg4_compression": "mpeg4",
    "h264_compression": "libx264",
    "hevc_compression": "libx265",
    "av1_compression": "libsvtav1",
}


@pytest.mark.parametrize("severity", SEVERITIES)
def test_lost_blocks_stand_on_the_grid_of_sixteen(severity):
    """A block of a picture of noise is either as it was, or grey, or wholly another one."""
    image = np.random.default_rng(1).integers(0, 256, (160, 240, 3), np.uint8)
    result = get("packet_loss")(image, severity, seed=severity)
    blocks = (result != image).any(axis=2).reshape(10, 16, 15, 16)
    share = blocks.mean(axis=(1, 3))
    assert ((share == 0) | (share > 0.9)).all()
    assert (share > 0).any()


@pytest.mark.parametrize("name", [*CODECS, "webp_compression", "avif_compression"])
def test_a_codec_loses_more_at_every_level(name, coffee):
    """Fidelity falls from level to level; colours stay in place and the size is odd."""
    image = coffee[40:181, 60:231]
    quality = [cv2.PSNR(image, get(name)(image, severity)) for severity in SEVERITIES]
    assert quality == sorted(quality, reverse=True)
    assert 20 < quality[0] < 40
    assert quality[4] < quality[0] - 1.5
    result = get(name)(image, 1).astype(float)
    assert np.abs(result.mean(axis=(0, 1)) - image.mean(axis=(0, 1))).max() < 4


@pytest.mark.parametrize("name", CODECS)
def test_a_codec_gives_the_same_bytes_twice_and_says_when_it_is_missing(name, coffee, monkeypatch):
    """One frame, one thread: nothing of the run is in it. An encoder that is not there is named."""
    av = pytest.importorskip("av")
    image = coffee[40:181, 60:231]
    first, again = (get(name)(image, 3) for _ in range(2))
    assert np.array_equal(first, again)
    monkeypatch.setattr(av, "codecs_available", {"png"})
    with pytest.raises(ConfigError, match=f"{name}: .* no encoder {CODECS[name]}"):
        get(name)(image, 3)


@pytest.mark.parametrize("name", ["skipped_blocks", "frame_drift"])
def test_two_frames_leave_flat_parts_and_still_edges_alone(name, coffee):
    """What does not change by a pan stays; contours across it change more at every level."""
    flat = np.full((96, 96, 3), 128, np.uint8)
    assert np.abs(get(name)(flat, 3).astype(int) - 128).max() <= 3
    image = np.ascontiguousarray(coffee[40:181, 60:231])
    quality = [cv2.PSNR(image, get(name)(image, severity)) for severity in SEVERITIES]
    assert quality == sorted(quality, reverse=True)
    level = np.repeat(np.where(np.arange(96) < 48, 60, 190)[:, None, None], 96, 1)
    lying = np.repeat(level, 3, 2).astype(np.uint8)
    upright = np.ascontiguousarray(lying.swapaxes(0, 1))
    lost = [np.abs(get(name)(one, 3).astype(int) - one).mean() for one in (lying, upright)]
    assert lost[1] > lost[0]


def test_what_is_not_renewed_is_the_frame_before():
    """Faint dots stand where they were before the pan; strong ones stand where they are."""
    image = np.full((96, 160, 3), 120, np.uint8)
    image[40:42, 40:42], image[40:44, 112:116] = 124, 255
    result = get("skipped_blocks")(image, 4).astype(int)[..., 1]
    assert result[38:46, 112:116].max() > 200
    assert result[30:50, 36:48].max() < 124
