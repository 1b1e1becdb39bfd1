"""Kernels are compiled once, before the first picture, and what a build calls is among them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from flows.run import warm

ROOT = Path(__file__).resolve().parents[3]
WARM = "import sys; from pathlib import Path; from flows.run.warm import warm_up; "
BUILD = """
from numba.core import event
from skimage import data
from flows.picture.degrade import degrade_and_ask
from flows.run.prepare import make_tools
from flows.ingest.candidate import ingest_candidate
from flows.ingest.sources import list_candidates
from schemas.settings.config import RunConfig

config = RunConfig.parse({"variants": 6, "screen": {"enabled": False}})
(candidate,) = list_candidates([str(Path(data.__file__).parent / "coffee.png")])
found, tools = ingest_candidate(candidate, config), make_tools(config, "")
with event.install_recorder("numba:compile") as recorder:
    outcome = degrade_and_ask(found.picture, found.image, tools)
names = {str(e.data["dispatcher"]) for _, e in recorder.buffer}
print(len(outcome.variants), sorted(names))
"""


def run(code, folder):
    """What a fresh process with a cache of its own prints."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_CACHE_DIR": str(folder / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", WARM + code, str(folder)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow  # compiles every kernel
def test_a_build_compiles_nothing_after_it(tmp_path):
    """A picture's whole road finds all of its kernels on the disk."""
    (tmp_path / "progress").mkdir()
    run("warm_up(Path(sys.argv[1]), 'segments')", tmp_path)
    assert list((tmp_path / "cache").rglob("iqa-spider-*.warm"))
    assert not list((tmp_path / "progress").iterdir())
    assert run(BUILD, tmp_path) == "6 []\n"


def test_processes_take_turns(tmp_path, monkeypatch):
    """What another process has claimed is left to it; nothing is done twice."""
    done = []
    monkeypatch.setattr(warm, "_jobs", lambda _: [lambda n=n: done.append(n) for n in range(5)])
    (tmp_path / "1").touch()
    (tmp_path / "3").touch()
    warm.take_turns(tmp_path, "segments")
    warm.take_turns(tmp_path, "segments")
    assert done == [0, 2, 4]
