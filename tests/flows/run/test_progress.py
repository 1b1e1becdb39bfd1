"""Progress from the marks of workers, and counts that must balance."""

import io
import time

import pytest
from rich.console import Console

from flows.dataset.balance import RunSummary
from flows.run.progress import StageProgress
from flows.store.ledger import ShardSummary
from schemas.errors import ContractError


def progress(folder, terminal=False):
    """Progress drawn into a buffer."""
    buffer = io.StringIO()
    return StageProgress(folder, Console(file=buffer, force_terminal=terminal, width=100)), buffer


def test_marks_of_all_workers_are_added_up(tmp_path):
    """A byte is a picture; files of other stages are not counted."""
    (tmp_path / "build.11").write_bytes(b"...")
    (tmp_path / "build.12").write_bytes(b"..")
    (tmp_path / "ingest.11").write_bytes(b"......")
    shown, _ = progress(tmp_path)
    assert (shown.done("build"), shown.done("ingest"), shown.done("finish")) == (5, 6, 0)


def test_no_terminal_gets_one_line_at_the_end(tmp_path):
    """Without a terminal a short stage is one plain line with its rate."""
    shown, buffer = progress(tmp_path)
    with shown.stage("build", 4):
        (tmp_path / "build.1").write_bytes(b"....")
    assert buffer.getvalue().startswith("build: 4/4 pictures, ")
    assert buffer.getvalue().count("\n") == 1


def test_long_stage_without_a_terminal_says_what_is_left(tmp_path, monkeypatch):
    """Lines come now and then, with the time left while pictures remain."""
    monkeypatch.setattr("flows.run.progress.PLAIN_SECONDS", 0.02)
    shown, buffer = progress(tmp_path)
    with shown.stage("build", 40):
        (tmp_path / "build.1").write_bytes(b"....")
        time.sleep(0.2)
    lines = buffer.getvalue().splitlines()
    assert len(lines) > 2
    assert all(line.startswith("build: 4/40 pictures") for line in lines[1:])
    assert lines[-1].endswith(" s left")


def test_compiling_is_said_once(tmp_path, monkeypatch):
    """While a worker compiles kernels, the line says so instead of standing still."""
    monkeypatch.setattr("flows.run.progress.PLAIN_SECONDS", 0.02)
    shown, buffer = progress(tmp_path)
    with shown.stage("build", 4):
        (tmp_path / "compiling.11").touch()
        time.sleep(0.2)
        (tmp_path / "compiling.11").unlink()
    assert buffer.getvalue().count("build: compiling kernels, once\n") == 1


def test_terminal_gets_a_bar(tmp_path):
    """On a terminal the count ends complete."""
    shown, buffer = progress(tmp_path, terminal=True)
    with shown.stage("ingest", 2):
        (tmp_path / "ingest.1").write_bytes(b"..")
    assert "2/2" in buffer.getvalue()


def test_seconds_are_kept_when_a_stage_fails(tmp_path):
    """A stage that fails still stops its display and leaves its time."""
    shown, _ = progress(tmp_path)
    with pytest.raises(ContractError), shown.stage("build", 1):
        raise ContractError("broken")
    assert shown.seconds["build"] >= 0


def test_terminal_stays_in_its_process(tmp_path):
    """What is sent to a worker process holds no terminal."""
    import pickle

    shown, _ = progress(tmp_path)
    there = pickle.loads(pickle.dumps(shown))
    assert there.folder == tmp_path
    assert not hasattr(there, "console")


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
