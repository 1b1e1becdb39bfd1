"""Runs that are killed at any moment: the same command goes on and ends with the same bytes.

``IQA_SPIDER_KILLS`` is how often each is killed (2 by default). A run that is done leaves nothing
to kill: after three tries it may end, is compared, and the next one begins from nothing.
"""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import numpy as np
import pytest

from tests.doubles.signals import awaited, begun
from tests.flows.run.test_build import BUILD, parquet_bytes

KILLS = int(os.environ.get("IQA_SPIDER_KILLS", "2"))
OF_ONE_RUN = 3


def killed_after(seconds, environment, *arguments):
    """Whether the command was killed; one that ended before has its own status."""
    command = [sys.executable, "-m", "flows", *map(str, arguments)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, env=environment, **quiet)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        return True
    assert process.returncode in (0, 3)
    return False


def files(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("kind", ["llava", "trl"])
def test_export(dataset, environment, spider, tmp_path, kind):
    """However often and whenever it is killed, an export ends as one that was not."""
    whole, out = tmp_path / "whole", tmp_path / "out"
    command = ("export", dataset, "--format", kind)
    usual = usual_seconds(spider, whole, *command)

    def same():
        assert files(out) == files(whole)

    killed_and_ended(environment, spider, usual, out, *command, same=same)
    other = spider("export", dataset, "--format", "swift", "--out", out)
    assert (other.returncode, "in this form" in other.stderr) == (2, True)


def killed_and_ended(environment, spider, usual, out, *command, same):
    """Kill a command as often as asked, at any moment of its usual time, and let it end.

    ``same`` asserts that what is in the folder is what an undisturbed run left.
    """
    rng = np.random.default_rng(5)
    killed = ended = 0
    while killed < KILLS:
        shutil.rmtree(out, ignore_errors=True)
        for attempt in range(min(OF_ONE_RUN, KILLS - killed)):
            moment = usual * rng.uniform(0.3, 1.0)
            if not killed_after(moment, environment, *command, "--out", out):
                usual *= 1.0 if attempt else 0.7  # the first run compiled, or was disturbed
                break
            killed += 1
        done = spider(*command, "--out", out)
        assert done.returncode in (0, 3), done.stderr
        same()
        ended += 1
    print(f"{command[0]}: killed {killed} times, ended {ended} times")


def usual_seconds(spider, out, *command):
    start = time.monotonic()
    assert spider(*command, "--out", out).returncode in (0, 3)
    return time.monotonic() - start


def test_import(images, environment, spider, tmp_path):
    """However often an import is killed, its folder is that of one that nobody killed."""
    shape = {"points": [[20, 20], [220, 20], [220, 200], [20, 200]], "shape_type": "polygon"}
    (tmp_path / "marked").mkdir()
    for number in range(3):
        shapes = [shape | {"label": "cup", "flags": {"blur": True}, "group_id": None}]
        said = {"imagePath": f"p{number}.png", "imageHeight": 300, "imageWidth": 400}
        (tmp_path / "marked" / f"p{number}.json").write_text(json.dumps(said | {"shapes": shapes}))
    command = ("import", *sorted((tmp_path / "marked").iterdir()), "--images", images)
    usual = usual_seconds(spider, tmp_path / "whole", *command)

    def same():
        assert files(tmp_path / "out") == files(tmp_path / "whole")
        assert {path.name for path in tmp_path.iterdir()} == {"marked", "whole", "out"}

    killed_and_ended(environment, spider, usual, tmp_path / "out", *command, same=same)


@pytest.mark.slow  # a region stage is begun three times and ended twice
def test_segment(photos, environment, spider, tmp_path):
    """However often a region stage is killed, its proposals come out the same."""
    command = ("segment", photos, "--shard-size", 3)
    usual = usual_seconds(spider, tmp_path / "whole", *command)

    def same():
        whole, out = (files(tmp_path / name / "regions") for name in ("whole", "out"))
        assert out == whole

    killed_and_ended(environment, spider, usual, tmp_path / "out", *command, same=same)


@pytest.fixture
def archive(photos, tmp_path):
    """The photographs in a tar."""
    file = tmp_path / f"{photos.name}.tar"
    with tarfile.open(file, "w") as tar:
        for photo in sorted(photos.iterdir()):
            tar.add(photo, photo.name)
    return file


def test_ingest_from_a_tar(archive, environment, spider, tmp_path):
    """However often the reading of an archive is killed, the pictures listed are the same."""
    command = ("build", archive, *BUILD, "--plan")
    usual = usual_seconds(spider, tmp_path / "whole", *command)

    def same():
        for part in ("candidates", "ingest", "selected"):
            whole, out = (files(tmp_path / name / ".work" / part) for name in ("whole", "out"))
            assert len(whole) >= 3
            assert out == whole

    killed_and_ended(environment, spider, usual, tmp_path / "out", *command, same=same)


@pytest.mark.slow  # a build is begun three times and ended twice
def test_build_from_a_tar(archive, environment, spider, tmp_path):
    """Killed in ingest, in build and between, the rows are those of a run that nobody killed."""
    whole, out = tmp_path / "whole", tmp_path / "out"
    command = ("build", archive, *BUILD)
    usual = usual_seconds(spider, whole, *command)

    def same():
        assert parquet_bytes(out) == parquet_bytes(whole)
        assert not list(out.rglob("*.part"))

    killed_and_ended(environment, spider, usual, out, *command, same=same)


def server_of(pid):
    """The Prefect server that a run has started."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command, status = (folder / "cmdline").read_bytes(), (folder / "status").read_text()
        except OSError:
            continue
        if b"prefect.server.api.server" in command and f"\nPPid:\t{pid}\n" in status:
            return int(folder.name)
    raise AssertionError("no Prefect server")


@pytest.mark.slow  # a whole build
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="looks for a process in /proc")
def test_the_prefect_server_alone(dataset, photos, environment, tmp_path):
    """A run whose server is killed is complete, says so in one line and does not wait."""
    out = tmp_path / "d"
    flags = (*BUILD, "--workers", 2)  # one worker needs no server
    process = begun(environment, "build", photos, "--out", out, *flags)
    awaited(process, (out / ".work" / "ledger" / "build-00000.json").exists)
    os.kill(server_of(process.pid), signal.SIGKILL)
    _, said = process.communicate(timeout=280)
    assert process.returncode in (0, 3), said
    assert said.count("Prefect could not be told") == 1
    assert "Traceback" not in said
    assert "EventsWorker" not in said
    assert parquet_bytes(out) == parquet_bytes(dataset)
