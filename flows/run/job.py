"""What a worker gets and how it marks its progress."""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from flows.picture.outcome import Stopwatch
from flows.processes import stop_file
from flows.store.identity import regions_hash
from flows.store.layout import describe_file
from flows.store.ledger import ShardSummary, finished, write_ledger
from flows.store.run_folder import RunFolder
from schemas.errors import StoppedError
from schemas.settings.config import RunConfig


class ShardJob(NamedTuple):
    """One shard's work; small and picklable.

    Args:
        out: Dataset folder.
        shard: Number of the shard.
        config: Of the run.
        settings: Hash of everything in it that can change a row. Made once a run, since it reads
            every file that the configuration names.
        regions: Hash of what can change the proposals of regions.
        most: Rows after which the shard may stop; ``None`` makes all.
    """

    out: str
    shard: int
    config: RunConfig
    settings: str
    regions: str
    most: int | None = None

    @property
    def folder(self) -> RunFolder:
        """The folder of the run."""
        return RunFolder(Path(self.out))


def jobs_of(folder: RunFolder, config: RunConfig) -> list[ShardJob]:
    """A job for every shard of a claimed folder.

    Raises:
        ConfigError: A file the configuration names cannot be read any more.
    """
    settings, regions = folder.identity()["config_hash"], regions_hash(config)
    return [
        ShardJob(str(folder.out), shard, config, settings, regions)
        for shard in range(folder.shards())
    ]


class ProgressMarks:
    """Marks every finished picture by one byte in a file of this process."""

    def __init__(self, folder: Path, stage: str) -> None:
        self._stop = stop_file(folder)
        self._file = (folder / "progress" / f"{stage}.{os.getpid()}").open("ab", buffering=0)

    def tick(self, pictures: int = 1) -> None:
        """Mark pictures as done; raises ``StoppedError`` once the user has interrupted the run."""
        if self._stop.exists():
            raise StoppedError("interrupted; the same command goes on from here")
        self._file.write(b"." * pictures)

    def close(self) -> None:
        """Close the file of marks."""
        self._file.close()


class ShardWork:
    """A shard while it is worked on; see ``shard_work``.

    Args:
        job: Which.
        stage: Of the road: ingest, segment or build.
        key: Over everything that decides what the shard holds.
        marks: Of finished pictures.
    """

    def __init__(self, job: ShardJob, stage: str, key: str, marks: ProgressMarks) -> None:
        self.job, self.stage, self.key, self.tick = job, stage, key, marks.tick
        self.watch = Stopwatch()
        done = finished(job.folder.out, job.shard, key, stage, job.config.run.verify)
        self.done = done if done is not None and done.serves(job.most) else None
        """What the ledger says where the shard is finished already."""

    def finish(self, paths: Sequence[Path], counts: Mapping[str, int]) -> ShardSummary:
        """Write the ledger, which makes the shard a finished one."""
        out = self.job.folder.out
        files = [describe_file(out, path) for path in paths]
        summary = ShardSummary(self.job.shard, self.key, files, dict(counts), dict(self.watch))
        return write_ledger(out, summary, self.stage)


@contextmanager
def shard_work(job: ShardJob, stage: str, pictures: int, *decides: str) -> Iterator[ShardWork]:
    """Work on a shard; one that is finished under the same key is only marked as done.

    Args:
        job: Which.
        stage: Of the road: ingest, segment or build.
        pictures: How many it has.
        decides: Everything that decides what the shard holds.
    """
    key = hashlib.sha256("\n".join((stage, *decides)).encode()).hexdigest()[:32]
    marks = ProgressMarks(job.folder.work, stage)
    try:
        work = ShardWork(job, stage, key, marks)
        if work.done:
            work.tick(pictures)
        yield work
    finally:
        marks.close()
