"""Ledgers: which shards are finished, under which key, and what their files held."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from flows.store.layout import (
    FileEntry,
    is_intact,
    ledger_path,
    write_text,
)
from schemas.counts import CUT, ROWS


@dataclass
class ShardSummary:
    """What a finished shard says about itself; the ledger is this as JSON."""

    shard: int
    key: str
    files: list[FileEntry] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    """What must balance."""
    timings: dict[str, float] = field(default_factory=dict)
    holds: dict[str, int] = field(default_factory=dict)
    """What is in the files, as ``stats`` counts it."""
    pictures: int = 0
    """How many it was made of."""

    @property
    def rows(self) -> int:
        """Rows in its files."""
        return sum(ROWS.under(self.counts).values())

    def serves(self, most: int | None) -> bool:
        """Whether it holds what a shard of at most so many rows holds; ``None`` is all."""
        if self.counts.get(CUT):
            return self.rows == most
        return most is None or self.rows <= most


def write_ledger(out: Path, summary: ShardSummary, stage: str = "build") -> ShardSummary:
    """Declare a shard finished; the last thing that is written of it."""
    write_text(ledger_path(out, summary.shard, stage), json.dumps(asdict(summary), indent=1))
    return summary


def forget(out: Path, shard: int, stage: str = "build") -> None:
    """Take back that a shard is finished; it is made again by the next run."""
    ledger_path(out, shard, stage).unlink(missing_ok=True)


def finished(
    out: Path, shard: int, key: str, stage: str = "build", verify: bool = False
) -> ShardSummary | None:
    """The summary of a shard that is complete and intact under this key, else ``None``.

    Files of the recorded size and time are believed to be intact unless ``verify`` is set.
    """
    summary = read_ledger(out, shard, stage)
    if summary is None or summary.key != key:
        return None
    return summary if all(is_intact(out, entry, verify) for entry in summary.files) else None


def read_ledger(out: Path, shard: int, stage: str = "build") -> ShardSummary | None:
    """What the ledger says, whether or not the files are still there."""
    try:
        raw = json.loads(ledger_path(out, shard, stage).read_text(encoding="utf-8"))
        raw["files"] = [FileEntry(*entry) for entry in raw["files"]]
        return ShardSummary(**raw)
    except (OSError, ValueError, TypeError, LookupError):  # not one of ours: made again
        return None
