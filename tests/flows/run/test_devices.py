"""Several devices: lists of them, one process each, the same bytes whoever made a shard."""

import os
import signal

import pytest

from flows.run.engines.devices import device_names
from schemas.errors import ConfigError
from tests.doubles.signals import awaited, begun, worker
from tests.flows.regions.test_ssa_build import settings
from tests.flows.run.test_build import parquet_bytes

__all__ = ["settings"]
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def test_lists_of_devices():
    """Ranges and names, in order; what goes back or comes twice is a mistake."""
    assert device_names("cuda:0-2,cuda:5") == ("cuda:0", "cuda:1", "cuda:2", "cuda:5")
    assert device_names("auto") == ("auto",)
    for wrong in ("cuda:3-1", "cuda:0,cuda:0-1", "cuda:0,", "cuda:0-99"):
        with pytest.raises(ConfigError, match="--device"):
            device_names(wrong)


def flags(settings, device):
    """Of a build of eight shards with tiny models on a device, or on several."""
    more = ("--shard-size", 1, "--config", settings / "c.toml", "--device", device)
    return ("--regions", "ssa", *more, "--set", "regions.min_area=0.0001")


@pytest.fixture(scope="module")
def one(settings, photos, spider, tmp_path_factory):
    """A dataset whose regions come from one device."""
    out = tmp_path_factory.mktemp("one") / "d"
    environment = ONE_THREAD | {"PYTHONPATH": str(settings)}
    done = spider("build", photos, "--out", out, *flags(settings, "cpu"), **environment)
    assert done.returncode in (0, 3), done.stderr
    return out


def files(out):
    """Checksums of the dataset and of its region stage."""
    stage = {p.name: p.read_bytes() for p in (out / ".work" / "regions").iterdir()}
    return parquet_bytes(out), stage


@pytest.mark.slow  # five processes load models
def test_four_devices_give_the_bytes_of_one(one, settings, photos, spider, tmp_path):
    """Four processes of tiny models, and workers that degrade behind them, change nothing."""
    out, environment = tmp_path / "d", ONE_THREAD | {"PYTHONPATH": str(settings)}
    more = ("--workers", 2, "--engine", "threads")
    done = spider("build", photos, "--out", out, *flags(settings, "cpu:0-3"), *more, **environment)
    assert done.returncode in (0, 3), done.stderr
    assert files(out) == files(one)
    log = (out / ".work" / "log").read_text().splitlines()
    made = {line.split()[1] for line in log if " segment " in line and " done" in line}
    assert len(made) == 4


@pytest.mark.slow  # models are loaded four times
def test_a_device_whose_process_dies_goes_on(one, settings, photos, environment, tmp_path):
    """SIGKILL to a process that holds models: a new one loads them, and the bytes are the same."""
    out, own = tmp_path / "d", ONE_THREAD | {"PYTHONPATH": str(settings)}
    run = begun(environment | own, "build", photos, "--out", out, *flags(settings, "cpu:0-1"))
    victim = awaited(run, lambda: worker(out, "segment"))
    assert victim != run.pid
    os.kill(victim, signal.SIGKILL)
    said = run.communicate(timeout=280)[1]
    assert run.returncode in (0, 3), said
    assert "died; a new one goes on" in (out / ".work" / "log").read_text()
    assert files(out) == files(one)
