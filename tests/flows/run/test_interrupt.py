"""Runs that are interrupted, and sources that change while nobody looks."""

import shutil
import signal

import cv2
import pyarrow.parquet as pq
import pytest

from flows.store.run_folder import RunFolder
from schemas.candidate import Candidate
from schemas.settings.config import RunConfig
from tests.doubles.signals import awaited, begun
from tests.flows.run.test_build import BUILD, parquet_bytes


def one_shard_built(source, out, environment, *flags):
    """A build after its first shard."""
    process = begun(environment, "build", source, "--out", out, *BUILD, *flags)
    awaited(process, (out / ".work" / "ledger" / "build-00000.json").exists)
    return process


@pytest.mark.slow  # a whole build in two goes
@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_is_one_line_and_resumes(dataset, photos, environment, spider, tmp_path, workers):
    """Ctrl-C to the whole terminal ends soon, without a traceback; the rest gives equal bytes."""
    import os

    out, flags = tmp_path / "d", ("--workers", workers)
    process = one_shard_built(photos, out, environment, *flags)
    os.killpg(process.pid, signal.SIGINT)
    try:
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130, said
    assert "the same command goes on" in said
    assert "Traceback" not in said
    assert spider("build", photos, "--out", out, *BUILD, *flags).returncode in (0, 3)
    assert parquet_bytes(out) == parquet_bytes(dataset)


def test_photograph_that_changed_is_a_reject(photos, environment, spider, tmp_path):
    """A file replaced between ingest and build does not pass under the old one's name."""
    source, out = tmp_path / "in", tmp_path / "d"
    shutil.copytree(photos, source)
    process = one_shard_built(source, out, environment)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    last = source / "photo7.png"
    cv2.imwrite(str(last), cv2.imread(str(last))[::-1])
    assert spider("build", source, "--out", out, *BUILD).returncode == 3
    rejects = [r for p in (out / "rejects").iterdir() for r in pq.read_table(p).to_pylist()]
    assert [r["subject"] for r in rejects if r["reason"] == "changed"] == ["in/photo7.png"]


def test_lists_of_a_start_that_was_killed_are_dropped(tmp_path):
    """Candidate lists without a run beside them do not become shards of the next run."""
    folder = RunFolder(tmp_path / "d")
    (folder.work / "candidates").mkdir(parents=True)
    (folder.work / "candidates" / "00009.json").write_text("[]")
    with folder.locked():
        folder.claim(RunConfig(), [Candidate("s", "a.png", "/in", "a.png", "file")])
    assert folder.shards() == 1
