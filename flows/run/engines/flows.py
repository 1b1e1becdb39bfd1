"""A run as a Prefect flow, with the task runner of the engine that is asked for."""

import signal
from concurrent.futures import BrokenExecutor
from typing import TypeVar

from prefect import flow

from flows.processes import interruptible
from flows.run.engines.clusters import refused, runner_for, tagged
from flows.run.engines.prefect_server import reported
from flows.run.engines.tasks import PrefectTasks
from flows.run.progress import StageProgress
from flows.run.stages import Stages
from flows.store.log import say
from flows.store.run_folder import RunFolder
from schemas.settings.config import RunConfig

ResultT = TypeVar("ResultT")


def run_flow(
    name: str,
    stages: Stages[ResultT],
    folder: RunFolder,
    config: RunConfig,
    progress: StageProgress,
) -> ResultT:
    """Run the stages as a flow; whether they are done is known from us, not from Prefect.

    A pool of processes ends with any of its workers. It is replaced then, as often as a shard is
    tried again, and the stages go on from what is finished; clusters replace workers themselves.
    """
    done: list[ResultT] = []
    tags = tagged(config.run)

    @flow(
        name=f"iqa-spider {name}",
        flow_run_name=f"{name} {folder.out.name}",
        task_runner=runner_for(config.run),
    )
    def run() -> None:
        # Prefect takes SIGTERM for itself while a flow runs, so it is caught inside of it.
        with interruptible(folder.interrupt, signal.SIGTERM):
            done.append(stages(folder, config, progress, PrefectTasks(config.run.retries, tags)))

    for _ in range(config.run.retries):
        try:
            return reported(run, done)
        except BrokenExecutor:
            line = "a worker process died; going on with new ones"
            say(folder.work, line)
            progress.console.print(line, highlight=False)
        except RuntimeError as error:
            raise refused(config.run, error) or error from None
    return reported(run, done)
