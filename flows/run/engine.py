"""Who runs the shards of a stage: this process, one after another, or Prefect and its workers.

A run that one worker does anyway needs no server: the same functions are called in a plain loop,
and a newcomer's first dataset is there before a server would have started.
"""

import errno
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from flows.run.job import ShardJob
from flows.store.ledger import ShardSummary
from schemas.errors import EndpointError, IqaSpiderError, StorageError
from schemas.settings.config import RunSection

RETRY_SECONDS = 2.0

Work = Callable[..., ShardSummary]


class Engine(Protocol):
    """Runs work on shards; a shard that failed is tried again where that can help."""

    def each(self, work: Work, jobs: Sequence[ShardJob], *more: Any) -> list[ShardSummary]:
        """``work(job, *more)`` for every job, on the workers; results in the order of the jobs."""
        ...

    def here(self, work: Work, jobs: Sequence[ShardJob], *more: Any) -> list[ShardSummary]:
        """The same job after job in this process, which holds the models."""
        ...

    def after_each(
        self, first: Work, then: Work, jobs: Sequence[ShardJob], *more: Any
    ) -> list[ShardSummary]:
        """``first(job, *more)`` in this process; ``then(job)`` on the workers meanwhile."""
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

    def here(self, work: Work, jobs: Sequence[ShardJob], *more: Any) -> list[ShardSummary]:
        """See ``Engine``."""
        return self.each(work, jobs, *more)

    def after_each(
        self, first: Work, then: Work, jobs: Sequence[ShardJob], *more: Any
    ) -> list[ShardSummary]:
        """See ``Engine``."""
        done = []
        for job in jobs:
            self._tried(first, job, *more)
            done.append(self._tried(then, job))
        return done

    def _tried(self, work: Work, job: ShardJob, *more: Any) -> ShardSummary:
        for _ in range(self._retries):
            try:
                return work(job, *more)
            except (OSError, IqaSpiderError) as error:
                if not can_help(error):
                    raise
                time.sleep(RETRY_SECONDS)
        return work(job, *more)


def can_help(error: BaseException) -> bool:
    """Whether trying a shard again can help: the disk or the network, but not a full disk."""
    if isinstance(error, StorageError):
        return error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    if isinstance(error, IqaSpiderError):
        return isinstance(error, EndpointError)
    return isinstance(error, OSError)


def needs_no_server(run: RunSection, shards: int) -> bool:
    """Whether a run is as well off without Prefect.

    One worker would do it alone, and the user neither asked for Prefect nor points at a server.
    """
    alone = min(run.workers, shards) <= 1
    return alone and run.prefect == "auto" and not _points_at_server()


def _points_at_server() -> bool:
    if os.environ.get("PREFECT_API_URL") or os.environ.get("PREFECT_PROFILE"):
        return True
    try:
        home = Path(os.environ.get("PREFECT_HOME") or Path.home() / ".prefect")
        return "PREFECT_API_URL" in (home / "profiles.toml").read_text(encoding="utf-8")
    except (OSError, RuntimeError, UnicodeDecodeError):
        return False
