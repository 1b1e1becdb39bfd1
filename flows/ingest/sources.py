"""What there is to read: folders, lists, data sets in known layouts, Parquet, tar.

A source is what the user names on the command line; a candidate is one picture in it that has not
been opened yet. Candidates come in a fixed order (sources as given, paths sorted), and their
paths are relative to the source, so that two machines agree on them.
"""

import contextlib
import os
import tarfile
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import pyarrow as pa

from flows.ingest.limits import ENDINGS
from flows.ingest.parquets import count_rows
from flows.ingest.picture_list import listed_pictures
from flows.ingest.picture_list import readable_name as _text
from flows.ingest.stores import ORIGINALS, names_below
from flows.ingest.tars import read_members
from flows.store.inside import OF_THE_FILE
from flows.store.place import is_remote, place
from schemas.candidate import Candidate
from schemas.errors import ConfigError, reading

ARCHIVES = (".tar", ".parquet")


def list_candidates(sources: Sequence[str], limit: int | None = None) -> list[Candidate]:
    """All candidates of all sources, the first ``limit`` of them.

    Raises:
        ConfigError: A source is missing, of an unknown kind, or without pictures.
    """
    taken: set[str] = set()
    found: list[Candidate] = []
    for given in sources:
        left = None if limit is None else limit - len(found)
        path = place(given)
        named = path if is_remote(path) else Path(os.path.realpath(path))
        name = _unique(_text(named.name) or "root", taken)
        part = list(islice(_candidates(path, name, len(sources) == 1), left))
        if not part and left != 0:
            raise ConfigError(f"source {given}: no picture in it")
        found += part
    return found


def _unique(name: str, taken: set[str]) -> str:
    number, unique = 1, name
    while unique in taken:
        number += 1
        unique = f"{name}~{number}"
    taken.add(unique)
    return unique


def _candidates(path: Path, name: str, alone: bool) -> Iterator[Candidate]:
    try:
        if is_remote(path) and path.suffix.lower() not in ARCHIVES:
            return _store(_layout(path), name)
        if path.is_dir():
            return _folder(_layout(path), name)
        there = path.is_file()
    except OSError as error:  # a name that is too long, a folder that may not be entered
        raise ConfigError(f"source {path}: {error.strerror}") from None
    if not there:
        raise ConfigError(f"source {path}: no such file or folder")
    readers: dict[str, Callable[[Path, str], Iterator[Candidate]]] = {
        ".txt": _list,
        ".lst": _list,
        ".jsonl": listed_pictures,
        ".tar": _tar,
        ".parquet": _parquet,
    }
    ending = path.suffix.lower()
    if ending in ENDINGS:
        root = str(path.parent.resolve())
        return iter([Candidate(name, _text(path.name), root, path.name, "listed")])
    if ending not in readers:
        known = ", ".join(sorted(readers))
        raise ConfigError(f"source {path}: expected a folder, a picture or {known}, got {ending!r}")
    found = readers[ending](path, name)
    return found if alone else _or_damaged(found, path, name)


def _layout(folder: Path) -> Path:
    """The folder that holds the pictures of a data set we know.

    KADIS-700k keeps its pristine pictures in ``ref_imgs`` (``dist_imgs`` are distorted copies and
    never read); KonIQ-10k has one folder per size, of which the larger is taken.
    """
    for inner in ("ref_imgs", "1024x768", "512x384"):
        if (folder / inner).is_dir():
            return folder / inner
    return folder


def _folder(folder: Path, name: str) -> Iterator[Candidate]:
    """Pictures and archives below a folder in sorted order; links to folders are not followed.

    Links to files outside the folder are not followed either: such a picture is rejected when it
    is read, such an archive is the user's mistake.
    """
    root = folder.resolve()
    for at, folders, files in os.walk(root, onerror=_cannot_list):
        folders[:] = sorted(set(folders) - _copies(folders))
        for file in sorted(files):
            full = Path(at) / file
            relative = full.relative_to(root).as_posix()
            ending = full.suffix.lower()
            if ending in ENDINGS:
                yield Candidate(name, _text(relative), str(root), relative, "file")
            elif ending in ARCHIVES:
                _require_inside(full, root)
                for inside in _among_others(full, name):
                    within = _text(relative) + inside.path[len(_text(file)) :]
                    yield inside._replace(path=within)


