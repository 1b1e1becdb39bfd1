"""What a worker gets, and what is around its work on a shard: key, claim, mark, ledger."""

import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from flows.picture.outcome import Stopwatch
from flows.store.claims import shard_lock
from flows.store.identity import regions_hash
from flows.store.layout import describe_file
from flows.store.ledger import ShardSummary, finished, forget, write_ledger
from flows.store.log import say
from flows.store.marks import Marker, stop_if
from flows.store.place import place
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
        run: Name of the command's work in the folder; see ``RunFolder``.
        most: Rows after which the shard may stop; ``None`` makes all.
    """

    out: str
    shard: int
    config: RunConfig
    settings: str
    regions: str
    run: str
    most: int | None = None

    @property
    def folder(self) -> RunFolder:
        """The folder of the run."""
        return RunFolder(place(self.out), self.run)


def jobs_of(
    folder: RunFolder, config: RunConfig, shards: Iterable[int] | None = None
) -> list[ShardJob]:
    """A job for every shard of a claimed folder, or for some.

    Raises:
        ConfigError: A file the configuration names cannot be read any more.
    """
    settings, regions = folder.identity()["config_hash"], regions_hash(config)
    return [
        ShardJob(str(folder.out), shard, config, settings, regions, folder.run)
        for shard in (range(folder.shards()) if shards is None else shards)
    ]


class ShardWork:
    """A shard while it is worked on; see ``shard_work``.

    Args:
        job: Which.
        stage: Of the road: ingest, segment or build.
        key: Over everything that decides what the shard holds.
        pictures: How many it is made of.
        done: What the ledger says where the shard is finished already.
    """

    def __init__(
        self, job: ShardJob, stage: str, key: str, pictures: int, done: ShardSummary | None
    ) -> None:
        self.job, self.stage, self.key = job, stage, key
        self.pictures, self.done = pictures, done
        self.marker = None if done else Marker(job.folder, stage, job.shard, pictures)
        self.watch = Stopwatch()

    def tick(self) -> None:
        """One picture more is done; raises ``StoppedError`` once the run is interrupted."""
        if self.marker:
            self.marker.tick()

    def finish(self, paths: Sequence[Path], counts: Mapping[str, int]) -> ShardSummary:
        """Write the ledger, which makes the shard a finished one."""
        out = self.job.folder.out
        files = [describe_file(out, path) for path in paths]
        counted, seconds = dict(counts), dict(self.watch)
        summary = ShardSummary(
            self.job.shard, self.key, files, counted, seconds, pictures=self.pictures
        )
        return write_ledger(out, summary, self.stage)


def shard_key(stage: str, *decides: str) -> str:
    """One hash over everything that decides what a shard holds."""
    return hashlib.sha256("\n".join((stage, *decides)).encode()).hexdigest()[:32]


@contextmanager
def shard_work(job: ShardJob, stage: str, pictures: int, key: str) -> Iterator[ShardWork]:
    """Work on a shard, alone; one that is finished under the same key is left as it is.

    Args:
        job: Which.
        stage: Of the road: ingest, segment or build.
        pictures: How many it has.
        key: Over everything that decides what the shard holds.
    """
    folder = job.folder
    stop_if(folder.interrupted())
    name = f"{stage}-{job.shard:05d}"
    with shard_lock(folder.work, name, lambda: stop_if(folder.interrupted())):
        done = finished(folder.out, job.shard, key, stage, job.config.run.verify)
        if done is not None and not done.serves(job.most):
            done = None
        if done is None:
            forget(folder.out, job.shard, stage)
        with _marked(ShardWork(job, stage, key, pictures, done)) as work:
            begun = time.perf_counter()
            yield work
        if done is None:
            spent = time.perf_counter() - begun
            say(folder.work, f"{stage} {job.shard} done: {pictures} pictures, {spent:.1f} s")


@contextmanager
def _marked(work: ShardWork) -> Iterator[ShardWork]:
    """The mark of a shard that failed stays and says why."""
    try:
        yield work
    except (KeyboardInterrupt, StoppedError):
        raise
    except BaseException as error:
        if work.marker:
            why = f"{type(error).__name__}: {error}"
            work.marker.fail(why)
            work.marker = None
            say(work.job.folder.work, f"{work.stage} {work.job.shard} failed: {why}")
        raise
    finally:
        if work.marker:
            work.marker.remove()
