"""What is done with one shard, as plain functions of small picklable jobs.

The tasks in ``tasks.py`` only call these. A shard that is already finished under the same key
is left alone; anything less is cleared and done again.
"""

import json
from collections import Counter
from contextlib import closing
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import pyarrow.parquet as pq

from distortions.plan import fingerprint
from distortions.plugins import load_plugins
from flows.human.folder import annotated_hashes
from flows.ingest.candidate import ingest_candidate
from flows.picture.outcome import PictureTools, Stopwatch
from flows.picture.rows import picture_of
from flows.regions.choose import chosen_source, is_exclusive, name_of
from flows.regions.propose import propose_all
from flows.regions.stored import STAGE, stage_files, to_records, write_stage
from flows.run.job import ShardJob, shard_key, shard_work
from flows.run.picture_queue import Outcome, outcomes
from flows.run.prepare import make_tools
from flows.run.warm import warm_up
from flows.store.asked_again import read_askings, rounds_of
from flows.store.identity import code_version
from flows.store.layout import describe_file
from flows.store.ledger import ShardSummary, finished
from flows.store.place import readable
from flows.store.run_folder import ingest_files, selected_files
from flows.store.shards import ShardWriter
from flows.store.tables import write_table
from schemas.counts import CUT, CUT_ROWS, PICTURES, PICTURES_UNREACHED, REJECTS
from schemas.errors import PictureError
from schemas.records import Picture, ProposedRegion, Reject
from schemas.settings.config import RunConfig


def run_ingest(job: ShardJob) -> ShardSummary:
    """Decode, screen and hash the candidates of one shard."""
    config, folder = job.config, job.folder
    cv2.setNumThreads(1)
    candidates = folder.candidates(job.shard)
    unscreened = annotated_hashes(config)
    decides = (
        # where the sources lie decides nothing: they may be moved while a run is interrupted
        json.dumps([list(candidate._replace(root="")) for candidate in candidates]),
        config.model_dump_json(include={"ingest", "screen"}),
        *sorted(unscreened),
        code_version(),
    )
    key = shard_key("ingest", *decides)
    with shard_work(job, "ingest", len(candidates), key) as work:
        if work.done:
            return work.done
        pictures: list[Picture] = []
        rejects: list[Reject] = []
        with work.watch("ingest"):
            for candidate in candidates:
                result = ingest_candidate(candidate, config, unscreened)
                if isinstance(result, Reject):
                    rejects.append(result)
                else:
                    pictures.append(result.picture)
                work.tick()
        paths = ingest_files(folder.work, job.shard)
        write_table(paths[0], Picture.table(pictures))
        write_table(paths[1], Reject.table(rejects))
        counts = {
            "in": len(candidates),
            "out": len(pictures),
            "rejects": len(rejects),
            **Counter(REJECTS(reject.stage, reject.reason) for reject in rejects),
        }
        return work.finish(paths, counts)


def run_segment(job: ShardJob, folder: Path) -> ShardSummary:
    """Propose the regions of one shard of selected pictures and store them in a stage folder."""
    run, config = job.folder, job.config
    load_plugins(config.plugins)
    selected, _ = selected_files(run.work, job.shard)
    inputs = describe_file(run.out, selected).sha256
    pictures = Picture.from_table(pq.read_table(readable(selected)))
    key = shard_key("segment", inputs, job.regions, code_version())
    with shard_work(job, "segment", len(pictures), key) as work:
        if work.done:
            return work.done
        kept: list[Picture] = []
        stored: list[ProposedRegion] = []
        rejects: list[Reject] = []
        with work.watch("segment"):
            source, candidates = chosen_source(config.regions), run.by_path(job.shard)
            for found in propose_all(pictures, candidates, source, config):
                kept += [] if found.lost else [found.picture]
                stored += to_records(found.picture, found.proposals)
                rejects += found.rejects
                work.tick()
        counts = {
            "in": len(pictures),
            PICTURES: len(kept),
            "proposals": len(stored),
            "named": sum(bool(region.label) for region in stored),
            "empty": len(kept) - len({region.picture_id for region in stored}),
            **Counter(REJECTS(reject.stage, reject.reason) for reject in rejects),
        }
        return work.finish(write_stage(folder, job.shard, kept, stored, rejects), counts)


