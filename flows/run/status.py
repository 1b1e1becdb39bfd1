"""How far a run is, from what its folder says: on any machine, beside those who work."""

import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from rich.console import Group
from rich.table import Table
from rich.text import Text

from flows.regions.stored import STAGE
from flows.store.inside import printable
from flows.store.layout import MANIFEST
from flows.store.ledger import ShardSummary, read_ledger
from flows.store.marks import Mark, read_marks
from flows.store.plan import FILE, read_plan
from flows.store.run_folder import RunFolder
from schemas.counts import REJECTS

SILENT_SECONDS = 120.0
"""A worker that has written no mark for so long may be gone; one picture may take as long."""
MOST_LINES = 20


class StageState(NamedTuple):
    """One stage of a run.

    Args:
        name: ingest, segment or build.
        finished: Shards that are.
        shards: All of them.
        done: Pictures that are.
        total: All of them.
        marks: Of shards that are not finished.
    """

    name: str
    finished: int
    shards: int
    done: int
    total: int
    marks: list[Mark]

    def alive(self, now: float) -> list[Mark]:
        """Marks of shards that are worked on."""
        return [m for m in self.marks if not m.failed and now - m.seen < SILENT_SECONDS]

    def rate(self, now: float) -> float:
        """Pictures a second, of the workers that there are."""
        return sum(m.done / max(m.seen - m.began, 1e-3) for m in self.alive(now))


class RunState(NamedTuple):
    """A run, looked at from outside.

    Args:
        kind: build or segment.
        ended: Whether the dataset is complete.
        stages: In the order they are gone through.
        rejects: By stage and reason, of what is finished.
    """

    kind: str
    ended: bool
    stages: list[StageState]
    rejects: Counter[str]


def look(out: Path) -> RunState:
    """The state of a run.

    Raises:
        ConfigError: There is no run in the folder.
    """
    folder = RunFolder(out)
    folder.require_run()
    kind, shards, marks = folder.identity().get("kind", ""), folder.shards(), read_marks(folder)
    total = sum(len(folder.candidates(shard)) for shard in range(shards))
    used = read_plan(folder.work).counts["out"] if (folder.work / FILE).is_file() else total
    found: dict[str, dict[int, ShardSummary]] = {
        stage: _ledgers(out, shards, stage) for stage in ("ingest", "segment", "build")
    }
    segments = kind == "segment" or found["segment"] or (folder.work / STAGE).is_dir()
    names = ["ingest", *(["segment"] if segments else []), *(["build"] if kind == "build" else [])]
    stages = []
    for name in names:
        ledgers, pictures = found[name], total if name == "ingest" else used
        own = [mark for mark in marks if mark.stage == name and mark.shard not in ledgers]
        done = sum(ledger.pictures for ledger in ledgers.values()) + sum(m.done for m in own)
        stages.append(StageState(name, len(ledgers), shards, done, pictures, own))
    rejects: Counter[str] = Counter()
    for shard in range(shards):  # what is built knows of the stages before
        last = next((found[name][shard] for name in names[::-1] if shard in found[name]), None)
        rejects.update(REJECTS.under(last.counts) if last else {})
    return RunState(kind, (out / MANIFEST).is_file(), stages, rejects)


def _ledgers(out: Path, shards: int, stage: str) -> dict[int, ShardSummary]:
    read = ((shard, read_ledger(out, shard, stage)) for shard in range(shards))
    return {shard: ledger for shard, ledger in read if ledger}


def render(state: RunState, now: float | None = None) -> Group:
    """The state as tables for people.

    Args:
        state: Of the run.
        now: Seconds since 1970; ``None`` is the time it is.
    """
    now = time.time() if now is None else now
    heads = ("shards", "running", "silent", "failed", "pictures", "rate", "left")
    table = Table("stage", title=f"{state.kind}: {'complete' if state.ended else 'not complete'}")
    for head in heads:
        table.add_column(head, justify="right")
    for stage in state.stages:
        alive, failed = stage.alive(now), [mark for mark in stage.marks if mark.failed]
        rate = stage.rate(now)
        table.add_row(
            stage.name,
            f"{stage.finished}/{stage.shards}",
            str(len(alive)),
            str(len(stage.marks) - len(alive) - len(failed)),
            str(len(failed)),
            f"{stage.done}/{stage.total}",
            f"{rate:.1f}/s" if rate else "",
            _span((stage.total - stage.done) / rate) if rate else "",
        )
    return Group(table, *_lines(state.stages, now), *_rejects(state.rejects))


def _lines(stages: Iterable[StageState], now: float) -> list[Text]:
    """One line for every shard that is worked on or failed."""
    lines = []
    for mark in (mark for stage in stages for mark in stage.marks):
        where = f"{mark.stage} {mark.shard}, {mark.host}:{mark.process}"
        if mark.failed:
            said = f"failed: {mark.failed}"
        elif now - mark.seen >= SILENT_SECONDS:
            said = f"{mark.done}/{mark.total}, silent for {_span(now - mark.seen)}"
        else:
            said = f"{mark.done}/{mark.total} in {_span(now - mark.began)}"
        lines.append(Text(printable(f"{where}: {said}")))
    rest = len(lines) - MOST_LINES
    return lines[:MOST_LINES] + ([Text(f"... and {rest} more")] if rest > 0 else [])


def _rejects(rejects: Counter[str]) -> list[Table]:
    if not rejects:
        return []
    table = Table("left out so far", "")
    for reason, number in rejects.most_common(MOST_LINES):
        table.add_row(Text(printable(reason)), str(number))
    return [table]


def _span(seconds: float) -> str:
    """``40 s``, ``12 min``, ``3.5 h``."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
