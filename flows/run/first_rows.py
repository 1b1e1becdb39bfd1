"""The first so many rows of a run, in the order of its shards, whoever works on them.

A shard stops where the rows that were asked for are complete. What the shards before it hold is
known only when they are done, so shards are begun a few at once; one that turns out to hold too
many is made again up to its row, and what lies behind it is taken away.
"""

from collections.abc import Callable, Sequence

from flows.run.job import ShardJob
from flows.store.ledger import ShardSummary, read_ledger
from flows.store.run_folder import RunFolder
from flows.store.shards import clear_shard

Build = Callable[[Sequence[ShardJob]], list[ShardSummary]]


def build_first(
    build: Build, folder: RunFolder, jobs: Sequence[ShardJob], wanted: int, at_once: int
) -> list[ShardSummary]:
    """Build shards until there are ``wanted`` rows.

    Args:
        build: Builds shards; results in their order.
        folder: Of the run.
        jobs: One a shard, in order.
        wanted: Rows.
        at_once: Shards begun together.

    Returns:
        Of the shards that hold the rows; others of the folder are removed.
    """
    done: list[ShardSummary] = []
    while len(done) < len(jobs) and _rows(done) < wanted:
        batch = _bounded(jobs[len(done) : len(done) + at_once], folder, wanted - _rows(done))
        for job, made in zip(batch, build(batch), strict=True):
            left = wanted - _rows(done)
            if left > 0:
                fits = made.serves(left)
                done += [made] if fits else build([job._replace(most=left)])
    for job in jobs[len(done) :]:
        clear_shard(folder.out, job.shard)
    return done


def _bounded(jobs: Sequence[ShardJob], folder: RunFolder, left: int) -> list[ShardJob]:
    """Jobs that need no more rows than are left by what is known of those before them."""
    bounded = []
    for job in jobs:
        if left <= 0:
            break
        bounded.append(job._replace(most=left))
        known = read_ledger(folder.out, job.shard)
        left -= known.rows if known else 0
    return bounded


def _rows(done: Sequence[ShardSummary]) -> int:
    return sum(shard.rows for shard in done)
