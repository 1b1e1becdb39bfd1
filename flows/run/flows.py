"""The Prefect flows: ingest, select, then regions or whole datasets, shard by shard."""

import signal
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from prefect import flow

from annotators.regions.source import RegionSource
from flows.dataset.balance import RunSummary
from flows.dataset.card import write_card
from flows.dataset.manifest import write_manifest, write_stage_manifest
from flows.dataset.stats import collect
from flows.ingest.selection import select_pictures
from flows.processes import interruptible
from flows.regions.choose import chosen_source, is_exclusive
from flows.regions.stored import STAGE
from flows.run.job import ShardJob, jobs_of
from flows.run.prefect_server import reported
from flows.run.progress import StageProgress
from flows.run.tasks import (
    all_shards,
    build_shard,
    ingest_shard,
    runner_for,
    segment_here,
    segment_shard,
)
from flows.store.ledger import ShardSummary
from flows.store.run_folder import RunFolder
from schemas.config import RunConfig
from schemas.counts import PICTURES, REJECTS, Counted
from schemas.errors import ContractError

ResultT = TypeVar("ResultT")


def run_build_flow(folder: RunFolder, config: RunConfig, progress: StageProgress) -> RunSummary:
    """Ingest every shard, select, build every shard, finish."""
    return _run("build", _build_stages, folder, config, progress)


def run_segment_flow(
    folder: RunFolder, config: RunConfig, progress: StageProgress
) -> dict[str, int]:
    """Ingest every shard, select, propose the regions of every shard; returns the counts."""
    return _run("segment", _segment_stages, folder, config, progress)


def _run(
    name: str,
    stages: Callable[[RunFolder, RunConfig, StageProgress], ResultT],
    folder: RunFolder,
    config: RunConfig,
    progress: StageProgress,
) -> ResultT:
    """Run the stages as a Prefect flow, with the runner that the configuration asks for."""
    done: list[ResultT] = []

    @flow(name=f"iqa-spider {name}", task_runner=runner_for(config.run))
    def run() -> None:
        with interruptible(folder.work, signal.SIGTERM):
            done.append(stages(folder, config, progress))

    return reported(run, done)


def _build_stages(folder: RunFolder, config: RunConfig, progress: StageProgress) -> RunSummary:
    selection = _select(folder, config, progress)
    with progress.stage("build", selection.counts["out"]):
        built = _build(folder, selection.jobs, config)
    summary = RunSummary.of(selection.total, selection.ingested, selection.counts, built)
    finish(folder, config, summary, built, dict(progress.seconds))
    return summary


def _segment_stages(
    folder: RunFolder, config: RunConfig, progress: StageProgress
) -> dict[str, int]:
    selection = _select(folder, config, progress)
    with progress.stage("segment", selection.counts["out"]):
        done = _segment(folder, selection.jobs, config)
    counts = _segment_counts(selection.total, selection.counts, done)
    said, seconds = said_of(chosen_source(config.regions)), dict(progress.seconds)
    write_stage_manifest(folder.out, config, folder.identity(), counts, done, seconds, said)
    return counts


class Selection(NamedTuple):
    """The first half of both flows.

    Args:
        jobs: One a shard.
        total: Candidates of all shards.
        ingested: What the shards' ingest said.
        counts: Of the global pass: in, out, rejects.
    """

    jobs: list[ShardJob]
    total: int
    ingested: list[ShardSummary]
    counts: dict[str, int]


def _select(folder: RunFolder, config: RunConfig, progress: StageProgress) -> Selection:
    jobs = jobs_of(folder, config)
    total = sum(len(folder.candidates(job.shard)) for job in jobs)
    with progress.stage("ingest", total):
        ingested = all_shards(ingest_shard, jobs, config.run.retries)
    return Selection(jobs, total, ingested, select_pictures(folder, len(jobs), config))


def _build(folder: RunFolder, jobs: Sequence[ShardJob], config: RunConfig) -> list[ShardSummary]:
    """Build all shards; a device segments the next ones while workers degrade."""
    retries = config.run.retries
    if not is_exclusive(config.regions):
        return all_shards(build_shard, jobs, retries)
    work = build_shard.with_options(retries=retries)
    _, futures = segment_here(jobs, folder.work / STAGE, retries, lambda job: work.submit(job=job))
    return [future.result() for future in futures]


def _segment(folder: RunFolder, jobs: list[ShardJob], config: RunConfig) -> list[ShardSummary]:
    stage, retries = folder.out / STAGE, config.run.retries
    if is_exclusive(config.regions):
        return segment_here(jobs, stage, retries, lambda job: None)[0]
    work = segment_shard.with_options(retries=retries)
    futures = [work.submit(job=job, folder=stage) for job in jobs]
    return [future.result() for future in futures]


def _segment_counts(
    total: int, selected: dict[str, int], done: list[ShardSummary]
) -> dict[str, int]:
    counts: Counter[str] = Counter(candidates=total)
    for shard in done:
        counts.update(shard.counts)
    lost = sum(Counted(REJECTS("segment")).under(counts).values())
    if selected["out"] != counts[PICTURES] + lost:
        raise ContractError(
            f"segment: {selected['out']} in, but {counts[PICTURES]} out and {lost} rejected"
        )
    counts["left_out"] = total - counts[PICTURES]
    return dict(sorted(counts.items()))


def said_of(source: RegionSource) -> dict[str, object]:
    """A region source as manifests name it: source, models, versions, checksums."""
    return {"source": source.name, **source.provenance()}


def finish(
    folder: RunFolder,
    config: RunConfig,
    summary: RunSummary,
    built: Sequence[ShardSummary],
    seconds: dict[str, float],
) -> None:
    """Write what a dataset says about itself, the manifest last."""
    identity = folder.identity()
    write_card(folder.out, config, identity["config_hash"], collect(folder.out), summary.counts)
    regions = said_of(chosen_source(config.regions))
    write_manifest(folder.out, config, identity, summary, built, seconds, regions)
