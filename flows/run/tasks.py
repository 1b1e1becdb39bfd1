"""Prefect tasks: shards of each stage, in this process, in threads or in processes.

A task is a shard, never a picture: a task costs Prefect milliseconds, a picture costs us
milliseconds. Tasks take and return small records. Results are not cached by Prefect; what is done
is known from our own ledgers.
"""

import errno
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.task_runners import ProcessPoolTaskRunner, ThreadPoolTaskRunner
from prefect.tasks import Task

from flows.processes import start_worker
from flows.run.job import ShardJob
from flows.run.shards import run_build, run_ingest, run_segment
from flows.store.ledger import ShardSummary
from schemas.config import RunSection
from schemas.errors import EndpointError, IqaSpiderError, StorageError

RETRY_SECONDS = 2


def is_infrastructure(task: Task[..., Any], run: TaskRun, state: State[Any]) -> bool:
    """Whether trying a shard again can help: the disk or the network, but not a full disk."""
    try:
        state.result()
    except StorageError as error:
        return error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    except EndpointError:
        return True
    except IqaSpiderError:
        return False
    except OSError:
        return True
    except Exception:  # noqa: BLE001  # a bug: trying again would only hide it
        return False
    return False


def shard_task(name: str, work: Callable[..., ShardSummary]) -> Task[..., ShardSummary]:
    """A task that is tried again where that can help; its result is not kept by Prefect."""
    return task(
        name=name,
        task_run_name=name + "-{job.shard:05d}",
        cache_policy=NO_CACHE,
        persist_result=False,
        retry_delay_seconds=RETRY_SECONDS,
        retry_condition_fn=is_infrastructure,
    )(work)


ingest_shard = shard_task("ingest", run_ingest)
build_shard = shard_task("build", run_build)
segment_shard = shard_task("segment", run_segment)


def all_shards(
    stage: Task[..., ShardSummary], jobs: Sequence[ShardJob], retries: int
) -> list[ShardSummary]:
    """Run a stage over all shards with the flow's runner."""
    futures = stage.with_options(retries=retries).map(job=list(jobs))
    return [future.result() for future in futures]


def segment_here(
    jobs: Sequence[ShardJob], folder: Path, retries: int, then: Callable[[ShardJob], Any]
) -> tuple[list[ShardSummary], list[Any]]:
    """Segment shard after shard in this process, which holds the models.

    Args:
        jobs: The shards.
        folder: The stage folder.
        retries: Times a shard is tried again.
        then: Called with each shard that is segmented; what it submits runs in the workers while
            the next shard is segmented here.

    Returns:
        The shards' summaries, and what ``then`` returned.
    """
    work, done, submitted = segment_shard.with_options(retries=retries), [], []
    for job in jobs:
        done.append(work(job, folder))
        submitted.append(then(job))
    return done, submitted


def runner_for(run: RunSection) -> Any:
    """The task runner that the configuration asks for."""
    if run.workers > 1 and run.runner == "processes":
        return ProcessPoolTaskRunner(max_workers=run.workers, initializer=start_worker)
    return ThreadPoolTaskRunner(max_workers=run.workers)
