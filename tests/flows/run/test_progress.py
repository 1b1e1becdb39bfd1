"""Progress from the marks of workers, and counts that must balance."""

import io
import pickle
import time

import pytest
from rich.console import Console

from flows.dataset.balance import RunSummary
from flows.run.progress import StageProgress
from flows.store.ledger import ShardSummary, forget, write_ledger
from flows.store.marks import Marker
from flows.store.run_folder import RunFolder
from schemas.errors import ContractError, StoppedError


@pytest.fixture
def folder(tmp_path):
    """The folder of a run with shards 1, which is built of five pictures, 2 and 3."""
    made = RunFolder(tmp_path / "d")
    made.make_ready()
    write_ledger(made.out, ShardSummary(1, "k", pictures=5))
    return made


def progress(folder, terminal=False):
    """Progress drawn into a buffer."""
    buffer = io.StringIO()
    return StageProgress(folder, Console(file=buffer, force_terminal=terminal, width=100)), buffer


def marked(folder, shard, pictures, stage="build"):
    """A shard that is worked on, with its mark as it is after so many pictures."""
    marker = Marker(folder, stage, shard, 9)
    marker._written = 0
    marker.tick(pictures)
    return marker


def test_ledgers_and_marks_are_added_up(folder):
    """What is finished and what is worked on count; other stages do not."""
    marked(folder, 2, 3)
    marked(folder, 2, 6, "ingest")
    shown, _ = progress(folder)
    assert (shown.done("build"), shown.done("ingest"), shown.done("finish")) == (8, 6, 0)


def test_a_finished_shard_counts_once(folder):
    """A mark beside a ledger says nothing more, and a ledger that is taken back counts no more."""
    marked(folder, 1, 4)
    shown, _ = progress(folder)
    assert shown.done("build") == 5
    forget(folder.out, 1)
    assert shown.done("build") == 4


def test_only_the_shards_of_a_slice_count(folder):
    """Others work beside us; they are no progress of ours."""
    marked(folder, 2, 3)
    marked(folder, 3, 1)
    shown, buffer = progress(folder)
    with shown.stage("build", 9, [2]):
        pass
    assert buffer.getvalue().startswith("build: 3/9 pictures, ")


def test_no_terminal_gets_one_line_at_the_end(folder):
    """Without a terminal a short stage is one plain line with its rate."""
    shown, buffer = progress(folder)
    with shown.stage("build", 9):
        marked(folder, 2, 4)
    assert buffer.getvalue().startswith("build: 9/9 pictures, ")
    assert buffer.getvalue().count("\n") == 1


def test_long_stage_without_a_terminal_says_what_is_left(folder, monkeypatch):
    """Lines come now and then, with the time left while pictures remain."""
    monkeypatch.setattr("flows.run.progress.PLAIN_SECONDS", 0.02)
    shown, buffer = progress(folder)
    with shown.stage("build", 40):
        time.sleep(0.05)
        marked(folder, 2, 4)
        time.sleep(0.2)
    lines = buffer.getvalue().splitlines()
    assert len(lines) > 2
    assert all(line.startswith("build: 9/40 pictures") for line in lines[-2:])
    assert lines[-1].endswith(" s left")


def test_compiling_is_said_once(folder, monkeypatch):
    """While a worker compiles kernels, the line says so instead of standing still."""
    monkeypatch.setattr("flows.run.progress.PLAIN_SECONDS", 0.02)
    shown, buffer = progress(folder)
    with shown.stage("build", 4):
        mark = folder.compiling.with_name(f"{folder.compiling.name}.11")
        mark.touch()
        time.sleep(0.2)
        mark.unlink()
    assert buffer.getvalue().count("build: compiling kernels, once\n") == 1


def test_a_slice_that_was_killed_compiles_no_more(folder, monkeypatch):
    """The mark it left behind is not that of the slices after it, whose lines go on."""
    monkeypatch.setattr("flows.run.progress.PLAIN_SECONDS", 0.02)
    RunFolder(folder.out, "killed").compiling.with_name("compiling.killed.11").touch()
    shown, buffer = progress(folder)
    with shown.stage("build", 40):
        time.sleep(0.2)
    lines = buffer.getvalue().splitlines()
    assert len(lines) > 2
    assert all(line.startswith("build: 5/40 pictures") for line in lines)


def test_terminal_gets_a_bar(folder):
    """On a terminal the count ends complete."""
    shown, buffer = progress(folder, terminal=True)
    with shown.stage("ingest", 2):
        marked(folder, 1, 2, "ingest")
    assert "2/2" in buffer.getvalue()


def test_seconds_are_kept_when_a_stage_fails(folder):
    """A stage that fails still stops its display and leaves its time."""
    shown, _ = progress(folder)
    with pytest.raises(ContractError), shown.stage("build", 1):
        raise ContractError("broken")
    assert shown.seconds["build"] >= 0


def test_terminal_stays_in_its_process(folder):
    """What is sent to a worker process holds no terminal."""
    shown, _ = progress(folder)
    there = pickle.loads(pickle.dumps(shown))
    assert there.folder.out == folder.out
    assert not hasattr(there, "console")


def test_an_interrupted_command_stops_its_own_shards(folder):
    """The mark of the end is heard by the workers of that command and by no others."""
    mine, other = RunFolder(folder.out, "mine"), RunFolder(folder.out, "other")
    mine.stop.touch()
    with pytest.raises(StoppedError):
        Marker(mine, "build", 2, 9).tick()
    Marker(other, "build", 3, 9).tick()


INGESTED = {"in": 5, "out": 4, "rejects": 1}
SELECTED = {"in": 4, "out": 3, "rejects": 1}
BUILT = {
    "pictures": 2,
    "rejects.build.unreadable": 1,
    "rejects.check.failed": 1,
    "images.planned": 3,
    "images.regions": 2,
    "images.refused": 1,
    "ask.asked": 7,
    "rows.train.global.description.full": 6,
}


def total(candidates=5, ingested=INGESTED, selected=SELECTED, built=BUILT):
    """The summary of a run of one shard."""
    first = ShardSummary(0, "k", [], dict(ingested), {"ingest": 0.5})
    second = ShardSummary(0, "k", [], dict(built), {"gate": 1.25})
    return RunSummary.of(candidates, [first], selected, [second])


def test_balanced_counts_are_added_up():
    """In = out + rejects at every stage gives a summary."""
    summary = total()
    assert (summary.candidates, summary.pictures, summary.images) == (5, 2, 2)
    assert summary.rejects == {"build.unreadable": 1, "check.failed": 1}
    assert summary.timings == {"build.gate": 1.25, "ingest.ingest": 0.5}


@pytest.mark.parametrize(
    ("change", "stage"),
    [
        ({"candidates": 6}, "ingest"),
        ({"selected": SELECTED | {"rejects": 0}}, "selection"),
        ({"built": BUILT | {"pictures": 3}}, "build"),
        ({"built": BUILT | {"images.refused": 0}}, "images"),
        ({"built": BUILT | {"ask.asked": 8}}, "answers"),
    ],
)
def test_what_vanishes_is_a_bug(change, stage):
    """A picture, image or answer that nobody accounts for stops the run by its stage."""
    with pytest.raises(ContractError, match=f"^{stage}: "):
        total(**change)
