"""What ``build`` does around the flow: checks, folder, server, progress, closing words."""

import contextlib
import signal
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.table import Table

from flows.dataset.balance import RunSummary, writing
from flows.dataset.stats import ROWS
from flows.ingest.sources import list_candidates
from flows.model.probe import check_endpoints
from flows.model.server import model_server
from flows.processes import interruptible
from flows.run.engine import InProcess, needs_no_server
from flows.run.prefect_server import api_server, quiet_prefect, require_server
from flows.run.prepare import check_config
from flows.run.progress import StageProgress
from flows.run.stages import Stages, build_stages, segment_stages
from flows.store.run_folder import RunFolder
from schemas.config import RunConfig
from schemas.errors import ExitStatus

ResultT = TypeVar("ResultT")


def run_build_command(
    sources: Sequence[str], out: Path, config: RunConfig, verbose: bool = False
) -> int:
    """Build a dataset; returns the exit status (0 clean, 3 finished with rejects).

    Raises:
        ConfigError: Before anything is written, when something asked for cannot be.
        StorageError: The disk failed; finished shards are intact.
    """
    console = Console(stderr=True)
    with (
        _running("build", sources, out, config, console, verbose) as (folder, progress),
        model_server(config, partial(console.print, highlight=False)) as served,
    ):
        if served is not config:
            check_endpoints(served)
        summary = _run("build", build_stages, folder, served, progress, verbose)
    console.print(closing(summary, progress.seconds))
    console.print(f"look at {out / 'README.md'}, or: iqa-spider show {out} 0 --out row.png",
                  highlight=False, soft_wrap=True)  # fmt: skip
    return ExitStatus.WITH_REJECTS if summary.rejects else ExitStatus.CLEAN


def run_segment_command(
    sources: Sequence[str], out: Path, config: RunConfig, verbose: bool = False
) -> int:
    """Make a region stage; returns the exit status and raises as ``run_build_command``."""
    console = Console(stderr=True)
    with _running("segment", sources, out, config, console, verbose) as (folder, progress):
        counts = _run("segment", segment_stages, folder, config, progress, verbose)
    table = Table("", title="done")
    table.add_column("count", justify="right")
    for name, number in counts.items():
        table.add_row(name, str(number))
    console.print(table)
    console.print(f"use it: iqa-spider build ... --regions stored:{out}; "
                  f"look at it: iqa-spider show {out} 0 --out regions.png",
                  highlight=False, soft_wrap=True)  # fmt: skip
    return ExitStatus.WITH_REJECTS if counts["left_out"] else ExitStatus.CLEAN


@contextlib.contextmanager
def _running(
    kind: str,
    sources: Sequence[str],
    out: Path,
    config: RunConfig,
    console: Console,
    verbose: bool,
) -> Iterator[tuple[RunFolder, StageProgress]]:
    """Everything around a flow: checks, the folder, the server, Ctrl-C."""
    candidates = list_candidates(sources, config.limit)
    check_config(config, (candidate.path for candidate in candidates))
    folder = RunFolder(out)
    folder.refuse_foreign()
    quiet_prefect(verbose)
    if not _alone(config, len(candidates), verbose):
        require_server()
    if kind == "build":
        check_endpoints(config)
    with folder.locked():
        folder.claim(config, candidates, kind)
        progress = StageProgress(folder.fresh_progress(), console)
        with interruptible(folder.work):
            yield folder, progress


def _run(
    name: str,
    stages: Stages[ResultT],
    folder: RunFolder,
    config: RunConfig,
    progress: StageProgress,
    verbose: bool,
) -> ResultT:
    """Run the stages in this process where that is as good, else as a Prefect flow."""
    candidates = sum(len(folder.candidates(shard)) for shard in range(folder.shards()))
    if _alone(config, candidates, verbose):
        with interruptible(folder.work, signal.SIGTERM):
            return stages(folder, config, progress, InProcess(config.run.retries))
    with api_server(meanwhile=_prepare):
        from flows.run.flows import run_flow

        return run_flow(name, stages, folder, config, progress)


def _alone(config: RunConfig, candidates: int, verbose: bool) -> bool:
    """Whether this process does it alone; who wants Prefect's log wants Prefect."""
    shards = -(-candidates // config.shard_size)
    return needs_no_server(config.run, shards) and not verbose


def _prepare() -> None:
    """Import what takes a second, so that no time is lost by waiting for the server."""
    import flows.run.tasks  # noqa: F401


def closing(summary: RunSummary, seconds: dict[str, float]) -> Table:
    """The closing table."""
    table = Table("", title="done")
    table.add_column("count", justify="right")
    table.add_row("files looked at", str(summary.candidates))
    table.add_row("photographs used", str(summary.pictures))
    table.add_row("degraded pictures", str(summary.images))
    table.add_section()
    for name, task, sub_task, form in ROWS:
        number = sum(
            count
            for kind, count in summary.rows.items()
            if kind.split(".")[1:3] == [task, sub_task] and form in ("", kind.split(".")[3])
        )
        table.add_row(name, str(number))
    table.add_row("rows", str(sum(summary.rows.values())))
    table.add_section()
    for kind, (passed, refused) in writing(summary.counts).items():
        if refused:
            share = passed / (passed + refused)
            table.add_row(f"passed: {kind}", f"{passed} ({share:.0%} of texts)")
    table.add_section()
    for reason, count in sorted(summary.rejects.items(), key=lambda item: -item[1])[:12]:
        table.add_row(f"left out: {reason}", str(count))
    table.add_section()
    for stage, spent in seconds.items():
        rate = summary.candidates / spent if spent else 0.0
        table.add_row(f"{stage}, seconds", f"{spent:.1f} ({rate:.1f}/s)")
    return table
