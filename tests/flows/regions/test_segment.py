"""The region stage: made once, killed and resumed, read by builds."""

import json
import signal

import pyarrow.parquet as pq
import pytest

from flows.regions.stored import stage_files
from schemas.records import ProposedRegion
from tests.doubles.signals import awaited, begun
from tests.flows.run.test_build import BUILD

SHARDS = ("--shard-size", 3, "--seed", 4)


def stage_bytes(out):
    return {path.name: path.read_bytes() for path in (out / "regions").iterdir()}


@pytest.fixture(scope="module")
def stage(photos, spider, tmp_path_factory):
    """A region stage of the photographs."""
    out = tmp_path_factory.mktemp("stage") / "s"
    done = spider("segment", photos, "--out", out, *SHARDS)
    assert done.returncode in (0, 3), done.stderr
    return out


def test_a_build_from_the_stage_equals_a_direct_one(dataset, stage, photos, spider, tmp_path):
    """But for the hash of the settings, rows and records are the same."""
    out = tmp_path / "d"
    done = spider("build", photos, "--out", out, *BUILD, "--regions", f"stored:{stage}")
    assert done.returncode in (0, 3), done.stderr
    for folder in ("data", "records", "rejects"):
        for file in sorted((dataset / folder).iterdir()):
            ours, theirs = (pq.read_table(root / folder / file.name) for root in (out, dataset))
            kept = [name for name in theirs.column_names if name != "config_hash"]
            assert ours.select(kept).equals(theirs.select(kept)), file.name
    done = spider("validate", out, "--source", photos)
    assert done.returncode == 0, done.stdout


@pytest.mark.slow  # a region stage in two goes, the second with processes
def test_two_processes_and_a_kill_give_the_same_bytes(stage, photos, spider, environment, tmp_path):
    """Worker processes, and a run that was killed and started again, change nothing."""
    out = tmp_path / "s"
    process = begun(environment, "segment", photos, "--out", out, *SHARDS)
    awaited(process, (out / ".work" / "ledger" / "segment-00000.json").exists)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    done = spider("segment", photos, "--out", out, *SHARDS, "--workers", 2)
    assert done.returncode in (0, 3), done.stderr
    assert stage_bytes(out) == stage_bytes(stage)


def test_the_manifest_tells_what_made_it(stage):
    """Source, counts that balance, and a checksum for every file."""
    manifest = json.loads((stage / "manifest.json").read_text())
    assert manifest["kind"] == "regions"
    assert manifest["regions"]["source"] == "segments"
    counts = manifest["counts"]
    assert counts["candidates"] == counts["pictures"] + counts["left_out"]
    stored = sum(
        pq.read_metadata(file).num_rows for file in (stage / "regions").glob("proposals-*")
    )
    assert counts["proposals"] == stored
    assert {f"regions/{name}" for name in stage_bytes(stage)} == set(manifest["files"])


def test_pictures_outside_the_stage_are_rejects(stage, spider, photos, tmp_path):
    """A picture that was not segmented at this size is left out with its reason."""
    out = tmp_path / "d"
    small = tmp_path / "c.toml"
    small.write_text("[ingest]\nmax_long_side = 300\n")
    done = spider(
        "build", photos, "--out", out, *BUILD, "--config", small, "--regions", f"stored:{stage}"
    )
    assert done.returncode == 3, done.stderr
    reasons = {
        r["reason"] for f in (out / "rejects").iterdir() for r in pq.read_table(f).to_pylist()
    }
    assert "not_segmented" in reasons


def test_a_dataset_is_no_stage(dataset, photos, spider, tmp_path):
    """Reading regions from a dataset folder, or from nothing, is one line."""
    for folder, words in ((dataset, "not a region stage"), (tmp_path, "manifest.json is missing")):
        done = spider("build", photos, "--out", tmp_path / "d", "--regions", f"stored:{folder}")
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert words in done.stderr


def test_proposals_are_drawn(stage, dataset, spider, tmp_path):
    """``show`` draws a stage's picture, and a dataset's row with ``--regions``."""
    from PIL import Image

    for folder, flags in ((stage, ()), (dataset, ("--regions",))):
        out = tmp_path / f"{folder.name}.png"
        done = spider("show", folder, 0, "--out", out, *flags)
        assert done.returncode == 0, done.stderr
        with Image.open(out) as drawn:
            assert drawn.width == 360  # as wide as the photographs, with a line of text below
            assert drawn.height > 270
    done = spider("show", stage, 99, "--out", tmp_path / "x.png")
    assert (done.returncode, "no picture '99'" in done.stderr) == (2, True)


def test_stored_proposals_are_the_sources_own(stage):
    """Each shard has masks; those whose name is certain have one."""
    regions = ProposedRegion.from_table(pq.read_table(stage_files(stage / "regions", 0).proposals))
    assert regions
    assert any(region.label for region in regions)
    assert all(region.mask_quality is None for region in regions)
