"""A run as a Prefect flow, with the task runner that the configuration asks for."""

import signal
from typing import Any, TypeVar

from prefect import flow
from prefect.task_runners import ProcessPoolTaskRunner, ThreadPoolTaskRunner

from flows.processes import interruptible, start_worker
from flows.run.prefect_server import reported
from flows.run.progress import StageProgress
from flows.run.stages import Stages
from flows.run.tasks import PrefectTasks
from flows.store.run_folder import RunFolder
from schemas.settings.config import RunConfig, RunSection

ResultT = TypeVar("ResultT")


def run_flow(
    name: str,
    stages: Stages[ResultT],
    folder: RunFolder,
    config: RunConfig,
    progress: StageProgress,
) -> ResultT:
    """Run the stages as a flow; whether they are done is known from us, not from Prefect."""
    done: list[ResultT] = []

    @flow(name=f"iqa-spider {name}", task_runner=runner_for(config.run))
    def run() -> None:
        # Prefect takes SIGTERM for itself while a flow runs, so it is caught inside of it.
        with interruptible(folder.work, signal.SIGTERM):
            done.append(stages(folder, config, progress, PrefectTasks(config.run.retries)))

    return reported(run, done)


def runner_for(run: RunSection) -> Any:
    """The task runner that the configuration asks for."""
    if run.workers > 1 and run.runner == "processes":
        return ProcessPoolTaskRunner(max_workers=run.workers, initializer=start_worker)
    return ThreadPoolTaskRunner(max_workers=run.workers)
