"""Tiny models on disk, made once; these tests need the extra ``ssa``."""

import pytest

from schemas.settings.ssa import SsaConfig
from tests.doubles import tiny_models, torchvision_cpu

ANY_MASK = {"pred_iou_thresh": -1e9, "stability_score_thresh": -1.0, "box_nms_thresh": 1.0}


@pytest.fixture(scope="session", autouse=True)
def extra():
    """Skip without torch; make torchvision importable where only a CUDA build is to be had."""
    pytest.importorskip("torch")
    torchvision_cpu.make_importable()
    for library in ("transformers", "torchvision", "segment_anything"):
        pytest.importorskip(library)


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """Folders of tiny models by kind, and a segment-anything checkpoint."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)
    root = tmp_path_factory.mktemp("models")
    kinds = ("oneformer", "segformer", "clip", "clipseg", "blip", "hf_sam", "hf_sam2")
    return {kind: getattr(tiny_models, kind)(root / kind) for kind in kinds}


@pytest.fixture(scope="session")
def config(models):
    """All four label models, small batches; masks come from elsewhere."""
    return SsaConfig(
        device="cpu",
        segmenters=[models["oneformer"], models["segformer"]],
        caption_model=models["blip"],
        clip_model=models["clip"],
        clipseg_model=models["clipseg"],
        crops_per_batch=4,
        points_per_side=4,
        **ANY_MASK,
    )
