"""Shards as Prefect tasks, whoever runs them.

A task is a shard, never a picture: a task costs Prefect milliseconds, a picture costs us
milliseconds. Tasks take and return small records. Results are not cached by Prefect; what is done
is known from our own ledgers.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task

from flows.run.engines import engine
from flows.run.engines.devices import Work, over_devices
from flows.run.engines.engine import Done, by_shard, can_help
from flows.run.job import ShardJob
from flows.store.ledger import ShardSummary


class PrefectTasks:
    """Runs shards with the task runner of the flow it is used in.

    Args:
        retries: Times a shard is tried again.
        tagged: Makes what is submitted meanwhile go to workers with a GPU; none: there are no
            others than this machine's.
    """

    def __init__(
        self, retries: int, tagged: Callable[[], AbstractContextManager[Any]] | None = None
    ) -> None:
        self._retries, self._tagged = retries, tagged

    def each(self, work: Work, jobs: Sequence[ShardJob], *more: Any) -> list[ShardSummary]:
        """See ``Engine``."""
        made = shard_task(work, self._retries)
        futures = [made.submit(job, *more) for job in jobs]
        return [future.result() for future in futures]

    def with_models(
        self, work: Work, jobs: Sequence[ShardJob], devices: Sequence[str], *more: Any
    ) -> Iterator[Done]:
        """See ``Engine``; on a cluster whoever has a GPU holds the models."""
        if self._tagged:
            made = shard_task(work, self._retries)
            with self._tagged():
                futures = [(job, made.submit(job, *more)) for job in jobs]
            for job, future in futures:
                yield job, future.result()
        elif len(devices) > 1:
            yield from over_devices(devices, self._retries, work, jobs, *more)
        else:
            made = shard_task(work, self._retries)
            for job in jobs:
                yield job, made(job, *more)

    def behind(self, ready: Iterable[Done], then: Work) -> list[ShardSummary]:
        """See ``Engine``."""
        made = shard_task(then, self._retries)
        futures = [made.submit(job) for job, _ in ready]
        return sorted((future.result() for future in futures), key=by_shard)


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
