"""Shards as Prefect tasks: in threads or in processes.

A task is a shard, never a picture: a task costs Prefect milliseconds, a picture costs us
milliseconds. Tasks take and return small records. Results are not cached by Prefect; what is done
is known from our own ledgers.
"""

from collections.abc import Sequence
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task

from flows.run import engine
from flows.run.engine import Work, can_help
from flows.run.job import ShardJob
from flows.store.ledger import ShardSummary


class PrefectTasks:
    """Runs shards with the task runner of the flow it is used in.

    Args:
        retries: Times a shard is tried again.
    """

    def __init__(self, retries: int) -> None:
        self._retries = retries

    def each(self, work: Work, jobs: Sequence[ShardJob], *more: Any) -> list[ShardSummary]:
        """See ``Engine``."""
        made = shard_task(work, self._retries)
        futures = [made.submit(job, *more) for job in jobs]
        return [future.result() for future in futures]

    def here(self, work: Work, jobs: Sequence[ShardJob], *more: Any) -> list[ShardSummary]:
        """See ``Engine``."""
        made = shard_task(work, self._retries)
        return [made(job, *more) for job in jobs]

    def after_each(
        self, first: Work, then: Work, jobs: Sequence[ShardJob], *more: Any
    ) -> list[ShardSummary]:
        """See ``Engine``."""
        one, other = (shard_task(work, self._retries) for work in (first, then))
        futures = []
        for job in jobs:
            one(job, *more)
            futures.append(other.submit(job))
        return [future.result() for future in futures]


def shard_task(work: Work, retries: int) -> Task[..., ShardSummary]:
    """A task that is tried again where that can help; its result is not kept by Prefect."""
    name = work.__name__.removeprefix("run_")
    return task(
        name=name,
        task_run_name=name + "-{job.shard:05d}",
        cache_policy=NO_CACHE,
        persist_result=False,
        retries=retries,
        retry_delay_seconds=engine.RETRY_SECONDS,
        retry_condition_fn=_can_help,
    )(work)


def _can_help(task: Task[..., Any], run: TaskRun, state: State[Any]) -> bool:
    try:
        state.result()
    except Exception as error:  # noqa: BLE001  # whatever failed: only its kind is looked at
        return can_help(error)
    return False
