"""Re-reads a finished dataset and believes nothing: files, schemas, masks, words, pixels.

Shard by shard, on as many processes as are asked for; what must hold between shards (splits,
row ids, counts) is put together from what each of them says.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from flows.dataset.validate_shard import (
    Defect,
    ShardFindings,
    ShardToCheck,
    check_shard,
    row_hashes,
    shard_tools,
)
from flows.processes import mapped
from flows.store.layout import (
    DATA,
    RECORDS,
    REJECTS,
    FileEntry,
    is_intact,
    require_dataset,
    require_records,
)
from flows.store.place import is_remote, readable
from flows.store.shards import SPARSE, TABLES
from flows.store.tables import dataset_schema
from schemas.errors import ContractError
from schemas.record import Record
from schemas.records import RECORDS as RECORD_TYPES
from schemas.records import Reject, Sample

__all__ = ["Defect", "validate"]


def validate(out: Path, sources: Sequence[str] = (), workers: int = 1) -> Iterator[Defect]:
    """Check everything that can be checked.

    Args:
        out: The dataset.
        sources: Where the photographs lie, as given to ``build``; without them the places noted
            by the run are tried. Pixels outside the masks are compared where a source is found.
        workers: Processes; with one, everything is done in this one.

    Raises:
        ConfigError: There is no dataset, or one of other versions.
    """
    manifest = require_dataset(out)
    require_records(out, manifest, RECORD_TYPES)
    shard_tools.cache_clear()
    shards = sorted(path.stem.split("-")[1] for path in (out / RECORDS).glob("pictures-*.parquet"))
    jobs = [ShardToCheck(out, shard, tuple(sources)) for shard in shards]
    # an address in a bucket means nothing to a fresh process
    with mapped(1 if is_remote(out) else workers) as over:
        files = list(_files(out, manifest, over))
        yield from files
        if files:
            return
        yield from _schemas(out)
        groups, counted, ids = dict[str, str](), 0, list[Any]()
        for found in over(check_shard, jobs):
            yield from found.defects
            yield from _splits(found, groups)
            counted += found.rows
            ids.append(found.row_ids)
    yield from _twice(out, ids)
    yield from _counts(manifest, counted)


def _files(out: Path, manifest: dict[str, Any], over: Callable[..., Any]) -> Iterator[Defect]:
    entries = [
        (out, FileEntry(path, entry["size"], entry["sha256"]))
        for path, entry in manifest["files"].items()
    ]
    for (_, entry), intact in zip(entries, over(_is_intact, entries), strict=True):
        if not intact:
            yield Defect(entry.path, "", "checksum", "missing, or not as the manifest says")
    known = set(manifest["files"])
    for folder in (DATA, RECORDS, REJECTS):
        for file in sorted((out / folder).glob("*")):
            if file.relative_to(out).as_posix() not in known:
                yield Defect(f"{folder}/{file.name}", "", "unknown_file", "not in the manifest")


def _is_intact(entry: tuple[Path, FileEntry]) -> bool:
    return is_intact(*entry)


def _schemas(out: Path) -> Iterator[Defect]:
    tables: list[tuple[str, str, type[Record]]] = [(DATA, "*", Sample), (REJECTS, "*", Reject)]
    tables += [(RECORDS, f"{name}-*", record) for name, record in (TABLES | SPARSE).items()]
    for folder, pattern, record in tables:
        for file in sorted((out / folder).glob(f"{pattern}.parquet")):
            schema = pq.read_schema(readable(file))
            try:
                record.check_schema(schema)
            except ContractError as error:
                yield Defect(f"{folder}/{file.name}", "", "schema", str(error))
            wanted = dataset_schema() if record is Sample else record.arrow_schema()
            if not schema.equals(wanted):
                yield Defect(f"{folder}/{file.name}", "", "schema", "columns or types differ")


def _splits(found: ShardFindings, groups: dict[str, str]) -> Iterator[Defect]:
    """No group of near duplicates in both splits."""
    for picture_id, group, split in found.groups:
        if groups.setdefault(group, split) != split:
            yield Defect(found.file, picture_id, "leak", f"group {group} in both splits")


def _twice(out: Path, ids: Sequence[Any]) -> Iterator[Defect]:
    """Row ids that occur in several shards.

    Shards say eight bytes of a hash for each of their rows; what is equal is looked up.
    """
    values, counts = np.unique(np.concatenate(ids or [np.empty(0, np.uint64)]), return_counts=True)
    if (counts < 2).all():
        return
    seen, suspects = set[str](), values[counts > 1]
    for file in sorted((out / DATA).glob("*.parquet")):
        names = pq.read_table(readable(file), columns=["row_id"])["row_id"].to_pylist()
        for at in np.flatnonzero(np.isin(row_hashes(names), suspects)):
            if names[at] in seen:
                yield Defect(f"{DATA}/{file.name}", names[at], "twice", "row id occurs twice")
            seen.add(names[at])


def _counts(manifest: dict[str, Any], counted: int) -> Iterator[Defect]:
    expected = sum(manifest["counts"]["rows"].values())
    if counted != expected:
        yield Defect("manifest.json", "", "counts", f"{expected} rows counted, {counted} found")
