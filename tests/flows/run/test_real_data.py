"""Real photographs, real annotations and broken files, through the command line."""

import json

import pyarrow.parquet as pq
import pytest

ALL_KINDS = {
    ("global_description", ""),
    ("local_description", ""),
    ("referring", "short"),
    ("referring", "long"),
    ("grounding", "hybrid_intensity"),
    ("grounding", "single_intensity"),
    ("grounding", "accumulation_order"),
}

pytestmark = pytest.mark.slow  # builds from real photographs


def kinds(out):
    """(task, sub-task) pairs that occur in a dataset."""
    return {
        (row["task"], row["sub_task"])
        for path in (out / "data").iterdir()
        for row in pq.read_table(path, columns=["task", "sub_task"]).to_pylist()
    }


def rejects(out):
    """Subject to reason of ingest and screening."""
    rows = [r for p in (out / "rejects").iterdir() for r in pq.read_table(p).to_pylist()]
    return {r["subject"]: r["reason"] for r in rows if r["stage"] in ("ingest", "screen")}


def test_photographs(shared_data, spider, tmp_path):
    """Photographs of many cameras: every task and sub-task occurs, and validate accepts."""
    out = tmp_path / "d"
    flags = ("--out", out, "--workers", 2, "--shard-size", 16)
    done = spider("build", shared_data / "photos", *flags)
    assert done.returncode in (0, 3), done.stderr
    assert kinds(out) == ALL_KINDS
    checked = spider("validate", out, "--source", shared_data / "photos")
    assert checked.returncode == 0, checked.stdout


def test_coco_pictures(shared_data, spider, tmp_path):
    """COCO photographs with their own masks and names: every task occurs, validate accepts."""
    folder, out = shared_data / "annotated" / "coco", tmp_path / "d"
    regions = f"coco:{folder / 'instances.json'}"
    done = spider("build", folder / "images", "--regions", regions, "--out", out, "--variants", 2)
    assert done.returncode in (0, 3), done.stderr
    assert kinds(out) == ALL_KINDS
    checked = spider("validate", out, "--source", folder / "images")
    assert checked.returncode == 0, checked.stdout
    labels = {
        label
        for path in (out / "records").glob("regions-*")
        for label in pq.read_table(path, columns=["label"])["label"].to_pylist()
    }
    assert labels <= {
        c["name"] for c in json.loads((folder / "instances.json").read_text())["categories"]
    }


def test_odd_files(shared_data, spider, tmp_path):
    """Every odd or broken file is either used under its rules or rejected with a reason."""
    out, folder = tmp_path / "d", shared_data / "odd"
    done = spider("build", folder, "--out", out)
    assert done.returncode == 3, done.stderr
    used = {
        row["path"]: row["rules"]
        for path in (out / "records").glob("pictures-*")
        for row in pq.read_table(path, columns=["path", "rules"]).to_pylist()
    }
    left = {subject.removeprefix("odd/"): reason for subject, reason in rejects(out).items()}
    assert set(used) | set(left) == {path.name for path in folder.iterdir()}
    assert not set(used) & set(left)
    assert left["bomb_65536x65536_1bit.png"] == "too_many_pixels"
    assert left["truncated.png"] == "truncated"
    assert left["animated_newtonscradle.gif"] == "animated"
    assert left["la_flower.png"] == "transparent"
    assert "cmyk" in used["cmyk_500x333.jpg"]
    assert "exif_orientation" in used["exif_Portrait_6.jpg"]
    assert "sixteen_bit" in used["png16_rgb_hdr_room_676x449.png"]
    assert spider("validate", out, "--source", folder).returncode == 0
