"""Who runs the shards of a stage: this process, one after another, or Prefect and its workers.

A run that one worker does anyway needs no server: the same functions are called in a plain loop,
and a newcomer's first dataset is there before a server would have started.
"""

import errno
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from flows.run.engines.devices import Work, over_devices
from flows.run.job import ShardJob
from flows.store.ledger import ShardSummary
from schemas.errors import EndpointError, IqaSpiderError, StorageError
from schemas.settings.config import RunSection

RETRY_SECONDS = 2.0

Done = tuple[ShardJob, ShardSummary]


class Engine(Protocol):
    """Runs work on shards; a shard that failed is tried again where that can help."""

    def each(self, work: Work, jobs: Sequence[ShardJob], *more: Any) -> list[ShardSummary]:
        """``work(job, *more)`` for every job, on the workers; results in the order of the jobs."""
        ...

    def with_models(
        self, work: Work, jobs: Sequence[ShardJob], devices: Sequence[str], *more: Any
    ) -> Iterator[Done]:
        """``work(job, *more)`` where the models are held; jobs come as they are done.

        With one device this process holds them, with several one process each.
        """
        ...

    def behind(self, ready: Iterable[Done], then: Work) -> list[ShardSummary]:
        """``then(job)`` on the workers for every job as it comes; in the order of the shards."""
        ...


class InProcess:
    """Shard after shard in this process.

    Args:
        retries: Times a shard is tried again.
    """

    def __init__(self, retries: int) -> None:
        self._retries = retries

    def each(self, work: Work, jobs: Sequence[ShardJob], *more: Any) -> list[ShardSummary]:
        """See ``Engine``."""
        return [self._tried(work, job, *more) for job in jobs]

    def with_models(
        self, work: Work, jobs: Sequence[ShardJob], devices: Sequence[str], *more: Any
    ) -> Iterator[Done]:
        """See ``Engine``."""
        if len(devices) > 1:
            yield from over_devices(devices, self._retries, work, jobs, *more)
            return
        for job in jobs:
            yield job, self._tried(work, job, *more)

    def behind(self, ready: Iterable[Done], then: Work) -> list[ShardSummary]:
        """See ``Engine``."""
        return sorted((self._tried(then, job) for job, _ in ready), key=by_shard)

    def _tried(self, work: Work, job: ShardJob, *more: Any) -> ShardSummary:
        for _ in range(self._retries):
            try:
                return work(job, *more)
            except (OSError, IqaSpiderError) as error:
                if not can_help(error):
                    raise
                time.sleep(RETRY_SECONDS)
        return work(job, *more)


def by_shard(summary: ShardSummary) -> int:
    """The order of results."""
    return summary.shard


def can_help(error: BaseException) -> bool:
    """Whether trying a shard again can help: the disk or the network, but not a full disk."""
    if isinstance(error, StorageError):
        return error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    if isinstance(error, IqaSpiderError):
        return isinstance(error, EndpointError)
    return isinstance(error, OSError) or type(error).__module__.startswith("obstore")


def needs_no_server(run: RunSection, shards: int) -> bool:
    """Whether a run is as well off without Prefect.

    One worker of this machine would do it alone, and the user neither asked for Prefect nor points
    at a server.
    """
    alone = min(run.workers, shards) <= 1 and run.engine in ("local", "threads")
    return alone and run.prefect == "auto" and not _points_at_server()


def _points_at_server() -> bool:
    if os.environ.get("PREFECT_API_URL") or os.environ.get("PREFECT_PROFILE"):
        return True
    try:
        home = Path(os.environ.get("PREFECT_HOME") or Path.home() / ".prefect")
        return "PREFECT_API_URL" in (home / "profiles.toml").read_text(encoding="utf-8")
    except (OSError, RuntimeError, UnicodeDecodeError):
        return False
