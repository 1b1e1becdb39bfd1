"""What there is to read: folders, lists, data sets in known layouts, Parquet, tar.

A source is what the user names on the command line; a candidate is one picture in it that has not
been opened yet. Candidates come in a fixed order (sources as given, paths sorted), and their
paths are relative to the source, so that two machines agree on them.
"""

import os
import re
import tarfile
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.errors import ConfigError

Kind: TypeAlias = Literal["file", "tar", "parquet"]

PICTURES = frozenset(
    f".{ending}"
    for ending in re.findall(
        r"\w+", "jpg jpeg jpe png apng webp bmp tif tiff gif jp2 j2k avif ppm pgm pnm"
    )
)
"""Endings that are taken for pictures in folders and tars; what is in them is looked at later."""


class Candidate(NamedTuple):
    """One picture, not opened yet.

    Args:
        source: Name of the source, unique in the run.
        path: Path inside the source; ``file.tar!member`` and ``file.parquet!row`` in archives.
        root: Absolute path of the folder or the archive.
        member: Path under ``root``, name in the tar, or row number.
        kind: How to read it.
    """

    source: str
    path: str
    root: str
    member: str
    kind: Kind


def list_candidates(sources: Sequence[str], limit: int | None = None) -> list[Candidate]:
    """All candidates of all sources, the first ``limit`` of them.

    Raises:
        ConfigError: A source is missing, of no kind we know, or without pictures.
    """
    taken: set[str] = set()
    found: list[Candidate] = []
    for given in sources:
        left = None if limit is None else limit - len(found)
        path = Path(given)
        name = _unique(path.resolve().name or "root", taken)
        part = list(islice(_candidates(path, name), left))
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


def _candidates(path: Path, name: str) -> Iterator[Candidate]:
    if path.is_dir():
        return _folder(_layout(path), name)
    if not path.is_file():
        raise ConfigError(f"source {path}: no such file or folder")
    readers: dict[str, Callable[[Path, str], Iterator[Candidate]]] = {
        ".txt": _list, ".lst": _list, ".tar": _tar, ".parquet": _parquet,
    }  # fmt: skip
    ending = path.suffix.lower()
    if ending in PICTURES:
        return iter([Candidate(name, path.name, str(path.resolve().parent), path.name, "file")])
    if ending not in readers:
        known = ", ".join(sorted(readers))
        raise ConfigError(f"source {path}: expected a folder, a picture or {known}, got {ending!r}")
    return readers[ending](path, name)


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
    """Pictures below a folder in sorted order; links to folders are not followed."""
    root = folder.resolve()
    for place, folders, files in os.walk(root):
        folders.sort()
        for file in sorted(files):
            full = Path(place) / file
            relative = full.relative_to(root).as_posix()
            if full.suffix.lower() in PICTURES:
                yield Candidate(name, relative, str(root), relative, "file")
            elif full.suffix.lower() in (".tar", ".parquet"):
                reader = _tar if full.suffix.lower() == ".tar" else _parquet
                for inside in reader(full, name):
                    yield inside._replace(path=relative + inside.path[len(full.name) :])


def _list(path: Path, name: str) -> Iterator[Candidate]:
    """A list of paths, one a line, relative to the list; empty lines and ``#`` are left out."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"source {path}: not a readable list: {error}") from None
    root = str(path.resolve().parent)
    for line in lines:
        entry = line.strip()
        if entry and not entry.startswith("#"):
            yield Candidate(name, Path(entry).as_posix().lstrip("/"), root, entry, "file")


def _tar(path: Path, name: str) -> Iterator[Candidate]:
    """Pictures in a tar (WebDataset or plain), in the order of the archive."""
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                if member.isfile() and Path(member.name).suffix.lower() in PICTURES:
                    inside = f"{path.name}!{member.name}"
                    yield Candidate(name, inside, str(path.resolve()), member.name, "tar")
    except tarfile.TarError as error:
        raise ConfigError(f"source {path}: not a readable tar: {error}") from None


def _parquet(path: Path, name: str) -> Iterator[Candidate]:
    """Rows of a Parquet file that has a picture column."""
    try:
        file = pq.ParquetFile(path)
    except pa.ArrowInvalid as error:
        raise ConfigError(f"source {path}: not readable Parquet: {error}") from None
    if picture_column(file.schema_arrow) is None:
        columns = ", ".join(file.schema_arrow.names)
        raise ConfigError(f"source {path}: no picture column (bytes), got {columns}")
    for row in range(file.metadata.num_rows):
        yield Candidate(name, f"{path.name}!{row}", str(path.resolve()), str(row), "parquet")


def picture_column(schema: pa.Schema) -> str | None:
    """Name of the first column of picture bytes: binary, or a struct with ``bytes``."""
    for field in schema:
        kind = field.type
        inner = pa.types.is_struct(kind) and kind.get_field_index("bytes") >= 0
        if inner or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            return str(field.name)
    return None
