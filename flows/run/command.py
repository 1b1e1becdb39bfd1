"""What ``build`` and ``segment`` do around their flow: checks, folder, server, progress.

Nothing is printed unless a console is given, and what comes back is what was made; commands turn
it into words and an exit status.
"""

import contextlib
import signal
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

from rich.console import Console

from flows.dataset.balance import RunSummary
from flows.human.folder import HumanFolder
from flows.ingest.sources import list_candidates
from flows.model.probe import check_endpoints
from flows.model.server import model_server
from flows.processes import interruptible
from flows.run.engines.clusters import require_engine
from flows.run.engines.engine import InProcess, needs_no_server
from flows.run.engines.prefect_server import api_server, quiet_prefect, require_server
from flows.run.prepare import check_config
from flows.run.progress import StageProgress
from flows.run.stages import Stages, build_stages, segment_stages
from flows.store.log import say
from flows.store.place import network_errors
from flows.store.run_folder import RunFolder
from schemas.errors import ConfigError
from schemas.settings.config import RunConfig

ResultT = TypeVar("ResultT")


class StageSummary(NamedTuple):
    """What ``segment`` made.

    Args:
        counts: Candidates, pictures, proposals, ... by name.
        seconds: Wall time by stage.
    """

    counts: dict[str, int]
    seconds: dict[str, float]

    @property
    def left_out(self) -> int:
        """Files that gave no picture."""
        return self.counts["left_out"]


def run_build(
    sources: Sequence[str],
    out: Path,
    config: RunConfig,
    console: Console | None = None,
    verbose: bool = False,
) -> RunSummary:
    """Build a dataset.

    Args:
        sources: Folders, lists, pictures, Parquet or tar files; may be empty with annotations.
        out: New folder, or that of the same run, which is then finished.
        config: Settings.
        console: Where progress is drawn; ``None`` draws nothing.
        verbose: Whether Prefect may log.

    Raises:
        ConfigError: Before anything is written, when something asked for cannot be.
        StorageError: The disk failed; finished shards are intact.
    """
    console = console or Console(quiet=True)
    found = with_annotations(sources, config)
    with (
        running("build", found, out, config, console, verbose) as (folder, progress),
        model_server(config, partial(console.print, highlight=False)) as served,
    ):
        if served is not config:
            check_endpoints(served)
        summary = run_stages("build", build_stages, folder, served, progress, verbose)
    summary.seconds = dict(progress.seconds)
    return summary


def run_segment(
    sources: Sequence[str],
    out: Path,
    config: RunConfig,
    console: Console | None = None,
    verbose: bool = False,
) -> StageSummary:
    """Make a region stage; arguments and errors as of ``run_build``."""
    console = console or Console(quiet=True)
    with running("segment", sources, out, config, console, verbose) as (folder, progress):
        counts = run_stages("segment", segment_stages, folder, config, progress, verbose)
    return StageSummary(counts, dict(progress.seconds))


def with_annotations(sources: Sequence[str], config: RunConfig) -> list[str]:
    """The sources, and the photographs that the annotations are of.

    Raises:
        ConfigError: There are neither.
    """
    found = list(sources)
    if config.annotations:
        found.append(str(HumanFolder(Path(config.annotations)).annotated))
    if not found:
        raise ConfigError("no SOURCE and no --annotations: nothing to build from")
    return found


@contextlib.contextmanager
def running(
    kind: str,
    sources: Sequence[str],
    out: Path,
    config: RunConfig,
    console: Console,
    verbose: bool,
) -> Iterator[tuple[RunFolder, StageProgress]]:
    """Everything around the stages of a new or resumed run: checks, the folder, Ctrl-C."""
    candidates = list_candidates(sources, config.limit)
    check_config(config, (candidate.path for candidate in candidates))
    folder = RunFolder(out)
    folder.refuse_foreign()
    shards = -(-len(candidates) // config.shard_size)
    with at_work(folder, config, console, verbose, shards, kind) as progress:
        folder.claim(config, candidates, kind)
        yield folder, progress


@contextlib.contextmanager
def at_work(
    folder: RunFolder,
    config: RunConfig,
    console: Console,
    verbose: bool,
    shards: int,
    kind: str,
    shared: bool = False,
) -> Iterator[StageProgress]:
    """Hold a run's folder, alone or with other slices, and hear Ctrl-C.

    Raises:
        ConfigError: A server that is asked for is not there; nothing has been written.
    """
    quiet_prefect(verbose)
    require_engine(config.run)
    if not _alone(config, shards, verbose):
        require_server()
    if kind == "build":
        check_endpoints(config)
    with network_errors(folder.out), folder.locked(shared):
        folder.make_ready(alone=not shared)
        run = config.run
        say(folder.work, f"{kind} begins: {shards} shards, {run.workers} workers, {run.engine}")
        with interruptible(folder.interrupt):
            yield StageProgress(folder, console)
        say(folder.work, f"{kind} ends")


def run_stages(
    name: str,
    stages: Stages[ResultT],
    folder: RunFolder,
    config: RunConfig,
    progress: StageProgress,
    verbose: bool,
    shards: int | None = None,
) -> ResultT:
    """Run the stages in this process where that is as good, else as a Prefect flow.

    Args:
        name: Of the flow.
        stages: What to run.
        folder: Claimed.
        config: Of the run.
        progress: Where it is shown.
        verbose: Whether Prefect may log.
        shards: How many shards there are to do; ``None`` means all.
    """
    if _alone(config, folder.shards() if shards is None else shards, verbose):
        with interruptible(folder.interrupt, signal.SIGTERM):
            return stages(folder, config, progress, InProcess(config.run.retries))
    with api_server(meanwhile=_prepare):
        from flows.run.engines.flows import run_flow

        return run_flow(name, stages, folder, config, progress)


def _alone(config: RunConfig, shards: int, verbose: bool) -> bool:
    """Whether this process does it alone; who wants Prefect's log wants Prefect."""
    return needs_no_server(config.run, shards) and not verbose


def _prepare() -> None:
    """Import what takes a second, so that no time is lost by waiting for the server."""
    import flows.run.engines.tasks  # noqa: F401
