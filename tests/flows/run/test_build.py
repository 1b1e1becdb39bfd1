"""Whole runs through the command line: same bytes, resume, balance, mistakes."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
from collections import Counter

import pyarrow.parquet as pq
import pytest

from distortions import DISTORTIONS
from schemas.counts import GATE_TYPES
from tests.doubles.signals import awaited, begun

BUILD = ("--shard-size", 3, "--variants", 2, "--seed", 4)


def parquet_bytes(out):
    """Path to checksum of every Parquet file of a dataset."""
    files = (p for folder in ("data", "records", "rejects") for p in (out / folder).iterdir())
    return {
        p.relative_to(out).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files
    }


def test_dataset_is_valid(dataset, spider, photos):
    """``validate`` re-reads the dataset, pixels included, and finds nothing."""
    done = spider("validate", dataset, "--source", photos)
    assert done.returncode == 0, done.stdout
    assert "no problem found" in done.stdout


@pytest.mark.slow  # a whole build with processes and a Prefect server
def test_two_processes_give_the_same_bytes(dataset, spider, photos, tmp_path):
    """Worker processes change nothing."""
    done = spider("build", photos, "--out", tmp_path / "d", *BUILD, "--workers", 2)
    assert done.returncode in (0, 3), done.stderr
    assert parquet_bytes(tmp_path / "d") == parquet_bytes(dataset)


def test_two_threads_give_the_same_bytes(dataset, spider, photos, tmp_path):
    """Threads change nothing."""
    flags = ("--workers", 2, "--engine", "threads")
    done = spider("build", photos, "--out", tmp_path / "d", *BUILD, *flags)
    assert done.returncode in (0, 3), done.stderr
    assert parquet_bytes(tmp_path / "d") == parquet_bytes(dataset)


@pytest.mark.slow  # a whole build in two goes
def test_killed_run_goes_on(dataset, photos, environment, spider, tmp_path):
    """SIGKILL after the first shard; the same command finishes with the same bytes."""
    out = tmp_path / "d"
    process = begun(environment, "build", photos, "--out", out, *BUILD)
    ledger = out / ".work" / "ledger" / "build-00000.json"
    awaited(process, ledger.exists)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    first = ledger.stat().st_mtime_ns
    assert not (out / "manifest.json").exists()
    done = spider("build", photos, "--out", out, *BUILD)
    assert done.returncode in (0, 3), done.stderr
    assert ledger.stat().st_mtime_ns == first, "a finished shard was made again"
    assert parquet_bytes(out) == parquet_bytes(dataset)


def test_damaged_shard_is_made_again(dataset, photos, spider, tmp_path):
    """A finished run is left alone; a shard whose file was damaged is made again."""
    out = tmp_path / "d"
    assert spider("build", photos, "--out", out, *BUILD).returncode in (0, 3)
    victim = sorted((out / "data").iterdir())[0]
    victim.write_bytes(victim.read_bytes()[:-7])
    assert spider("validate", out).returncode == 1
    assert spider("build", photos, "--out", out, *BUILD).returncode in (0, 3)
    assert parquet_bytes(out) == parquet_bytes(dataset)


def test_counts_balance(dataset):
    """Files in = pictures + rejects, and the manifest counts what is there."""
    manifest = json.loads((dataset / "manifest.json").read_text())
    counts = manifest["counts"]
    ingest = sum(n for r, n in counts["rejects"].items() if r.split(".")[0] in ("ingest", "screen"))
    assert counts["candidates"] == 8 == counts["pictures"] + ingest
    rows = sum(pq.read_metadata(p).num_rows for p in (dataset / "data").iterdir())
    assert sum(counts["rows"].values()) == rows
    rejects = sum(pq.read_metadata(p).num_rows for p in (dataset / "rejects").iterdir())
    assert sum(counts["rejects"].values()) == rejects


def test_steps_are_counted_by_type_and_level(dataset):
    """What the gate says of each step is in the manifest: every step in the records was seen."""
    counts = GATE_TYPES.under(json.loads((dataset / "manifest.json").read_text())["counts"]["all"])
    told = Counter()
    for name, number in counts.items():
        kind, level, said = name.split(".")
        assert (kind in DISTORTIONS, level in "12345", said in ("seen", "refused")) == (True,) * 3
        told[said] += number
    files = sorted((dataset / "records").glob("degraded-*.parquet"))
    chains = [chain for file in files for chain in pq.read_table(file)["chain"].to_pylist()]
    steps = [step for chain in chains for step in chain if step["key"]]
    assert told["refused"] > 0
    assert told["seen"] >= len(steps) > 0
    most = Counter(f"{step['type']}.{step['severity']}.seen" for step in steps)
    assert all(counts[name] >= number for name, number in most.items())


def test_bad_files_become_rejects(photos, spider, tmp_path):
    """Broken pictures and duplicates leave with a reason, and the exit status says so."""
    folder = tmp_path / "in"
    folder.mkdir()
    good = (photos / "photo0.png").read_bytes()
    (folder / "a.png").write_bytes(good)
    (folder / "b.png").write_bytes(good)
    (folder / "c.png").write_bytes(good[: len(good) // 2])
    (folder / "d.jpg").write_text("no picture")
    (folder / "notes.txt").write_text("not looked at")
    done = spider("build", folder, "--out", tmp_path / "d")
    assert done.returncode == 3, done.stderr
    table = pq.read_table(tmp_path / "d" / "rejects" / "00000.parquet").to_pylist()
    reasons = {r["subject"]: r["reason"] for r in table if r["stage"] == "ingest"}
    assert reasons["in/b.png"] == "exact_duplicate"
    assert reasons["in/c.png"] in ("truncated", "corrupt")
    assert reasons["in/d.jpg"] == "not_an_image"


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--order-profile", "table9"], "unknown order profile 'table9'"),
        (["--regions", "sam"], "unknown region source 'sam'"),
        (["--regions", "coco:nowhere.json"], "nowhere.json: cannot read it"),
        (["--config", "nowhere.toml"], "nowhere.toml: cannot read it"),
        (["--plugin", "nowhere.py"], "nowhere.py: no such file"),
        (["--workers", "0"], "run.workers"),
        (["--engine", "slurm"], "run.engine"),
    ],
)
def test_mistakes_are_one_line(photos, spider, tmp_path, flags, message):
    """A user's mistake: one clear line, exit status 2, nothing written."""
    out = tmp_path / "d"
    done = spider("build", photos, "--out", out, *flags, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not out.exists()


def test_missing_and_empty_sources(spider, tmp_path):
    """A source that is missing or holds no picture is named."""
    (tmp_path / "empty").mkdir()
    for source, message in (("nowhere", "nowhere"), ("empty", "no picture")):
        done = spider("build", tmp_path / source, "--out", tmp_path / "d")
        assert (done.returncode, message in done.stderr) == (2, True)
        assert len(done.stderr.strip().splitlines()) == 1


def test_coco_file_for_other_pictures(photos, spider, tmp_path):
    """A COCO file that knows none of the pictures is refused before anything runs."""
    file = tmp_path / "other.json"
    image = {"id": 1, "file_name": "elsewhere.jpg", "width": 10, "height": 10}
    file.write_text(json.dumps({"images": [image], "annotations": [], "categories": []}))
    done = spider("build", photos, "--out", tmp_path / "d", "--regions", f"coco:{file}")
    assert done.returncode == 2
    assert "for other pictures" in done.stderr


def test_folder_of_another_run(dataset, photos, spider, tmp_path):
    """A folder that holds another run, or something else, is left as it was."""
    before = parquet_bytes(dataset)
    done = spider("build", photos, "--out", dataset, "--seed", 5)
    assert done.returncode == 2
    assert "other settings" in done.stderr
    assert parquet_bytes(dataset) == before
    (tmp_path / "letter.txt").write_text("dear")
    done = spider("build", photos, "--out", tmp_path)
    assert (done.returncode, "not empty" in done.stderr) == (2, True)


def test_unreachable_server_is_one_line(photos, spider, tmp_path):
    """A Prefect server that does not answer is named at once."""
    url = "http://127.0.0.1:9/api"
    done = spider("build", photos, "--out", tmp_path / "d", PREFECT_API_URL=url)
    assert done.returncode == 2
    assert f"PREFECT_API_URL {url} does not answer" in done.stderr
    assert not (tmp_path / "d").exists()


def test_damaged_identity_is_one_line(dataset, photos, spider, tmp_path):
    """A run folder whose identity cannot be read is left alone and named."""
    shutil.copytree(dataset, tmp_path / "d")
    (tmp_path / "d" / ".work" / "run.json").write_text('{"config_hash": "ab')
    done = spider("build", photos, "--out", tmp_path / "d", *BUILD)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "run.json is damaged" in done.stderr


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs to mount a disk")
def test_full_disk_is_one_line(photos, spider, tmp_path):
    """No space left: one clear line, status 2, and the run goes on when there is space."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("cannot mount a small disk here")
    try:
        done = spider("build", photos, "--out", disk / "d", *BUILD)
        assert done.returncode == 2, done.stderr
        last = done.stderr.strip().splitlines()[-1]
        assert "no space left on the disk" in last
        assert not list((disk / "d").rglob("*.part"))
        remount = ["mount", "-o", "remount,size=64m", str(disk)]
        subprocess.run(remount, check=True)
        assert spider("build", photos, "--out", disk / "d", *BUILD).returncode in (0, 3)
        assert spider("validate", disk / "d").returncode == 0
    finally:
        subprocess.run(["umount", str(disk)], check=False)
