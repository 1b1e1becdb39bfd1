"""Where things lie in a dataset folder, and how a file gets there: whole or not at all."""

import contextlib
import errno
import hashlib
import json
import os
import socket
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from flows.store.place import is_remote, local_name, make_folder, network_errors, upload
from schemas.errors import ConfigError, StorageError
from schemas.record import Record

DATA, RECORDS, REJECTS, FIGURES, WORK = "data", "records", "rejects", "figures", ".work"
TEMPORARY = ".part"
MANIFEST = "manifest.json"
LOOK = "look.html"


class FileEntry(NamedTuple):
    """A finished file.

    Args:
        path: Inside the dataset folder.
        size: Bytes.
        sha256: Hex.
        changed: When it was last written, nanoseconds since 1970; 0 where nobody noted it.
    """

    path: str
    size: int
    sha256: str
    changed: int = 0


def temporary_of(path: Path) -> Path:
    """Where a file is while it is written; no other process writes there.

    It lies beside its final place, or on this machine where that is in an object store.
    """
    if is_remote(path):
        return local_name(path)
    return path.with_name(f"{path.name}.{socket.gethostname()}-{os.getpid()}{TEMPORARY}")


def sweep(out: Path) -> None:
    """Remove what killed processes left half written in a dataset folder.

    To be called by whoever holds the folder alone. An object store holds no halves.
    """
    if is_remote(out):
        return
    for path in (*out.glob(f"*{TEMPORARY}"), *out.glob(f"*/*{TEMPORARY}")):
        path.unlink(missing_ok=True)
    for path in (out / WORK).rglob(f"*{TEMPORARY}"):
        path.unlink(missing_ok=True)


def ledger_path(out: Path, shard: int, stage: str) -> Path:
    """The ledger of a shard."""
    return out / WORK / "ledger" / f"{stage}-{shard:05d}.json"


def shard_name(shard: int, prefix: str = "") -> str:
    """``train-00003.parquet`` and so on."""
    return f"{prefix}-{shard:05d}.parquet" if prefix else f"{shard:05d}.parquet"


def describe_file(out: Path, path: Path) -> FileEntry:
    """Size, checksum and time of a finished file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    size, changed = _size_and_time(path)
    return FileEntry(path.relative_to(out).as_posix(), size, digest.hexdigest(), changed)


def _size_and_time(path: Path) -> tuple[int, int]:
    """Bytes, and nanoseconds since 1970."""
    there = path.stat()
    whole = int(there.st_mtime * 1e9) if is_remote(path) else there.st_mtime_ns
    return there.st_size, whole


def is_intact(out: Path, entry: FileEntry, verify: bool = True) -> bool:
    """Whether the file is there with the recorded size and checksum.

    Args:
        out: The dataset folder.
        entry: What was recorded.
        verify: Read the file in any case; otherwise only where its time is not the recorded one.
    """
    path = out / entry.path
    if not path.is_file():
        return False
    size, changed = _size_and_time(path)
    if size != entry.size:
        return False
    if not verify and changed == entry.changed:
        return True
    return describe_file(out, path).sha256 == entry.sha256


def data_files(out: Path) -> list[Path]:
    """The files of a dataset's rows as rows are numbered: training rows first."""
    files = (out / DATA).glob("*.parquet")
    return sorted(files, key=lambda file: (file.name.startswith("test"), file.name))


def put_in_place(temporary: Path, final: Path) -> None:
    """Flush a finished temporary file and give it its name, or put it into the store."""
    with storage_errors(final):
        if is_remote(final):
            upload(temporary, final)
            return
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(final)


def write_text(path: Path, text: str) -> None:
    """Write a small file whole or not at all."""
    with storage_errors(path):
        make_folder(path.parent)
        temporary = temporary_of(path)
        temporary.write_text(text, encoding="utf-8")
        put_in_place(temporary, path)


def write_note(path: Path, text: str) -> None:
    """Write a small file that is read whole or not at all, and that may be lost."""
    temporary = temporary_of(path)
    temporary.write_text(text, encoding="utf-8")
    if is_remote(path):
        upload(temporary, path)
    else:
        temporary.replace(path)


@contextlib.contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn what the operating system says about writing ``path`` into one clear line."""
    try:
        with network_errors(path):
            yield
    except StorageError:
        raise
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        what = "no space left on the disk" if full else (error.strerror or str(error))
        line = f"cannot write {path}: {what}; finished shards are intact"
        raise StorageError(line, error.errno) from error


def read_manifest(out: Path) -> dict[str, Any]:
    """The manifest of a dataset folder.

    Raises:
        ConfigError: There is none, or it is not readable.
    """
    try:
        manifest: dict[str, Any] = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{out}: not a dataset of ours ({MANIFEST} is missing)") from None
    except (OSError, ValueError) as error:
        raise ConfigError(f"{out / MANIFEST}: not readable: {error}") from None
    return manifest


def note_file(out: Path, path: Path) -> None:
    """Write down in a finished dataset's manifest a file that was added or made anew."""
    manifest = read_manifest(out)
    entry = describe_file(out.resolve(), path.resolve())
    manifest["files"][entry.path] = {"size": entry.size, "sha256": entry.sha256}
    write_text(out / MANIFEST, json.dumps(manifest, indent=1, sort_keys=True) + "\n")


PAIRS = "pairs"
"""Kind of a folder that ``pairs`` made."""
_NO_DATASETS = {
    "regions": "a region stage, not a dataset; build from it first",
    PAIRS: "what pairs made, for `validate`, `look` and `export`; ask for the dataset",
    "augmented": "what augment made of a dataset: rows for `sft` and `export`; ask for the dataset",
}


def is_pairs(folder: Path) -> bool:
    """Whether ``pairs`` made a folder; ``False`` where no manifest can be read."""
    try:
        return bool(read_manifest(folder).get("kind") == PAIRS)
    except ConfigError:
        return False


def require_dataset(out: Path) -> dict[str, Any]:
    """The manifest of a dataset.

    Raises:
        ConfigError: There is none, or what is there has a manifest but is no dataset.
    """
    manifest = read_manifest(out)
    if what := _NO_DATASETS.get(manifest.get("kind", "")):
        raise ConfigError(f"{out} is {what}")
    return manifest


def require_records(out: Path, manifest: dict[str, Any], records: Iterable[type[Record]]) -> None:
    """Raise ``ConfigError`` unless a dataset's records are of the versions that are read here."""
    written: dict[str, Any] = manifest.get("records") or {}
    for record in records:
        got = written.get(record.__name__)
        if got != record.version:
            raise ConfigError(
                f"{out}: {record.__name__} records of version {got or 'unknown'}, expected "
                f"{record.version}; build the dataset again, or read it with the version of "
                f"iqa-spider that made it ({manifest.get('code', 'unknown')})"
            )
