"""The stages of ``ground`` over shards of texts: each its own tables, ledger and key.

A shard of a stage that is finished under the same key is left alone; the key is over what it read,
the settings that decide it, and the models that were asked. So a later stage can be run again
alone, and a run that was killed goes on where it was, to the same bytes.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import pyarrow.parquet as pq

from flows.run.engines.engine import InProcess
from flows.store.identity import code_version
from flows.store.layout import WORK, describe_file
from flows.store.ledger import ShardSummary, finished, write_ledger
from flows.store.tables import write_table
from schemas.record import Record

Kind = TypeVar("Kind", bound=Record)
STAGES = "stages"


class Made(NamedTuple):
    """What a stage made of a shard.

    Args:
        tables: Table name to its records.
        counts: What came in, went out and was dropped, by reason.
    """

    tables: Mapping[str, tuple[type[Record], Sequence[Record]]]
    counts: Counter[str]


@dataclass(frozen=True)
class ShardOf:
    """A shard of a run: reads the tables of earlier stages, knows where answers are kept.

    Args:
        out: Folder of the run.
        number: Of the shard.
    """

    out: Path
    number: int

    def path(self, table: str) -> Path:
        """Where a table of the shard lies."""
        return self.out / STAGES / f"{table}-{self.number:05d}.parquet"

    def read(self, table: str, record: type[Kind]) -> list[Kind]:
        """A table of an earlier stage."""
        return record.from_table(pq.read_table(self.path(table)))

    def answers(self, stage: str) -> Path:
        """Where the answers of a model are kept."""
        return self.out / WORK / "answers" / f"{stage}-{self.number:05d}.jsonl"


@dataclass(frozen=True)
class Stage:
    """A part of the road that is done for every shard before the next.

    Args:
        name: Of its ledger.
        reads: Tables of earlier stages.
        writes: Its own tables.
        decides: What decides its rows beside what it reads: settings, models, prompts.
        work: A shard to what is made of it.
    """

    name: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    decides: tuple[str, ...]
    work: Callable[[ShardOf], Made]

    def key(self, shard: ShardOf) -> str:
        """Over everything that decides what the shard holds."""
        inputs = [describe_file(shard.out, shard.path(table)).sha256 for table in self.reads]
        parts = "\n".join((self.name, code_version(), *inputs, *self.decides))
        return hashlib.sha256(parts.encode()).hexdigest()[:32]

    def run(self, shard: ShardOf, verify: bool = False) -> ShardSummary:
        """Make the shard unless it is finished; its ledger comes last."""
        key = self.key(shard)
        done = finished(shard.out, shard.number, key, self.name, verify)
        if done is not None:
            return done
        made = self.work(shard)
        for name in self.writes:
            record, rows = made.tables[name]
            write_table(shard.path(name), record.table(rows))
        files = [describe_file(shard.out, shard.path(name)) for name in self.writes]
        summary = ShardSummary(shard.number, key, files, dict(sorted(made.counts.items())))
        return write_ledger(shard.out, summary, self.name)


@dataclass
class Ran:
    """What a run of the stages says: counts by stage, files."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    files: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, stage: str, summary: ShardSummary) -> None:
        """Put a shard's summary in."""
        self.counts.setdefault(stage, Counter()).update(summary.counts)
        for entry in summary.files:
            self.files[entry.path] = {"size": entry.size, "sha256": entry.sha256}


def run_stages(
    out: Path, shards: int, stages: Sequence[Stage], engine: InProcess, verify: bool = False
) -> Ran:
    """Every stage over every shard, in this order; a shard that failed is tried again."""
    ran = Ran()
    for stage in stages:
        jobs: list[Any] = [ShardOf(out, number) for number in range(shards)]
        for summary in engine.each(lambda job, one=stage: one.run(job, verify), jobs):
            ran.add(stage.name, summary)
    return ran
