"""Pictures that must not be trained on, known by name or by hash."""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from flows.ingest.decode import decode
from flows.ingest.fingerprints import content_hash
from flows.ingest.limits import ENDINGS
from flows.store.layout import DATA, MANIFEST
from flows.training.data.example import Origin
from schemas.errors import ConfigError, PictureError, reading
from schemas.settings.config import IngestConfig

_NAME = re.compile(rf"[^\s\"']+(?:{'|'.join(map(re.escape, sorted(ENDINGS)))})\b", re.IGNORECASE)
_HASH = re.compile(r"\b[0-9a-f]{64}\b")
_ANY_SIZE = IngestConfig(min_side=1, max_long_side=1 << 20)


class Barred(NamedTuple):
    """What identifies pictures of evaluation sets.

    Args:
        names: File names without folders, lower case.
        hashes: Content hashes of decoded pixels, and SHA-256 of files.
    """

    names: frozenset[str]
    hashes: frozenset[str]

    def holds(self, origin: Origin) -> bool:
        """Whether a row shows one of them."""
        new = self.names.isdisjoint(origin.names) and self.hashes.isdisjoint(origin.hashes)
        return not new


def barred(paths: Sequence[str]) -> Barred:
    """Read evaluation sets.

    A dataset folder gives its test split by hash and name, another folder its pictures by both, a
    Parquet or text file (JSON, CSV, list) every picture name and every 64-digit hash in it.

    Raises:
        ConfigError: Something is not there, or names no picture.
    """
    names: set[str] = set()
    hashes: set[str] = set()
    for given in paths:
        path = Path(given)
        before = len(names) + len(hashes)
        if (path / MANIFEST).is_file():
            found = _of_dataset(path)
        elif path.is_dir():
            found = _of_folder(path)
        elif path.suffix == ".parquet":
            found = _of_parquet(path)
        elif path.is_file():
            found = _of_text(path)
        else:
            raise ConfigError(f"evaluation: {given} is not there")
        for name, hash_ in found:
            names.update([name] if name else ())
            hashes.update([hash_] if hash_ else ())
        if len(names) + len(hashes) == before:
            raise ConfigError(f"evaluation: {given} names no picture that others did not")
    return Barred(frozenset(names), frozenset(hashes))


def _of_dataset(folder: Path) -> Iterator[tuple[str, str]]:
    for file in sorted((folder / DATA).glob("test-*.parquet")):
        table = pq.read_table(file, columns=["source_path", "content_hash"])
        for row in table.to_pylist():
            yield _base(row["source_path"]), row["content_hash"]


def _of_folder(folder: Path) -> Iterator[tuple[str, str]]:
    for file in sorted(folder.rglob("*")):
        if file.suffix.lower() in ENDINGS:
            data = file.read_bytes()
            yield _base(file.name), hashlib.sha256(data).hexdigest()
            try:
                yield "", content_hash(decode(data, _ANY_SIZE).image)
            except PictureError:
                continue  # its name and its file's hash still bar it


def _of_parquet(file: Path) -> Iterator[tuple[str, str]]:
    with reading(f"evaluation: {file}", pa.ArrowException), pq.ParquetFile(file) as table:
        for batch in table.iter_batches(64):
            for name in batch.schema.names:
                yield from _named(batch[name].to_pylist())


def _of_text(file: Path) -> Iterator[tuple[str, str]]:
    with reading(f"evaluation: {file}"):
        text = file.read_text(encoding="utf-8")
    try:
        yield from _named(json.loads(text))
    except ValueError:
        yield from _named(re.split(r"[\n,;\t]", text))


def _named(found: Any) -> Iterator[tuple[str, str]]:
    """Names and hashes in every string of what was read."""
    for word in _strings(found):
        whole = word.strip(" \"'\r")
        if whole.lower().endswith(tuple(ENDINGS)):
            yield _base(whole), ""  # a name may hold spaces
        for name in _NAME.findall(word):
            yield _base(name), ""
        for hash_ in _HASH.findall(word):
            yield "", hash_


def _strings(found: Any) -> Iterator[str]:
    pending = [found]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            pending += item.values()
        elif isinstance(item, list):
            pending += item


def _base(path: str) -> str:
    return re.split(r"[/\\]", path)[-1].lower()


def hash_of(image: Any) -> str:
    """Content hash of a PIL image, RGB."""
    return content_hash(np.asarray(image))
