"""How far a run is, from its folder alone."""

import io
import json

import pytest
from rich.console import Console

from flows.run.status import look, render
from flows.store.layout import write_note
from flows.store.ledger import ShardSummary, write_ledger
from flows.store.marks import Mark
from flows.store.plan import Plan, write_plan
from flows.store.run_folder import RunFolder
from schemas.candidate import Candidate
from schemas.errors import ConfigError
from schemas.settings.config import RunConfig

NOW = 1_000_000.0


@pytest.fixture
def folder(tmp_path):
    """A planned run of ten photographs in five shards, one of which is built."""
    made, config = RunFolder(tmp_path / "d"), RunConfig(shard_size=2)
    made.claim(config, [Candidate("s", f"{n}.png", "/s", f"{n}.png", "file") for n in range(10)])
    made.make_ready()
    for shard in range(5):
        counts = {"in": 2, "out": 2, "rejects.screen.blurred": 1}
        write_ledger(made.out, ShardSummary(shard, "k", counts=counts, pictures=2), "ingest")
    write_plan(made.work, Plan(config, 10, {"in": 10, "out": 9, "rejects": 1}, {}))
    counts = {"rejects.screen.blurred": 1, "rejects.check.no_json": 2}
    write_ledger(made.out, ShardSummary(0, "k", counts=counts, pictures=2))
    return made


def marked(folder, shard, done, seen, failed=""):
    """A shard that was begun a hundred seconds ago."""
    mark = Mark("build", shard, done, 2, "node7", 11, NOW - 100, seen, failed)
    write_note(folder.progress / f"build-{shard:05d}.json", json.dumps(mark))


def shown(folder):
    """What is printed."""
    console = Console(file=io.StringIO(), width=120)
    console.print(render(look(folder.out), NOW))
    return console.file.getvalue()


def test_what_runs_is_silent_or_failed_is_told_apart(folder):
    """A fresh mark runs, an old one is silent, one with a reason failed; a ledger ends a mark."""
    marked(folder, 0, 1, NOW)
    marked(folder, 1, 1, NOW)
    marked(folder, 2, 1, NOW - 500)
    marked(folder, 3, 0, NOW, "EndpointError: gone\x1b[2J")
    build = look(folder.out).stages[-1]
    assert (build.finished, build.shards, build.done, build.total) == (1, 5, 4, 9)
    assert [mark.shard for mark in build.alive(NOW)] == [1]
    assert build.rate(NOW) == pytest.approx(0.01)
    text = shown(folder)
    assert "build 2, node7:11: 1/2, silent for 8 min" in text
    assert "build 3, node7:11: failed: EndpointError: gone?[2J" in text
    assert "\x1b" not in text


def test_rejects_are_those_of_the_last_stage_of_each_shard(folder):
    """What a built shard says includes its ingest; the others say what ingest knows."""
    assert look(folder.out).rejects == {"screen.blurred": 5, "check.no_json": 2}


def test_half_a_mark_is_no_mark(folder):
    """What is not readable is not shown."""
    (folder.progress / "build-00004.json").write_text("[1, 2")
    assert look(folder.out).stages[-1].marks == []


def test_no_run_is_a_mistake(tmp_path):
    """A folder without a run is named."""
    with pytest.raises(ConfigError, match="no run of ours"):
        look(tmp_path)
