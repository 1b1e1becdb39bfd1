"""Folders that a marker file claims: the same command goes on in them, nothing else is touched."""

from collections.abc import Collection
from pathlib import Path

from flows.store.inside import require_text
from flows.store.layout import TEMPORARY, storage_errors, write_text
from schemas.errors import ConfigError


def mark_folder(out: Path, name: str, mark: str, kind: str, aside: Collection[str] = ()) -> None:
    """Make a folder the one that a mark speaks of, or find that it is already.

    Args:
        out: The folder; made when missing.
        name: Of the marker in it.
        mark: What the marker holds: everything that decides what the folder will hold.
        kind: What a folder that is refused does not hold, for the message.
        aside: Names of what may lie in a new folder already.

    Raises:
        ConfigError: A file, or a folder that holds something else.
    """
    require_text(out, "--out")
    marker = out / name
    with storage_errors(out):
        if out.exists() and not out.is_dir():
            raise ConfigError(f"--out {out} is a file; choose a new folder")
        if marker.is_file() and marker.read_text(encoding="utf-8", errors="replace") == mark:
            return
        names = [path.name for path in out.iterdir()] if out.is_dir() else []
        if not all(one in aside or _half(one, name) for one in names):
            raise ConfigError(f"--out {out} is not empty and holds no {kind}; choose a new folder")
        for half in (one for one in names if _half(one, name)):
            (out / half).unlink(missing_ok=True)
    write_text(marker, mark)


def _half(found: str, name: str) -> bool:
    """Whether a file is what a killed process left of its marker."""
    return found.startswith(name) and found.endswith(TEMPORARY)
