"""A build in slices: planned once, shards in any order and twice at once, joined at the end."""

import json
import os
import shutil
import signal

import pytest

from flows.run.slices import _named, parse_shards
from schemas.errors import ConfigError
from tests.doubles.signals import awaited, begun, worker
from tests.flows.run.test_build import BUILD, parquet_bytes


@pytest.fixture(scope="module")
def plan(photos, spider, tmp_path_factory):
    """The folder of a run that is planned and no more."""
    out = tmp_path_factory.mktemp("planned") / "d"
    done = spider("build", photos, "--out", out, *BUILD, "--plan")
    assert done.returncode == 0, done.stderr
    assert "shards" in done.stderr
    return out


@pytest.fixture
def planned(plan, tmp_path):
    """A copy of it."""
    shutil.copytree(plan, tmp_path / "d")
    return tmp_path / "d"


@pytest.mark.slow  # a whole build in six commands
def test_slices_in_any_order_give_the_same_bytes(
    dataset, photos, planned, environment, spider, tmp_path
):
    """The last shard first, one killed in the middle, one twice, the plan twice: the same files."""
    assert spider("build", "--out", planned, "--shards", "2-9").returncode in (0, 3)
    killed = begun(environment, "build", "--out", planned, "--shards", "0-1")
    awaited(killed, lambda: worker(planned, "build", done=1))
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    early = spider("build", "--out", planned, "--finish")
    assert early.returncode == 2
    assert "2 of 3 shards are not built" in early.stderr
    assert "--shards 0-1" in early.stderr
    assert not (planned / "manifest.json").exists()
    assert spider("build", photos, "--out", planned, *BUILD, "--plan").returncode == 0
    assert spider("build", "--out", planned, "--shards", "0,2").returncode in (0, 3)
    assert spider("build", "--out", planned, "--shards", "1", "--workers", 2).returncode in (0, 3)
    done = spider("build", "--out", planned, "--finish")
    assert done.returncode in (0, 3), done.stderr
    assert parquet_bytes(planned) == parquet_bytes(dataset)
    assert not list(planned.rglob("*.part"))
    ours, other = (json.loads((d / "manifest.json").read_text()) for d in (planned, dataset))
    assert (ours["files"], ours["counts"]) == (other["files"], other["counts"])
    assert spider("validate", planned, "--source", photos).returncode == 0


def test_two_jobs_with_the_same_shard_lose_nothing(dataset, planned, environment, spider):
    """Started at once over the same shards, both end well and each shard is made once."""
    both = [begun(environment, "build", "--out", planned, "--shards", "0-2") for _ in range(2)]
    said = [job.communicate(timeout=280)[1] for job in both]
    assert [job.returncode in (0, 3) for job in both] == [True, True], said
    log = (planned / ".work" / "log").read_text()
    assert [log.count(f"build {shard} done") for shard in range(3)] == [1, 1, 1]
    assert spider("build", "--out", planned, "--finish").returncode in (0, 3)
    assert parquet_bytes(planned) == parquet_bytes(dataset)


def test_nobody_joins_or_plans_while_a_slice_builds(planned, photos, environment, spider):
    """A slice shares the folder with slices only, and lets go of it when it is killed."""
    slice_ = begun(environment, "build", "--out", planned, "--shards", "0-2")
    awaited(slice_, lambda: worker(planned, "build"))
    os.kill(slice_.pid, signal.SIGSTOP)
    try:
        done = spider("build", "--out", planned, "--finish")
        assert (done.returncode, "another process builds here" in done.stderr) == (2, True)
        shown = spider("status", planned).stdout
        assert "build 0, " in shown
        assert "0/3" in shown
    finally:
        slice_.kill()
        slice_.communicate()
    assert spider("build", photos, "--out", planned, *BUILD, "--plan").returncode == 0


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--shards", "3"], "the run has shards 0-2"),
        (["--shards", "0-"], "expected 7, 0-99 or 3,7-9"),
        (["--shards", "0", "--finish"], "--shards and --finish: give one of them"),
        (["--shards", "0", "--seed", "5"], "planned with other settings"),
    ],
)
def test_mistakes_are_one_line(planned, spider, flags, message):
    """What cannot be asked of a plan is said in one line."""
    done = spider("build", "--out", planned, *flags)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert message in done.stderr


def test_a_slice_needs_a_plan_and_no_source(photos, planned, spider, tmp_path):
    """Without a plan there is nothing to build; with one the pictures are known."""
    done = spider("build", "--out", tmp_path / "new", "--shards", "0")
    assert (done.returncode, "nothing is planned here" in done.stderr) == (2, True)
    done = spider("build", photos, "--out", planned, "--shards", "0")
    assert (done.returncode, "give no SOURCE" in done.stderr) == (2, True)


def test_shards_are_read_and_named_alike():
    """Ranges may overlap and go beyond the end; what is missing is named as it is asked for."""
    assert parse_shards("7-9, 3,8-20", 12) == [3, 7, 8, 9, 10, 11]
    assert _named([3, 7, 8, 9]) == "3,7-9"
    with pytest.raises(ConfigError):
        parse_shards("12", 12)
