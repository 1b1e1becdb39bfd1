"""The Prefect flow of ``build``: ingest, select, regions on a device, build, finish."""

import signal
from collections.abc import Sequence

from prefect import flow

from flows.finish import finish
from flows.interrupt import interruptible
from flows.progress import StageProgress
from flows.rundir import RunFolder
from flows.select import select_pictures
from flows.shards import Job
from flows.stage import STAGE
from flows.storage import ShardSummary
from flows.summary import RunSummary
from flows.tasks import all_shards, build_shard, ingest_shard, runner_for, segment_here
from flows.tools import is_exclusive
from schemas.config import RunConfig


@flow(name="iqa-spider build", validate_parameters=False)
def build_flow(folder: RunFolder, config: RunConfig, progress: StageProgress) -> RunSummary:
    """Ingest every shard, select, build every shard, finish."""
    with interruptible(folder.work, signal.SIGTERM):
        return _stages(folder, config, progress)


def _stages(folder: RunFolder, config: RunConfig, progress: StageProgress) -> RunSummary:
    shards, text = folder.shards(), config.model_dump_json()
    jobs = [Job(str(folder.out), shard, text) for shard in range(shards)]
    total = sum(len(folder.candidates(shard)) for shard in range(shards))
    with progress.stage("ingest", total):
        ingested = all_shards(ingest_shard, jobs, config.run.retries)
    selected = select_pictures(folder, shards, config)
    with progress.stage("build", selected["out"]):
        built = _build(folder, jobs, config)
    summary = RunSummary.of(total, ingested, selected, built)
    finish(folder, config, summary, built, dict(progress.seconds))
    return summary


def _build(folder: RunFolder, jobs: Sequence[Job], config: RunConfig) -> list[ShardSummary]:
    """Build all shards; a device segments the next ones while workers degrade."""
    retries = config.run.retries
    if not is_exclusive(config.regions):
        return all_shards(build_shard, jobs, retries)
    work = build_shard.with_options(retries=retries)
    _, futures = segment_here(jobs, folder.work / STAGE, retries, lambda job: work.submit(job=job))
    return [future.result() for future in futures]


def run_build_flow(folder: RunFolder, config: RunConfig, progress: StageProgress) -> RunSummary:
    """Run the flow with the runner that the configuration asks for."""
    runner = runner_for(config.run)
    return build_flow.with_options(task_runner=runner)(folder, config, progress)
