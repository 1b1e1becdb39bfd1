"""``build``, ``segment``, ``validate`` and ``stats`` as functions: values in, summaries out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from flows.dataset import validate as validation
from flows.dataset.balance import RunSummary
from flows.dataset.statistics.stats import Stats, collect
from flows.run.command import StageSummary, run_build, run_segment
from flows.store.layout import require_dataset
from flows.store.place import place
from schemas.errors import ConfigError
from schemas.settings.config import RunConfig
from schemas.settings.everyday import dotted

Sources = str | Path | Sequence[str | Path]


def build(
    sources: Sources,
    out: str | Path,
    *,
    config: RunConfig | str | Path | None = None,
    progress: bool = False,
    **settings: Any,
) -> RunSummary:
    """Build a dataset from photographs; the same call goes on with a run that was interrupted.

    Args:
        sources: Folders, lists (``.txt``), pictures, ``.parquet`` or ``.tar`` files; one or many.
        out: Folder of the dataset; new, or of the same run.
        config: Settings to begin with: a ``RunConfig`` or a TOML file.
        progress: Whether to show how far it is, on stderr; else nothing is printed.
        settings: On top, by everyday name (``workers=2``, ``regions="segments"``), as a table
            (``plan={"min_regions": 2}``) or dotted (``**{"plan.min_regions": 2}``).

    Raises:
        ConfigError: Something asked for cannot be; nothing has been written.
        StorageError: The disk failed; finished shards are intact.

    With several workers, a script must call this under ``if __name__ == "__main__":``, as always
    where Python starts processes; a notebook need not.
    """
    return run_build(_names(sources), place(out), configured(config, settings), _console(progress))


def segment(
    sources: Sources,
    out: str | Path,
    *,
    config: RunConfig | str | Path | None = None,
    progress: bool = False,
    **settings: Any,
) -> StageSummary:
    """Propose regions and store them, for builds with ``regions="stored:OUT"``.

    Arguments and errors are those of ``build``.
    """
    settled = configured(config, settings)
    return run_segment(_names(sources), place(out), settled, _console(progress))


def validate(dataset: str | Path, *sources: str | Path) -> list[validation.Defect]:
    """What is wrong with a dataset; nothing is an empty list.

    Args:
        dataset: Folder that ``build`` made.
        sources: Where the photographs lie; with them, pixels outside of masks are compared, too.

    Raises:
        ConfigError: It is not a dataset of ours.
    """
    return list(validation.validate(place(dataset), _names(sources)))


def stats(dataset: str | Path) -> Stats:
    """Counts of a dataset.

    Raises:
        ConfigError: It is not a dataset of ours.
    """
    require_dataset(place(dataset))
    return collect(place(dataset))


def configured(
    config: RunConfig | str | Path | None = None, settings: Mapping[str, Any] | None = None
) -> RunConfig:
    """A configuration with settings on top, by any of their names.

    Raises:
        ConfigError: A file, name or value that cannot be.
    """
    given = dotted(settings or {})
    if isinstance(config, RunConfig):
        return config.changed(given)
    return RunConfig.load(Path(config) if config is not None else None, given)


def _names(sources: Sources) -> list[str]:
    found = [sources] if isinstance(sources, str | Path) else sources
    wrong = next((entry for entry in found if not isinstance(entry, str | Path)), None)
    if wrong is not None:
        raise ConfigError(f"sources: expected paths, got {type(wrong).__name__}")
    return [str(entry) for entry in found]


def _console(progress: bool) -> Console | None:
    return Console(stderr=True) if progress else None
