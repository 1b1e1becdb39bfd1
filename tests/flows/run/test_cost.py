"""What ``--dry-run`` says a build will cost, and a measurement of it."""

import pytest

from flows.model.cost import estimate_lines
from flows.run.cost import Slopes, cost_lines, usual
from schemas.errors import ConfigError
from schemas.settings.config import RunConfig


def said(config, slopes, photographs=1000, rate=20.0):
    """Name to number and explanation."""
    lines = cost_lines(photographs, RunConfig.load(None, config), slopes, rate)
    return {line.name: (line.number, line.how) for line in lines}


MEASURED = Slopes(3.6, 0.36, 2e6, "measured")


def test_hours_and_disk_follow_from_slopes():
    """A thousand photographs of 3.6 s are an hour; workers share it as far as there are shards."""
    found = said({"run.workers": 8, "shard_size": 256}, MEASURED)
    assert found["CPU hours"][0] == "1.00"
    assert found["shards"][0] == "4"
    assert found["hours with 8 workers, engine local"][0] == "0.25"
    assert found["disk, GB"][0] == "2.00"
    assert not any("GPU" in name for name in found)


def test_devices_share_the_gpu_hours():
    """Four devices of one hour of models need a quarter of it; unmeasured nobody knows."""
    config = {"regions.source": "ssa", "regions.ssa.device": "cuda:0-3"}
    number, how = said(config, MEASURED, 10_000)["GPU hours for regions, 4 devices"]
    assert (number, "0.25 h with all of them" in how) == ("1.00", True)
    unknown = usual(RunConfig.load(None, config), [(1024, 768)])
    assert said(config, unknown)["GPU hours for regions, 4 devices"][0] == "unknown"


def test_servers_answer_together():
    """Started servers or given endpoints multiply the rate."""
    started = {"answers.writer": "vllm", "answers.model": "m", "answers.servers": 8}
    assert said(started, MEASURED)["servers"] == (
        "8",
        "each answers 20 requests a second (--rate): 160 together",
    )


@pytest.mark.parametrize("rate", [0.0, -5.0, float("nan"), float("inf")])
def test_a_rate_that_is_none_is_a_mistake(rate):
    """A server answers some requests a second; anything else is one line."""
    with pytest.raises(ConfigError, match="--rate: expected requests a second above 0"):
        estimate_lines(9, RunConfig(), rate, [])


def test_our_slopes_grow_with_pixels_and_variants():
    """Twice the pixels, twice the CPU; a second variant costs less than the first."""
    once = usual(RunConfig(), [(1000, 500)])
    large = usual(RunConfig(), [(1000, 1000)])
    twice = usual(RunConfig(variants=2), [(1000, 500)])
    assert large.cpu == pytest.approx(2 * once.cpu)
    assert once.cpu < twice.cpu < 2 * once.cpu
    assert twice.disk == pytest.approx(2 * once.disk)


@pytest.mark.slow  # three photographs are built
def test_measured_photographs_are_thrown_away(photos, spider, tmp_path):
    """``--measure`` says what it built, and leaves no folder."""
    flags = ("--dry-run", "--measure", 3, "--workers", 4)
    done = spider("build", photos, "--out", tmp_path / "d", *flags, COLUMNS="240")
    assert done.returncode == 0, done.stderr
    assert "measured: 3 photographs" in done.stderr
    assert "hours with 4 workers" in done.stderr
    assert not (tmp_path / "d").exists()
