"""A build in slices: planned once, its shards built by any number of jobs, joined at the end.

A scheduler's array of jobs needs no coordinator: what is done is said by the ledgers in the run's
folder, and each slice can be started as often as one likes.
"""

import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from rich.console import Console

from flows.dataset.balance import RunSummary
from flows.model.probe import check_endpoints
from flows.model.server import model_server
from flows.run.command import at_work, run_stages, running, with_annotations
from flows.run.job import jobs_of
from flows.run.prepare import check_config
from flows.run.shards import built_before
from flows.run.stages import Slice, finish, plan_stages
from flows.store.identity import settings_hash
from flows.store.ledger import ShardSummary, read_ledger
from flows.store.plan import read_plan
from flows.store.run_folder import RunFolder
from schemas.errors import ConfigError
from schemas.settings.config import RunConfig

MOST_NAMED = 12
"""More missing shards than this are counted, not named."""


def run_plan(
    sources: Sequence[str],
    out: Path,
    config: RunConfig,
    console: Console | None = None,
    verbose: bool = False,
) -> dict[str, int]:
    """Ingest and select, so that shards can be built; arguments and errors as of ``run_build``.

    Returns:
        Counts: files, photographs, shards.
    """
    console, found = console or Console(quiet=True), with_annotations(sources, config)
    if config.rows is not None:
        raise ConfigError("--plan with --rows: which rows come first is known to one run alone")
    with running("build", found, out, config, console, verbose) as (folder, progress):
        counts = run_stages("plan", plan_stages, folder, config, progress, verbose)
        return {**counts, "shards": folder.shards()}


def planned(out: Path) -> RunConfig:
    """The settings of a planned run.

    Raises:
        ConfigError: Nothing is planned there.
    """
    return read_plan(RunFolder(out).work).config


def run_shards(
    out: Path,
    asked: str,
    config: RunConfig,
    console: Console | None = None,
    verbose: bool = False,
) -> list[ShardSummary]:
    """Build some shards of a planned run; those that are built already are left as they are.

    Args:
        out: Folder of the run.
        asked: Which shards: ``7``, ``0-99`` or ``3,7-9``, the last included.
        config: Settings of the plan; where and how fast may differ.
        console: Where progress is drawn; ``None`` draws nothing.
        verbose: Whether Prefect may log.

    Raises:
        ConfigError: No such shards, nothing is planned, or the settings are those of another run.
        StorageError: The disk failed; finished shards are intact.
    """
    console, folder = console or Console(quiet=True), RunFolder(out)
    _require_same(folder, config)
    shards = parse_shards(asked, folder.shards())
    check_config(config)
    folder.require_libraries(config)
    with (
        at_work(folder, config, console, verbose, len(shards), "build", shared=True) as progress,
        model_server(config, partial(console.print, highlight=False)) as served,
    ):
        if served is not config:
            check_endpoints(served)
        stages = Slice(shards)
        return run_stages("build", stages, folder, served, progress, verbose, len(shards))


def run_finish(out: Path, config: RunConfig) -> RunSummary:
    """Join the shards of a planned run: card, figures, manifest.

    Raises:
        ConfigError: Shards are not built yet, or somebody still builds.
    """
    folder = RunFolder(out)
    _require_same(folder, config)
    with folder.locked():
        plan, jobs = read_plan(folder.work), jobs_of(folder, config)
        found = [built_before(job) for job in jobs]
        missing = [job.shard for job, done in zip(jobs, found, strict=True) if done is None]
        if missing:
            raise ConfigError(
                f"--finish: {len(missing)} of {len(jobs)} shards are not built; run build --out "
                f"{out} --shards {_named(missing)}"
            )
        built = [done for done in found if done]
        ingested = [read_ledger(folder.out, job.shard, "ingest") for job in jobs]
        known = [done for done in ingested if done]
        summary = RunSummary.of(plan.total, known, plan.counts, built)
        folder.make_ready()
        finish(folder, config, summary, built, {})
        return summary


def _require_same(folder: RunFolder, config: RunConfig) -> None:
    """Raise ``ConfigError`` where settings on top of the plan would change a row."""
    if settings_hash(config) != folder.identity().get("config_hash"):
        raise ConfigError(
            f"--out {folder.out}: planned with other settings; with --shards and --finish only "
            "where and how fast can be said (workers, engine, devices, endpoints)"
        )


def parse_shards(asked: str, there: int) -> list[int]:
    """The shards that are asked for, each once, in order; a range may go beyond the last one.

    Args:
        asked: ``7``, ``0-99``, ``3,7-9``.
        there: How many there are.

    Raises:
        ConfigError: It is no such list, or a part of it names no shard that is there.
    """
    found: set[int] = set()
    for part in asked.split(","):
        fits = re.fullmatch(r"\s*(\d+)\s*(?:-\s*(\d+)\s*)?", part, re.ASCII)
        if not fits:
            raise ConfigError(f"--shards: expected 7, 0-99 or 3,7-9, got {asked!r}")
        first, last = int(fits[1]), int(fits[2] or fits[1])
        shards = range(first, min(last + 1, there))
        if not shards:
            raise ConfigError(f"--shards {part.strip()}: the run has shards 0-{there - 1}")
        found.update(shards)
    return sorted(found)


def _named(shards: Sequence[int]) -> str:
    """Shards as ``--shards`` takes them: ``3,7-9``; of very many only the first."""
    parts: list[list[int]] = []
    for shard in shards:
        if parts and shard == parts[-1][1] + 1:
            parts[-1][1] = shard
        else:
            parts.append([shard, shard])
    texts = [f"{a}" if a == b else f"{a}-{b}" for a, b in parts]
    return ",".join(texts[:MOST_NAMED]) + (" ..." if len(texts) > MOST_NAMED else "")
