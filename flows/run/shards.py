"""What is done with one shard, as plain functions of small picklable jobs.

Prefect tasks in ``build.py`` only call these. A shard that is already finished under the same key
is left alone; anything less is cleared and done again.
"""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pyarrow.parquet as pq

from distortions.plan import fingerprint
from distortions.plugins import load_plugins
from flows.human.folder import annotated_hashes
from flows.ingest.candidate import ingest_candidate
from flows.picture.outcome import PictureTools, Stopwatch
from flows.regions.choose import is_exclusive, region_source
from flows.regions.propose import propose_all
from flows.regions.stored import STAGE, stage_files, to_records, write_stage
from flows.run.job import ProgressMarks, ShardJob, settings_of, shard_key
from flows.run.picture_queue import outcomes
from flows.run.prepare import make_tools
from flows.store.identity import code_version, regions_hash, settings_hash
from flows.store.layout import describe_file
from flows.store.ledger import ShardSummary, finished, write_ledger
from flows.store.run_folder import RunFolder, ingest_files, selected_files
from flows.store.shards import ShardWriter, clear_shard
from flows.store.tables import write_table
from schemas.errors import PictureError
from schemas.records import Picture, ProposedRegion, Reject


def run_segment(job: ShardJob, folder: Path) -> ShardSummary:
    """Propose the regions of one shard of selected pictures and store them in a stage folder."""
    config, run = settings_of(job.config), RunFolder(Path(job.out))
    selected, _ = selected_files(run.work, job.shard)
    inputs = describe_file(run.out, selected).sha256
    key = shard_key("segment", inputs, regions_hash(config), code_version())
    pictures = Picture.from_table(pq.read_table(selected))
    ticker = ProgressMarks(run.work, "segment")
    done = finished(run.out, job.shard, key, "segment", config.run.verify)
    if done:
        ticker.tick(len(pictures))
        ticker.close()
        return done
    candidates = {(c.source, c.path): c for c in run.candidates(job.shard)}
    kept: list[Picture] = []
    stored: list[ProposedRegion] = []
    rejects: list[Reject] = []
    watch = Stopwatch()
    with watch("segment"):
        for found in propose_all(pictures, candidates, region_source(config.regions), config):
            kept += [] if found.lost else [found.picture]
            stored += to_records(found.picture, found.proposals)
            rejects += found.rejects
            ticker.tick()
    ticker.close()
    files = [describe_file(run.out, path) for path in
             write_stage(folder, job.shard, kept, stored, rejects)]  # fmt: skip
    counts = {"in": len(pictures), "pictures": len(kept), "proposals": len(stored),
              "named": sum(bool(region.label) for region in stored),
              "empty": len(kept) - len({region.picture_id for region in stored}),
              **_by_reason(rejects)}  # fmt: skip
    summary = ShardSummary(job.shard, key, files, counts, dict(watch))
    return write_ledger(run.out, summary, "segment")


def _by_reason(rejects: Sequence[Reject]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for reject in rejects:
        name = f"rejects.{reject.stage}.{reject.reason}"
        counts[name] = counts.get(name, 0) + 1
    return counts


@cache
def _tools(config: str, stage: Path | None) -> PictureTools:
    """Made once per process; heavy threads of libraries are switched off beside our own."""
    cv2.setNumThreads(1)
    # Once a block this large was freed, the C library keeps such blocks instead of handing them
    # back, and fresh pages for every picture-sized array cost more than most distortions.
    np.empty(31 << 20, np.uint8)
    return make_tools(settings_of(config), stage)


def run_ingest(job: ShardJob) -> ShardSummary:
    """Decode, screen and hash the candidates of one shard."""
    config, folder = settings_of(job.config), RunFolder(Path(job.out))
    cv2.setNumThreads(1)
    candidates = folder.candidates(job.shard)
    section = config.model_dump_json(include={"ingest", "screen"})
    unscreened = annotated_hashes(config)
    key = shard_key(
        "ingest",
        json.dumps([list(c) for c in candidates]),
        section,
        *sorted(unscreened),
        code_version(),
    )
    ticker = ProgressMarks(folder.work, "ingest")
    done = finished(folder.out, job.shard, key, "ingest", config.run.verify)
    if done:
        ticker.tick(len(candidates))
        ticker.close()
        return done
    pictures: list[Picture] = []
    rejects: list[Reject] = []
    watch = Stopwatch()
    with watch("ingest"):
        for candidate in candidates:
            result = ingest_candidate(candidate, config, unscreened)
            pictures += [result.picture] if result.picture else []
            rejects += [result.reject] if result.reject else []
            ticker.tick()
    ticker.close()
    paths = ingest_files(folder.work, job.shard)
    write_table(paths[0], Picture.table(pictures))
    write_table(paths[1], Reject.table(rejects))
    files = [describe_file(folder.out, path) for path in paths]
    counts = {"in": len(candidates), "out": len(pictures), "rejects": len(rejects)}
    summary = ShardSummary(job.shard, key, files, counts, dict(watch))
    return write_ledger(folder.out, summary, "ingest")


def run_build(job: ShardJob) -> ShardSummary:
    """Make every row of one shard."""
    config, folder = settings_of(job.config), RunFolder(Path(job.out))
    selected, rejected = selected_files(folder.work, job.shard)
    load_plugins(config.plugins)
    registry = json.dumps(fingerprint(), sort_keys=True)
    stage = folder.work / STAGE if is_exclusive(config.regions) else None
    read = (selected, rejected, *(stage_files(stage, job.shard) if stage else ()))
    inputs = [describe_file(folder.out, path).sha256 for path in read]
    key = shard_key("build", *inputs, settings_hash(config), registry, code_version())
    pictures = Picture.from_table(pq.read_table(selected))
    ticker = ProgressMarks(folder.work, "build")
    done = finished(folder.out, job.shard, key, verify=config.run.verify)
    if done:
        ticker.tick(len(pictures))
        ticker.close()
        return done
    clear_shard(folder.out, job.shard)
    tools = _tools(job.config, stage)
    with ShardWriter(folder.out, job.shard, config.export) as writer:
        writer.add_rejects(Reject.from_table(pq.read_table(rejected)))
        for picture, outcome in outcomes(pictures, folder, job.shard, tools, writer.add_counts):
            if isinstance(outcome, PictureError):
                writer.add_rejects([_vanished(picture, outcome)])
                ticker.tick()
                continue
            watch = Stopwatch()
            with watch("write"):
                writer.add_picture(picture, outcome.regions)
                for variant in outcome.variants:
                    writer.add_variant(variant.image, variant.degraded, variant.samples)
            writer.add_rejects(outcome.rejects)
            writer.add_counts(outcome.counts | {"pictures": 1})
            writer.add_timings({**watch, **outcome.timings})
            ticker.tick()
        ticker.close()
        return writer.commit(key)


def _vanished(picture: Picture, error: PictureError) -> Reject:
    return Reject(
        stage="build",
        subject=f"{picture.source}/{picture.path}",
        reason=error.reason,
        detail=error.detail,
    )
