"""What is done with one shard, as plain functions of small picklable jobs.

Prefect tasks in ``build.py`` only call these. A shard that is already finished under the same key
is left alone; anything less is cleared and done again.
"""

import hashlib
import json
import multiprocessing
import os
import signal
import threading
from functools import cache
from multiprocessing import connection
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pyarrow.parquet as pq

from distortions.plan import fingerprint
from distortions.plugins import load_plugins
from flows.human_build import annotated_hashes
from flows.ingest import ingest_candidate
from flows.interrupt import stop_file
from flows.layout import describe_file
from flows.outcomes import outcomes
from flows.picture import Tools
from flows.pinning import settings_hash
from flows.rundir import RunFolder, code_version
from flows.stage import STAGE, stage_files
from flows.stopwatch import Stopwatch
from flows.storage import (
    ShardSummary,
    ShardWriter,
    clear_shard,
    finished,
    write_ledger,
    write_table,
)
from flows.tools import is_exclusive, make_tools
from schemas.config import RunConfig
from schemas.errors import PictureError, StoppedError
from schemas.records import Picture, Reject


class Job(NamedTuple):
    """One shard's work: dataset folder, shard number, the configuration as JSON."""

    out: str
    shard: int
    config: str


def start_worker() -> None:
    """Set up a worker process: Ctrl-C is its parent's business, and so is when to end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with_parent()


class Ticker:
    """Marks every finished picture by one byte in a file of this process."""

    def __init__(self, folder: Path, stage: str) -> None:
        self._stop = stop_file(folder)
        self._file = (folder / "progress" / f"{stage}.{os.getpid()}").open("ab", buffering=0)

    def tick(self, pictures: int = 1) -> None:
        """Mark pictures as done; raises ``StoppedError`` once the user has interrupted the run."""
        if self._stop.exists():
            raise StoppedError("interrupted; the same command goes on from here")
        self._file.write(b"." * pictures)

    def close(self) -> None:
        """Close the file of marks."""
        self._file.close()


def shard_key(*parts: str) -> str:
    """32 hex digits over everything that decides what a shard holds."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


@cache
def settings_of(config: str) -> RunConfig:
    """The configuration a job carries as JSON."""
    return RunConfig.model_validate_json(config)


@cache
def _die_with_parent() -> None:
    """End a worker process whose parent was killed, so that it does not write beside a new run."""
    parent = multiprocessing.parent_process()
    if parent is not None:

        def watch() -> None:
            connection.wait([parent.sentinel])
            os._exit(1)

        threading.Thread(target=watch, daemon=True).start()


@cache
def _tools(config: str, stage: Path | None) -> Tools:
    """Made once per process; heavy threads of libraries are switched off beside our own."""
    cv2.setNumThreads(1)
    # Once a block this large was freed, the C library keeps such blocks instead of handing them
    # back, and fresh pages for every picture-sized array cost more than most distortions.
    np.empty(31 << 20, np.uint8)
    return make_tools(settings_of(config), stage)


def ingest_files(work: Path, shard: int) -> tuple[Path, Path]:
    """Tables of pictures and rejects of an ingest shard."""
    folder = work / "ingest"
    return folder / f"pictures-{shard:05d}.parquet", folder / f"rejects-{shard:05d}.parquet"


def selected_files(work: Path, shard: int) -> tuple[Path, Path]:
    """The same after the global pass."""
    folder = work / "selected"
    return folder / f"pictures-{shard:05d}.parquet", folder / f"rejects-{shard:05d}.parquet"


def run_ingest(job: Job) -> ShardSummary:
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
    ticker = Ticker(folder.work, "ingest")
    done = finished(folder.out, job.shard, key, "ingest")
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


def run_build(job: Job) -> ShardSummary:
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
    ticker = Ticker(folder.work, "build")
    done = finished(folder.out, job.shard, key)
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
