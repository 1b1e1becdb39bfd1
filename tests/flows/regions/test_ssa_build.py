"""Builds whose regions come from tiny models: SAM's masks, and ready-made ones."""

import json

import pyarrow.parquet as pq
import pytest

from tests.conftest import ROOT
from tests.doubles import tiny_models, torchvision_cpu

SHIM = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from tests.doubles import torchvision_cpu
torchvision_cpu.make_importable()
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """A configuration that names tiny models on disk; needs the extra ``ssa``."""
    pytest.importorskip("torch")
    torchvision_cpu.make_importable()
    for library in ("transformers", "torchvision", "segment_anything"):
        pytest.importorskip(library)
    import torch

    torch.manual_seed(1)
    root = tmp_path_factory.mktemp("ssa")
    made = {
        kind: getattr(tiny_models, kind)(root / kind)
        for kind in ("segformer", "blip", "clip", "clipseg", "hf_sam")
    }
    (root / "vocabulary.txt").write_text("red thing\ngreen thing\nblue thing\n")
    (root / "sitecustomize.py").write_text(SHIM)
    table = {
        "device": "cpu",
        "sam_checkpoint": made["hf_sam"],
        "segmenters": [made["segformer"]],
        "caption_model": made["blip"],
        "clip_model": made["clip"],
        "clipseg_model": made["clipseg"],
        "vocabulary": str(root / "vocabulary.txt"),
        "points_per_side": 3,
        "pred_iou_thresh": -1e9,
        "stability_score_thresh": -1.0,
        "box_nms_thresh": 1.0,
    }
    lines = "\n".join(f"{name} = {json.dumps(value)}" for name, value in table.items())
    (root / "c.toml").write_text(f"[regions.ssa]\n{lines}\n")
    return root


def test_sam_and_label_models(settings, photos, spider, tmp_path):
    """``segment`` with real loading code stores masks of every picture, named and scored."""
    out = tmp_path / "s"
    done = spider(
        "segment",
        photos,
        "--out",
        out,
        "--regions",
        "ssa",
        "--limit",
        2,
        "--config",
        settings / "c.toml",
        PYTHONPATH=settings,
    )
    assert done.returncode in (0, 3), done.stderr
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["regions"]["masks"]["class"] == "SamModel"
    assert len(manifest["regions"]["clip"]["sha256"]) == 64
    assert "torch" in manifest["versions"]
    rows = pq.read_table(out / "regions" / "proposals-00000.parquet").to_pylist()
    assert len(rows) == manifest["counts"]["pictures"] * 27
    named = [row for row in rows if row["label"]]
    assert named
    for row in named:
        assert row["label"] in row["proposals"]
        assert len(row["proposals"]) == len(row["proposal_scores"]) <= 3
        assert row["mask_quality"] is not None


def masks_beside(stage, folder):
    """SA-1B files with the masks of a stage, for the same pictures."""
    folder.mkdir()
    pictures = pq.read_table(stage / "regions" / "pictures-00000.parquet").to_pylist()
    proposals = pq.read_table(stage / "regions" / "proposals-00000.parquet").to_pylist()
    for picture in pictures:
        size = [picture["height"], picture["width"]]
        own = [row for row in proposals if row["picture_id"] == picture["picture_id"]]
        document = {
            "image": {"width": size[1], "height": size[0], "file_name": picture["path"]},
            "annotations": [
                {"segmentation": {"size": size, "counts": row["mask"]}, "predicted_iou": 0.9}
                for row in own
            ],
        }
        (folder / picture["path"]).with_suffix(".json").write_text(json.dumps(document))


def test_ready_made_masks_to_a_valid_dataset(settings, photos, spider, tmp_path):
    """Named masks of SA-1B files, segmented while workers degrade, make a valid dataset."""
    assert spider("segment", photos, "--out", tmp_path / "s").returncode in (0, 3)
    masks_beside(tmp_path / "s", tmp_path / "masks")
    config = tmp_path / "c.toml"
    text = (settings / "c.toml").read_text()
    config.write_text(text + f"masks = {json.dumps(str(tmp_path / 'masks'))}\n")
    out = tmp_path / "d"
    done = spider(
        "build",
        photos,
        "--out",
        out,
        "--regions",
        "ssa",
        "--config",
        config,
        "--shard-size",
        2,
        "--workers",
        2,
        PYTHONPATH=settings,
    )
    assert done.returncode in (0, 3), done.stderr
    done = spider("validate", out, "--source", photos)
    assert done.returncode == 0, done.stdout
    rejects = [
        row for file in (out / "rejects").iterdir() for row in pq.read_table(file).to_pylist()
    ]
    assert "not_segmented" not in {row["reason"] for row in rejects}
    counts = json.loads((out / "manifest.json").read_text())["counts"]
    assert counts["pictures"] == counts["candidates"] - len(
        [row for row in rejects if row["stage"] in ("ingest", "screen")]
    )
    regions = [
        row
        for file in (out / "records").glob("regions-*.parquet")
        for row in pq.read_table(file).to_pylist()
    ]
    assert regions
    for row in regions:
        assert row["label_source"] == "ssa"
        assert row["label"] in row["proposals"]
        assert row["mask_quality"] == pytest.approx(0.9)
