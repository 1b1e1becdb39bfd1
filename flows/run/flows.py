"""The Prefect flow of ``build``: ingest, select, regions on a device, build, finish."""

import json
import signal
from collections import Counter
from collections.abc import Sequence

from prefect import flow

from flows.dataset.balance import RunSummary
from flows.dataset.card import write_card
from flows.dataset.manifest import versions, write_manifest
from flows.dataset.stats import summed
from flows.ingest.selection import select_pictures
from flows.processes import interruptible
from flows.regions.choose import is_exclusive, region_source
from flows.regions.stored import STAGE
from flows.run.job import ShardJob
from flows.run.progress import StageProgress
from flows.run.tasks import (
    all_shards,
    build_shard,
    ingest_shard,
    runner_for,
    segment_here,
    segment_shard,
)
from flows.store.layout import MANIFEST, FileEntry, write_text
from flows.store.ledger import ShardSummary
from flows.store.run_folder import RunFolder
from schemas.config import RunConfig
from schemas.errors import ContractError


@flow(name="iqa-spider build", validate_parameters=False)
def build_flow(folder: RunFolder, config: RunConfig, progress: StageProgress) -> RunSummary:
    """Ingest every shard, select, build every shard, finish."""
    with interruptible(folder.work, signal.SIGTERM):
        return _stages(folder, config, progress)


def _stages(folder: RunFolder, config: RunConfig, progress: StageProgress) -> RunSummary:
    shards, text = folder.shards(), config.model_dump_json()
    jobs = [ShardJob(str(folder.out), shard, text) for shard in range(shards)]
    total = sum(len(folder.candidates(shard)) for shard in range(shards))
    with progress.stage("ingest", total):
        ingested = all_shards(ingest_shard, jobs, config.run.retries)
    selected = select_pictures(folder, shards, config)
    with progress.stage("build", selected["out"]):
        built = _build(folder, jobs, config)
    summary = RunSummary.of(total, ingested, selected, built)
    finish(folder, config, summary, built, dict(progress.seconds))
    return summary


def _build(folder: RunFolder, jobs: Sequence[ShardJob], config: RunConfig) -> list[ShardSummary]:
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


def finish(
    folder: RunFolder,
    config: RunConfig,
    summary: RunSummary,
    built: Sequence[ShardSummary],
    seconds: dict[str, float],
) -> None:
    """Write what a dataset says about itself, the manifest last."""
    write_card(folder.out, config, summed(built), summary.counts)
    identity = json.loads((folder.work / "run.json").read_text(encoding="utf-8"))
    source = region_source(config.regions)
    regions = {"source": source.name, **getattr(source, "provenance", dict)()}
    write_manifest(folder.out, config, identity, summary, built, seconds, regions)


@flow(name="iqa-spider segment", validate_parameters=False)
def segment_flow(folder: RunFolder, config: RunConfig, progress: StageProgress) -> dict[str, int]:
    """Ingest every shard, select, propose the regions of every shard; returns the counts."""
    with interruptible(folder.work, signal.SIGTERM):
        return _segment_stages(folder, config, progress)


def _segment_stages(
    folder: RunFolder, config: RunConfig, progress: StageProgress
) -> dict[str, int]:
    shards, text = folder.shards(), config.model_dump_json()
    jobs = [ShardJob(str(folder.out), shard, text) for shard in range(shards)]
    total = sum(len(folder.candidates(shard)) for shard in range(shards))
    with progress.stage("ingest", total):
        all_shards(ingest_shard, jobs, config.run.retries)
    selected = select_pictures(folder, shards, config)
    with progress.stage("segment", selected["out"]):
        done = _segment(folder, jobs, config)
    counts = _segment_counts(total, selected, done)
    _write_stage_manifest(folder, config, counts, done, dict(progress.seconds))
    return counts


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
    lost = sum(n for name, n in counts.items() if name.startswith("rejects.segment."))
    if selected["out"] != counts["pictures"] + lost:
        raise ContractError(
            f"segment: {selected['out']} in, but {counts['pictures']} out and {lost} rejected"
        )
    counts["left_out"] = total - counts["pictures"]
    return dict(sorted(counts.items()))


def _write_stage_manifest(
    folder: RunFolder,
    config: RunConfig,
    counts: dict[str, int],
    done: list[ShardSummary],
    seconds: dict[str, float],
) -> None:
    """What a stage says about itself: settings, models, counts, checksums."""
    source = region_source(config.regions)
    provenance: dict[str, object] = getattr(source, "provenance", dict)()
    entries = [FileEntry(*entry) for shard in done for entry in shard.files]
    manifest = {
        "format": 1,
        "kind": "regions",
        "identity": json.loads((folder.work / "run.json").read_text(encoding="utf-8")),
        "config": config.model_dump(mode="json"),
        "regions": {"source": source.name, **provenance},
        "versions": versions(),
        "counts": counts,
        "timings": {f"wall.{name}": round(value, 3) for name, value in seconds.items()},
        "files": {e.path: {"size": e.size, "sha256": e.sha256} for e in sorted(entries)},
    }
    write_text(folder.out / MANIFEST, json.dumps(manifest, indent=1, sort_keys=True) + "\n")


def run_segment_flow(
    folder: RunFolder, config: RunConfig, progress: StageProgress
) -> dict[str, int]:
    """Run the flow with the runner that the configuration asks for."""
    runner = runner_for(config.run)
    return segment_flow.with_options(task_runner=runner)(folder, config, progress)
