"""A folder of annotations, written whole or not at all, in the place of an older one.

Everything is written into ``OUT.part`` first. An older import steps aside to ``OUT.old``, the new
one takes its name, and of the old one our own files are removed; whatever else lay there moves into
the new folder. Whoever kills this at any moment finds either import whole under its name, or
neither and both beside it; the same command begins anew and tidies up.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flows.human.folder import HumanFolder
from flows.store.layout import TEMPORARY, storage_errors
from schemas.errors import ConfigError

MARK = ".iqa-spider-import"
"""In a folder that is being written; a folder without it is not ours to remove."""
OLD = ".old"


def check_folder(out: Path) -> None:
    """Refuse a folder that holds something and no import of ours.

    Raises:
        ConfigError: That, or it is a file.
    """
    if out.exists() and not out.is_dir():
        raise ConfigError(f"--out {out} is a file; expected a folder")
    if out.exists() and any(out.iterdir()) and not HumanFolder(out).report.is_file():
        raise ConfigError(f"--out {out} is not empty and holds nothing that import made")
    for folder in (_beside(out, TEMPORARY), _beside(out, OLD)):
        if folder.exists() and not (folder.is_dir() and _is_ours(folder)):
            raise ConfigError(f"{folder} is in the way; it holds no unfinished import of ours")


@contextmanager
def replaced_whole(out: Path) -> Iterator[Path]:
    """Give a folder to write into; it takes the place of ``out`` when nothing was raised.

    Raises:
        ConfigError: See ``check_folder``.
        StorageError: The disk.
    """
    check_folder(out)
    final, part, old = out.resolve(), _beside(out, TEMPORARY), _beside(out, OLD)
    with storage_errors(part):
        part.mkdir(parents=True, exist_ok=True)
        (part / MARK).touch()
    with _alone(part):
        _clear(part)
        yield part
        with storage_errors(final):
            if final.exists() and old.exists():  # an earlier one was killed while it tidied up
                _retire(old, final)
            if final.exists() and any(final.iterdir()):
                (final / MARK).touch()
                final.rename(old)
            part.rename(final)
            if old.exists():
                _retire(old, final)
            (final / MARK).unlink()


@contextmanager
def _alone(part: Path) -> Iterator[None]:
    """Only one import writes into a folder at a time; the system frees it when that one dies."""
    with (part / MARK).open("w") as mark:
        try:
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigError(f"another import is writing {part}") from None
        yield


def _beside(out: Path, ending: str) -> Path:
    final = out.resolve()
    return final.with_name(final.name + ending)


def _is_ours(folder: Path) -> bool:
    return (folder / MARK).is_file() or not any(folder.iterdir())


def _clear(folder: Path) -> None:
    """Remove what an unfinished import left, and nothing else."""
    for file in HumanFolder(folder).files:
        file.unlink(missing_ok=True)
        for half in folder.glob(f"{file.name}.*{TEMPORARY}"):
            half.unlink(missing_ok=True)


def _retire(old: Path, new: Path) -> None:
    """Remove an older import's files; whatever else lies there moves to the new one."""
    ours = {file.name for file in (*HumanFolder(old).files, old / "annotated.txt")}
    for entry in list(old.iterdir()):
        if entry.name in ours:
            entry.unlink()
        elif entry.name != MARK:
            if (new / entry.name).exists():
                raise ConfigError(f"{entry} is in the way; move it, its name is taken in {new}")
            entry.rename(new / entry.name)
    (old / MARK).unlink(missing_ok=True)
    old.rmdir()
