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
from flows.run.engine import InProcess, needs_no_server
from flows.run.prefect_server import api_server, quiet_prefect, require_server
from flows.run.prepare import check_config
from flows.run.progress import StageProgress
from flows.run.stages import Stages, build_stages, segment_stages
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
        _running("build", found, out, config, console, verbose) as (folder, progress),
        model_server(config, partial(console.print, highlight=False)) as served,
    ):
        if served is not config:
            check_endpoints(served)
        summary = _run("build", build_stages, folder, served, progress, verbose)
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
    with _running("segment", sources, out, config, console, verbose) as (folder, progress):
        counts = _run("segment", segment_stages, folder, config, progress, verbose)
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