@lru_cache(maxsize=1)
def _tools(config: RunConfig, config_hash: str, stage: Path | None) -> PictureTools:
    """Made once per process; heavy threads of libraries are switched off beside our own."""
    cv2.setNumThreads(1)
    # Once a block this large was freed, the C library keeps such blocks instead of handing them
    # back, and fresh pages for every picture-sized array cost more than most distortions.
    np.empty(31 << 20, np.uint8)
    return make_tools(config, config_hash, stage)


def run_build(job: ShardJob) -> ShardSummary:
    """Make every row of one shard."""
    config, folder = job.config, job.folder
    selected, rejected = selected_files(folder.work, job.shard)
    load_plugins(config.plugins)
    pictures = Picture.from_table(pq.read_table(readable(selected)))
    with shard_work(job, "build", len(pictures), _build_key(job)) as work:
        if work.done:
            return work.done
        warm_up(folder.compiling, name_of(config.regions))
        tools = _tools(config, job.settings, _own_stage(job))
        with ShardWriter(folder.out, job.shard, config.export) as writer:
            writer.add_rejects(Reject.from_table(pq.read_table(readable(rejected))))
            reached = 0
            with closing(outcomes(pictures, folder, job.shard, tools, writer.add_counts)) as made:
                for picture, outcome in made:
                    _store(writer, picture, outcome, job.most)
                    work.tick()
                    reached += 1
                    if writer.rows == job.most:
                        break
            _count_cut(writer, len(pictures) - reached)
            return writer.commit(work.key, len(pictures))


def built_before(job: ShardJob) -> ShardSummary | None:
    """What the ledger says of a shard that is built already; nothing is built."""
    load_plugins(job.config.plugins)
    out, verify = job.folder.out, job.config.run.verify
    try:
        return finished(out, job.shard, _build_key(job), verify=verify)
    except FileNotFoundError:  # what it would be made of is not there
        return None


def _own_stage(job: ShardJob) -> Path | None:
    """The region stage that the run makes itself, where one process holds the models."""
    return job.folder.work / STAGE if is_exclusive(job.config.regions) else None


def _build_key(job: ShardJob) -> str:
    stage = _own_stage(job)
    own = stage_files(stage, job.shard) if stage else ()
    read = (*selected_files(job.folder.work, job.shard), *own)
    inputs = [describe_file(job.folder.out, path).sha256 for path in read]
    registry = json.dumps(fingerprint(), sort_keys=True)
    again = _asked_again(job)
    return shard_key("build", *inputs, job.settings, registry, code_version(), *again)


def _asked_again(job: ShardJob) -> list[str]:
    """Rows of the shard that are asked again, with their rounds; nothing where there are none."""
    rounds = rounds_of(read_askings(job.folder.work))
    if not rounds:
        return []
    selected, _ = selected_files(job.folder.work, job.shard)
    table = pq.read_table(readable(selected), columns=["picture_id"])
    here = set(table["picture_id"].to_pylist())
    return [f"{row} {number}" for row, number in sorted(rounds.items()) if picture_of(row) in here]


def _count_cut(writer: ShardWriter, unreached: int) -> None:
    """Say of a shard that it holds less than its pictures give."""
    if unreached or writer.counted(CUT_ROWS):
        writer.add_counts({CUT: 1, PICTURES_UNREACHED: unreached})


def _store(
    writer: ShardWriter, picture: Picture, outcome: Outcome, most: int | None = None
) -> None:
    """What became of a picture, into the shard, which takes ``most`` rows."""
    if isinstance(outcome, PictureError):
        subject = f"{picture.source}/{picture.path}"
        writer.add_rejects([Reject.of("build", subject, outcome)])
        return
    watch = Stopwatch()
    with watch("write"):
        writer.add_picture(picture, outcome.regions)
        for variant in outcome.variants:
            left = None if most is None else most - writer.rows
            kept = variant.samples[:left]
            if len(kept) < len(variant.samples):
                writer.add_counts({CUT_ROWS: len(variant.samples) - len(kept)})
            ids = {sample.row_id for sample in kept}
            boxes = [box for box in variant.boxes if box.row_id in ids]
            writer.add_variant(variant.image, variant.degraded, kept, boxes)
    writer.add_rejects(outcome.rejects)
    writer.add_counts(outcome.counts | {PICTURES: 1})
    writer.add_timings({**watch, **outcome.timings})
