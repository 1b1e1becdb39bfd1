"""The Prefect flow: shards as tasks, in this process, in threads or in processes.

A task is a shard, never a picture: a task costs Prefect milliseconds, a picture costs us
milliseconds. Tasks take and return small records. Results are not cached by Prefect; what is done
is known from our own ledgers.
"""

import errno
from collections.abc import Callable, Sequence
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.task_runners import ProcessPoolTaskRunner, ThreadPoolTaskRunner
from prefect.tasks import Task

from flows.finish import finish
from flows.progress import StageProgress
from flows.rundir import RunFolder
from flows.select import select_pictures
from flows.shards import Job, run_build, run_ingest, start_worker
from flows.storage import ShardSummary
from flows.summary import RunSummary
from schemas.config import RunConfig
from schemas.errors import IqaSpiderError, StorageError

RETRY_SECONDS = 2


def is_infrastructure(task: Task[..., Any], run: TaskRun, state: State[Any]) -> bool:
    """Whether trying a shard again can help: the disk or the network, but not a full disk."""
    try:
        state.result()
    except StorageError as error:
        return error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    except IqaSpiderError:
        return False
    except OSError:
        return True
    except Exception:  # noqa: BLE001  # a bug: trying again would only hide it
        return False
    return False


def _shard_task(name: str, work: Callable[[Job], ShardSummary]) -> Task[..., ShardSummary]:
    return task(
        name=name,
        task_run_name=name + "-{job.shard:05d}",
        cache_policy=NO_CACHE,
        persist_result=False,
        retry_delay_seconds=RETRY_SECONDS,
        retry_condition_fn=is_infrastructure,
    )(work)


ingest_shard = _shard_task("ingest", run_ingest)
build_shard = _shard_task("build", run_build)


def _map(stage: Task[..., ShardSummary], jobs: Sequence[Job], retries: int) -> list[ShardSummary]:
    futures = stage.with_options(retries=retries).map(job=list(jobs))
    return [future.result() for future in futures]


@flow(name="iqa-spider build", validate_parameters=False)
def build_flow(folder: RunFolder, config: RunConfig, progress: StageProgress) -> RunSummary:
    """Ingest every shard, select, build every shard, finish."""
    shards, text = folder.shards(), config.model_dump_json()
    jobs = [Job(str(folder.out), shard, text) for shard in range(shards)]
    total = sum(len(folder.candidates(shard)) for shard in range(shards))
    with progress.stage("ingest", total):
        ingested = _map(ingest_shard, jobs, config.run.retries)
    selected = select_pictures(folder, shards, config)
    with progress.stage("build", selected["out"]):
        built = _map(build_shard, jobs, config.run.retries)
    summary = RunSummary.of(total, ingested, selected, built)
    finish(folder, config, summary, built, dict(progress.seconds))
    return summary


def run_flow(folder: RunFolder, config: RunConfig, progress: StageProgress) -> RunSummary:
    """Run the flow with the runner that the configuration asks for."""
    workers = config.run.workers
    if workers > 1 and config.run.runner == "processes":
        runner: Any = ProcessPoolTaskRunner(max_workers=workers, initializer=start_worker)
    else:
        runner = ThreadPoolTaskRunner(max_workers=workers)
    return build_flow.with_options(task_runner=runner)(folder, config, progress)