def _store(folder: Path, name: str) -> Iterator[Candidate]:
    """Pictures and archives below an address in an object store, in the order of a folder's."""
    for inside in names_below(folder, ENDINGS | set(ARCHIVES)):
        full = folder / inside
        if full.suffix.lower() in ENDINGS:
            yield Candidate(name, _text(inside), str(folder), inside, "file")
        else:
            for found in _among_others(full, name):
                within = _text(inside) + found.path[len(_text(full.name)) :]
                yield found._replace(path=within)


def _copies(folders: Sequence[str]) -> set[str]:
    return {copy for copy, original in ORIGINALS.items() if original in folders}


def leaves(file: Path, root: Path) -> bool:
    """Whether a file is a link to something outside ``root``."""
    return file.is_symlink() and not Path(os.path.realpath(file)).is_relative_to(root)


def _require_inside(archive: Path, root: Path) -> None:
    if leaves(archive, root):
        raise ConfigError(f"source {archive}: a link that leaves its source; name it as a source")


def _cannot_list(error: OSError) -> None:
    raise ConfigError(f"source {error.filename}: cannot list: {error.strerror}")


def _list(path: Path, name: str) -> Iterator[Candidate]:
    """A list of paths, one a line, relative to the list; empty lines and ``#`` are left out.

    Where one of them lies outside the list's folder, paths are recorded from the folder that all
    of them share, so that no record holds an absolute path or one that climbs.
    """
    with reading(f"source {path}"):
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    folder = path.parent.resolve()
    stripped = (line.strip() for line in lines)
    named = [line for line in stripped if line and not line.startswith("#")]
    entries = dict.fromkeys(os.path.normpath(folder / line) for line in named)
    root = _shared_folder(str(folder), list(entries))
    for entry in entries:
        member = entry[len(root) :].lstrip(os.sep)
        yield Candidate(name, _text(member), root, member, "listed")


def _shared_folder(folder: str, entries: Sequence[str]) -> str:
    if all(entry.startswith(folder + os.sep) for entry in entries):
        return folder
    return os.path.commonpath([str(Path(entry).parent) for entry in entries])


def _tar(path: Path, name: str) -> Iterator[Candidate]:
    """Pictures in an uncompressed tar (WebDataset or plain), in the order of the archive."""
    root = _root(path)
    try:
        members = read_members(path)
    except (OSError, tarfile.TarError) as error:
        raise _unreadable(path, "not a readable uncompressed tar", error) from None
    for member in members.places:
        if Path(member).suffix.lower() in ENDINGS:
            yield Candidate(name, f"{_text(path.name)}!{_text(member)}", root, member, "tar")
    if members.damage:
        yield Candidate(name, _text(path.name), root, members.damage, "damaged")


def _root(path: Path) -> str:
    return str(path if is_remote(path) else path.resolve())


def _parquet(path: Path, name: str) -> Iterator[Candidate]:
    """Rows of a Parquet file that has a picture column."""
    try:
        column, rows, columns = count_rows(path)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise _unreadable(path, "not readable Parquet", error) from None
    if column is None:
        listed = ", ".join(columns)
        raise ConfigError(f"source {path}: expected a column of picture bytes, got {listed}")
    root = _root(path)
    for row in range(rows):
        yield Candidate(name, f"{_text(path.name)}!{row}", root, str(row), "parquet")


def _among_others(path: Path, name: str) -> Iterator[Candidate]:
    """What an archive in a folder holds; a Parquet file may also be about something else."""
    if path.suffix.lower() == ".tar":
        return _or_damaged(_tar(path, name), path, name)
    with contextlib.suppress(OSError, ValueError, pa.ArrowException):  # it is said why below
        if count_rows(path)[0] is None:
            return iter(())
    return _or_damaged(_parquet(path, name), path, name)


class _UnreadableError(ConfigError):
    """An archive that cannot be read: a mistake where it is all there is, a reject among others."""


def _unreadable(path: Path, what: str, error: Exception) -> ConfigError:
    said = " ".join(str(error).split())
    of_the_file = getattr(error, "errno", None) in OF_THE_FILE
    kind = _UnreadableError if of_the_file else ConfigError
    return kind(f"source {path}: {what}: {said[:200]}")


def _or_damaged(found: Iterator[Candidate], path: Path, name: str) -> Iterator[Candidate]:
    """The same; where the archive cannot be read, one candidate that says so when it is read."""
    try:
        yield from found
    except _UnreadableError as error:
        said = str(error).removeprefix(f"source {path}: ")
        yield Candidate(name, _text(path.name), _root(path), said, "damaged")
