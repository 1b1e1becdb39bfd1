"""The stages of a run, whoever runs the shards: ingest, select, then regions or whole datasets."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple, Protocol, TypeVar

import pyarrow.parquet as pq

from annotators.regions.source import RegionSource
from flows.dataset.balance import RunSummary
from flows.dataset.card import write_card
from flows.dataset.manifest import write_manifest, write_stage_manifest
from flows.dataset.statistics.shortcuts import measured
from flows.dataset.statistics.stats import summed
from flows.ingest.selection import select_pictures
from flows.looking.gallery.page import write_small_gallery
from flows.regions.choose import chosen_source, is_exclusive
from flows.regions.stored import STAGE
from flows.run.engines.devices import devices_of, on_device
from flows.run.engines.engine import Engine, by_shard
from flows.run.first_rows import build_first
from flows.run.job import ShardJob, jobs_of
from flows.run.progress import StageProgress
from flows.run.shards import run_build, run_ingest, run_segment
from flows.store.layout import sweep
from flows.store.ledger import ShardSummary
from flows.store.place import is_remote, readable
from flows.store.plan import Plan, read_plan, write_plan
from flows.store.run_folder import RunFolder, selected_files
from schemas.counts import PICTURES, REJECTS, Counted
from schemas.errors import ContractError
from schemas.settings.config import RunConfig

ResultT = TypeVar("ResultT", covariant=True)


class Stages(Protocol[ResultT]):
    """All stages of a command over the shards of a claimed folder."""

    def __call__(
        self, folder: RunFolder, config: RunConfig, progress: StageProgress, engine: Engine
    ) -> ResultT:
        """What the run made."""
        ...


def build_stages(
    folder: RunFolder, config: RunConfig, progress: StageProgress, engine: Engine
) -> RunSummary:
    """Ingest every shard, select, build every shard, finish."""
    selection = _select(folder, config, progress, engine)
    with progress.stage("build", selection.counts["out"]):
        built = _build(folder, selection.jobs, config, engine)
    entered = dict(selection.counts)
    if config.rows is not None:
        left = selection.jobs[len(built) :]
        entered["unreached"] = _selected(folder, [job.shard for job in left])
    summary = RunSummary.of(selection.total, selection.ingested, entered, built)
    finish(folder, config, summary, built, dict(progress.seconds))
    return summary


def segment_stages(
    folder: RunFolder, config: RunConfig, progress: StageProgress, engine: Engine
) -> dict[str, int]:
    """Ingest every shard, select, propose the regions of every shard; returns the counts."""
    selection = _select(folder, config, progress, engine)
    with progress.stage("segment", selection.counts["out"]):
        done = _segment(folder, selection.jobs, config, engine)
    counts = _segment_counts(selection.total, selection.counts, done)
    said, seconds = read_plan(folder.work).regions, dict(progress.seconds)
    write_stage_manifest(folder.out, config, folder.identity(), counts, done, seconds, said)
    return counts


def plan_stages(
    folder: RunFolder, config: RunConfig, progress: StageProgress, engine: Engine
) -> dict[str, int]:
    """Ingest every shard and select; returns the counts."""
    selection = _select(folder, config, progress, engine)
    return {"files looked at": selection.total, "photographs used": selection.counts["out"]}


class Slice(NamedTuple):
    """Some shards of a planned run, as stages."""

    shards: Sequence[int]

    def __call__(
        self, folder: RunFolder, config: RunConfig, progress: StageProgress, engine: Engine
    ) -> list[ShardSummary]:
        """Build these shards, in whatever order."""
        with progress.stage("build", _selected(folder, self.shards), self.shards):
            return _build(folder, jobs_of(folder, config, self.shards), config, engine)


class Selection(NamedTuple):
    """The first half of both roads.

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


def _select(
    folder: RunFolder, config: RunConfig, progress: StageProgress, engine: Engine
) -> Selection:
    jobs = jobs_of(folder, config)
    total = sum(len(folder.candidates(job.shard)) for job in jobs)
    with progress.stage("ingest", total):
        ingested = engine.each(run_ingest, jobs)
    counts = select_pictures(folder, len(jobs), config)
    source = chosen_source(on_device(config, devices_of(config)[0]).regions)
    write_plan(folder.work, Plan(config, total, counts, said_of(source)))
    return Selection(jobs, total, ingested, counts)


def _build(
    folder: RunFolder, jobs: Sequence[ShardJob], config: RunConfig, engine: Engine
) -> list[ShardSummary]:
    """Build all shards; devices segment the next ones while workers degrade."""

    def build(some: Sequence[ShardJob]) -> list[ShardSummary]:
        if not is_exclusive(config.regions):
            return engine.each(run_build, some)
        stage, devices = folder.work / STAGE, devices_of(config)
        return engine.behind(engine.with_models(run_segment, some, devices, stage), run_build)

    if config.rows is None:
        return build(jobs)
    return build_first(build, folder, jobs, config.rows, config.run.workers)


def _selected(folder: RunFolder, shards: Sequence[int]) -> int:
    """Selected pictures of some shards."""
    files = (selected_files(folder.work, shard)[0] for shard in shards)
    return sum(pq.read_metadata(readable(file)).num_rows for file in files)


def _segment(
    folder: RunFolder, jobs: Sequence[ShardJob], config: RunConfig, engine: Engine
) -> list[ShardSummary]:
    stage = folder.out / STAGE
    if is_exclusive(config.regions):
        done = engine.with_models(run_segment, jobs, devices_of(config), stage)
        return sorted((summary for _, summary in done), key=by_shard)
    return engine.each(run_segment, jobs, stage)


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
    sweep(folder.out)  # of workers that were killed while others went on
    identity = folder.identity()
    guessed, hashed = measured(folder.out), identity["config_hash"]
    write_card(folder.out, config, hashed, summed(built), summary.counts, guessed)
    if config.run.look and not is_remote(folder.out):  # its page is opened from a disk
        write_small_gallery(folder.out, config)
    regions = read_plan(folder.work).regions
    write_manifest(folder.out, config, identity, summary, built, seconds, regions, guessed)
