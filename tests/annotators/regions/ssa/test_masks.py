"""Masks by segment-anything and by transformers, on tiny models, loaded as real ones are."""

import os

import numpy as np
import pytest

from annotators.regions.ssa.checkpoints import PUBLISHED, verified
from annotators.regions.ssa.generation import MaskGeneration
from annotators.regions.ssa.loading import choose_place, sha256_of
from annotators.regions.ssa.sam import SegmentAnything, _counts, _from_counts, _generator
from schemas.errors import ConfigError
from schemas.settings.ssa import SsaConfig
from tests.annotators.regions.ssa.conftest import ANY_MASK
from tests.doubles import tiny_models


@pytest.fixture(scope="module")
def photo(coffee):
    """A small photograph that is not square."""
    return np.ascontiguousarray(coffee[100:300:2, 100:420:2])


@pytest.mark.parametrize(
    "thresholds",
    [ANY_MASK, {"pred_iou_thresh": 1e-4, "stability_score_thresh": 0.1, "box_nms_thresh": 0.9}],
)
def test_the_early_filter_changes_nothing(photo, thresholds):
    """Filtering before scaling gives the records of the library's generator, to the last bit."""
    import torch
    from segment_anything import SamAutomaticMaskGenerator

    torch.manual_seed(5)
    model = tiny_models.sam()
    config = SsaConfig(points_per_side=4, points_per_batch=6, **thresholds)
    theirs = SamAutomaticMaskGenerator(
        model,
        points_per_side=4,
        points_per_batch=6,
        crop_n_points_downscale_factor=2,
        min_mask_region_area=100,
        output_mode="uncompressed_rle",
        **thresholds,
    )
    expected = theirs.generate(photo)
    assert _generator(model, config).generate(photo) == expected


def test_no_mask_is_no_error(photo):
    """Thresholds that nothing passes give no record, also where the library would fail."""
    config = SsaConfig(points_per_side=4, pred_iou_thresh=0.99, crop_n_layers=1)
    assert _generator(tiny_models.sam(), config).generate(photo) == []


def test_run_lengths_come_back():
    """A mask and its columns of runs are the same thing, also when it begins with a one."""
    rng = np.random.default_rng(3)
    for share in (0.0, 0.2, 0.9, 1.0):
        mask = rng.random((13, 17)) < share
        assert np.array_equal(_from_counts(_counts(mask)), mask)


def test_a_checkpoint_is_loaded_and_checked(photo, tmp_path, monkeypatch):
    """The file's weights make the masks, and the manifest gets its checksum."""
    import segment_anything
    import torch

    torch.manual_seed(7)
    model, path = tiny_models.sam(), tmp_path / "tiny.pth"
    torch.save(model.state_dict(), path)
    # the published architectures take gigabytes; their place is taken by the small one
    monkeypatch.setitem(segment_anything.sam_model_registry, "vit_b", tiny_models.sam)
    config = SsaConfig(sam_checkpoint=str(path), sam_type="vit_b", points_per_side=4, **ANY_MASK)
    loaded = SegmentAnything(config, choose_place("cpu", True))
    assert loaded.provenance == {"name": "tiny.pth", "class": "vit_b", "sha256": sha256_of(path)}
    expected = _generator(model, config).generate(photo)
    found = loaded.masks(photo)
    assert [one.quality for one in found] == [record["predicted_iou"] for record in expected]
    assert [int(one.mask.sum()) for one in found] == [record["area"] for record in expected]


@pytest.mark.parametrize(
    ("content", "sha256", "words"),
    [
        (None, "", "no such file; curl -LO https://"),
        (b"PK broken", "", "no checkpoint of --sam-type vit_b"),
        (b"PK broken", "ab" * 32, "SHA-256"),
    ],
)
def test_broken_checkpoints_are_one_line(tmp_path, content, sha256, words):
    """A missing, broken or other checkpoint is named, with what to do."""
    path = tmp_path / "sam.pth"
    if content is not None:
        path.write_bytes(content)
    config = SsaConfig(sam_checkpoint=str(path), sam_type="vit_b", sam_sha256=sha256)
    with pytest.raises(ConfigError, match=words) as caught:
        SegmentAnything(config, choose_place("cpu", True))
    assert "\n" not in str(caught.value)


class Evil:
    """Makes a folder as soon as somebody unpickles it."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (self.folder,)


def test_a_checkpoint_runs_no_code(tmp_path):
    """A file that would call something while it is read is refused, and calls nothing."""
    import torch

    path = tmp_path / "sam.pth"
    torch.save(Evil(str(tmp_path / "ran")), path)
    config = SsaConfig(sam_checkpoint=str(path), sam_type="vit_b")
    with pytest.raises(ConfigError, match="no checkpoint of --sam-type vit_b"):
        SegmentAnything(config, choose_place("cpu", True))
    assert not (tmp_path / "ran").exists()


def test_a_published_name_has_a_published_checksum(tmp_path):
    """A file with the name of a published checkpoint must be that checkpoint."""
    path = tmp_path / PUBLISHED["vit_h"].file
    path.write_bytes(b"half a download")
    with pytest.raises(ConfigError, match="expected a7bf3b02f3ebf126"):
        verified(str(path), "vit_h", "")


@pytest.mark.parametrize("kind", ["hf_sam", "hf_sam2"])
def test_models_of_transformers(photo, models, kind):
    """SAM and SAM 2 give bool masks of the picture's size with their scores, or none."""
    place = choose_place("cpu", True)
    config = SsaConfig(sam_checkpoint=models[kind], points_per_side=3, **ANY_MASK)
    found = MaskGeneration(config, place).masks(photo)
    assert len(found) == 3 * 3 * 3
    assert {one.mask.shape for one in found} == {photo.shape[:2]}
    assert {one.mask.dtype for one in found} == {np.dtype(np.bool_)}
    strict = SsaConfig(sam_checkpoint=models[kind], points_per_side=3, pred_iou_thresh=2.0)
    assert MaskGeneration(strict, place).masks(photo) == []


def test_what_is_no_model_is_one_line(models, tmp_path):
    """A folder without a model, and a model that makes no masks, are the user's mistakes."""
    for name in (str(tmp_path), models["blip"]):
        with pytest.raises(ConfigError, match=r"neither a \.pth file nor a mask-generation"):
            MaskGeneration(SsaConfig(sam_checkpoint=name), choose_place("cpu", True))


def test_a_device_that_is_not_there_is_one_line():
    """Asking for a device this machine lacks names it."""
    with pytest.raises(ConfigError, match="--device nonsense"):
        choose_place("nonsense", True)
