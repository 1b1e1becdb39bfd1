"""The flow's machinery: what is tried again, and who may write into a folder."""

import json
import subprocess
import sys

import pytest

from flows.store.run_folder import RunFolder, split_shards
from schemas.candidate import Candidate
from schemas.errors import ConfigError
from schemas.settings.config import RunConfig
from tests.conftest import ROOT

PICTURES = [Candidate("s", f"{n}.png", "/in", f"{n}.png", "file") for n in range(5)]
TRIED = {
    "fine": (1, [1]),
    "flaky disk": (3, [3]),
    "flaky storage": (3, [3]),
    "full disk": (1, "StorageError: no space left on the disk"),
    "mistake": (1, "ConfigError: not a setting"),
    "bug": (1, "ContractError: broken promise"),
}


@pytest.mark.slow  # a Prefect server, and retries that wait
@pytest.mark.parametrize("runner", ["here", "threads", "processes"])
def test_only_infrastructure_is_tried_again(environment, tmp_path, runner):
    """A flaky disk is tried again; a full disk, a mistake and a bug end the run at once."""
    script = str(ROOT / "tests" / "doubles" / "run_trial.py")
    done = subprocess.run(
        [sys.executable, script, runner, str(tmp_path), *TRIED],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert {kind: (tries, result) for kind, tries, result in rows} == TRIED


def test_shards_cover_every_candidate_in_order():
    """Shards are runs of the configured size; the last may be shorter."""
    parts = split_shards(PICTURES, 2)
    assert [len(part) for part in parts] == [2, 2, 1]
    assert [candidate for part in parts for candidate in part] == PICTURES


def claimed(out, config=None, pictures=PICTURES):
    """A folder claimed by a run."""
    folder = RunFolder(out)
    folder.refuse_foreign()
    with folder.locked():
        folder.claim(config or RunConfig(shard_size=2), pictures)
    return folder


def test_same_run_finds_its_shards_again(tmp_path):
    """Claiming twice is resuming; workers and retries do not make it another run."""
    claimed(tmp_path / "d")
    more = RunConfig.parse({"shard_size": 2, "run": {"workers": 7, "retries": 0}})
    folder = claimed(tmp_path / "d", more)
    assert folder.shards() == 3
    assert folder.candidates(1) == PICTURES[2:4]


@pytest.mark.parametrize(
    ("config", "pictures", "words"),
    [
        (RunConfig(shard_size=2, seed=1), PICTURES, "other settings"),
        (RunConfig(shard_size=2), PICTURES[:4], "other pictures"),
    ],
)
def test_another_run_is_refused(tmp_path, config, pictures, words):
    """Other settings or pictures do not mix with what is there."""
    claimed(tmp_path / "d")
    with pytest.raises(ConfigError, match=words) as caught:
        claimed(tmp_path / "d", config, pictures)
    assert "\n" not in str(caught.value)


def test_another_version_is_refused(tmp_path, monkeypatch):
    """Rows of two versions of the code do not mix."""
    claimed(tmp_path / "d")
    monkeypatch.setattr("flows.store.identity.VERSION", "9.9.9")
    with pytest.raises(ConfigError, match="another version"):
        claimed(tmp_path / "d")


def test_file_in_the_place_of_the_folder(tmp_path):
    """--out that is a file is named."""
    (tmp_path / "d").write_text("x")
    with pytest.raises(ConfigError, match="is a file"):
        claimed(tmp_path / "d")


def test_two_processes_do_not_share_a_folder(tmp_path, environment):
    """While one process builds, another is refused; a killed one leaves no lock."""
    code = (
        "import sys; from pathlib import Path; from flows.store.run_folder import RunFolder\n"
        f"with RunFolder(Path({str(tmp_path / 'd')!r})).locked():\n"
        "    print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(ConfigError, match="another process builds here"):
            claimed(tmp_path / "d")
    finally:
        holder.kill()
        holder.communicate()
    assert claimed(tmp_path / "d").shards() == 3
