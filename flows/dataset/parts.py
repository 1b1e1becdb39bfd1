"""Datasets made out of datasets: some rows of one, or all rows of several.

Rows, pictures, regions and chains are copied as they are, so that every row can still be made again
from its ids and the manifest of the dataset it came from, which the new manifest holds.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from flows.dataset.card import write_card
from flows.dataset.statistics.stats import collect
from flows.store.asked_again import KEY
from flows.store.inside import require_text
from flows.store.layout import (
    DATA,
    FIGURES,
    MANIFEST,
    RECORDS,
    REJECTS,
    TEMPORARY,
    WORK,
    describe_file,
    put_in_place,
    require_dataset,
    require_records,
    shard_name,
    storage_errors,
    write_text,
)
from flows.store.shards import SPARSE, SPLITS, TABLES
from flows.store.tables import IMAGE, dataset_writer, write_table
from schemas.errors import ConfigError
from schemas.records import RECORDS as RECORD_TYPES
from schemas.records import Reject
from schemas.settings.config import RunConfig

Keep = Callable[[str], bool]
_OWNERS = ("image_id", "picture_id")
"""Whom a record belongs to, the nearest first."""


class Part(NamedTuple):
    """A dataset that another is made from.

    Args:
        folder: Where it lies.
        keep: Row id to whether the row is taken.
        rejects: What the new dataset says of rows that are not, by shard.
    """

    folder: Path
    keep: Keep = lambda row_id: True
    rejects: Sequence[Reject] = ()


class Made(NamedTuple):
    """What came of it.

    Args:
        rows: In the new dataset.
        left: Rows of the parts that are not.
    """

    rows: int
    left: int


def write_parts(parts: Sequence[Part], out: Path, how: dict[str, Any]) -> Made:
    """Write a dataset from parts of others.

    Args:
        parts: In the order in which their shards follow each other.
        out: New folder.
        how: What the manifest says of how it was made, e.g. the condition.

    Raises:
        ConfigError: ``out`` is not empty, a part is no dataset or of other versions, or nothing
            is left.
    """
    require_text(out, "--out")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ConfigError(f"--out {out} is not empty; choose a new folder")
    manifests = [require_dataset(part.folder) for part in parts]
    for part, manifest in zip(parts, manifests, strict=True):
        require_records(part.folder, manifest, RECORD_TYPES)
    if not any(part.keep(row_id) for part in parts for row_id in _row_ids(part.folder)):
        raise ConfigError(f"--out {out}: not one row fits; nothing was written")
    counted, left = Counter[str](), 0
    for number, (part, shard) in enumerate(_shards(parts)):
        found, lost = _copy_shard(part, shard, out, number)
        counted.update(found)
        left += lost
    _finish(parts, manifests, out, how, counted)
    return Made(sum(counted.values()), left)


def _row_ids(folder: Path) -> Iterator[str]:
    for path in sorted((folder / DATA).glob("*.parquet")):
        yield from pq.read_table(path, columns=["row_id"])["row_id"].to_pylist()


def _shards(parts: Sequence[Part]) -> Iterator[tuple[Part, str]]:
    for part in parts:
        for path in sorted((part.folder / RECORDS).glob("pictures-*.parquet")):
            yield part, path.stem.split("-")[1]


def _copy_shard(part: Part, shard: str, out: Path, number: int) -> tuple[Counter[str], int]:
    """Copy what is kept of a shard; counts of its rows by kind, and how many were left."""
    counts, left = Counter[str](), 0
    wanted: dict[str, set[str]] = {"image_id": set(), "picture_id": set(), "row_id": set()}
    for split in SPLITS:
        source = part.folder / DATA / f"{split}-{shard}.parquet"
        if source.is_file():
            for table in _copy_rows(source, out / DATA / shard_name(number, split), part.keep):
                left += table.num_rows - (kept := table.filter(table["kept"])).num_rows
                for column, ids in wanted.items():
                    ids.update(kept[column].to_pylist())
                kinds = ("split", "task", "sub_task", "form")
                columns = [kept[kind].to_pylist() for kind in kinds]
                counts.update(map(".".join, zip(*columns, strict=True)))
    for name in (*TABLES, *SPARSE):
        source = part.folder / RECORDS / f"{name}-{shard}.parquet"
        if not source.is_file():  # a sparse table with nothing in it
            continue
        table = pq.read_table(source)
        column = next(key for key in ("row_id", *_OWNERS) if key in table.column_names)
        ids = pa.array(sorted(wanted[column]), pa.string())
        chosen = table.filter(pc.is_in(table[column], ids))
        if chosen.num_rows or name in TABLES:
            write_table(out / RECORDS / shard_name(number, name), chosen)
    _copy_rejects(part, shard, out, number)
    _copy_candidates(part, shard, out, number)
    return counts, left


def _copy_rows(source: Path, target: Path, keep: Keep) -> Iterator[pa.Table]:
    """Copy kept rows of a file; yields small columns of each row group with what is ``kept``."""
    writer: pq.ParquetWriter | None = None
    temporary = target.with_name(target.name + TEMPORARY)
    with storage_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with pq.ParquetFile(source, read_dictionary=[f"{IMAGE}.bytes"]) as file:
            for group in range(file.num_row_groups):
                table = file.read_row_group(group)
                kept = pa.array([keep(row_id) for row_id in table["row_id"].to_pylist()])
                small = ["row_id", "image_id", "picture_id", "split", "task", "sub_task", "form"]
                yield table.select(small).append_column("kept", kept)
                chosen = _compact(table.filter(kept))
                if chosen.num_rows:
                    writer = writer or dataset_writer(temporary, chosen.schema)
                    writer.write_table(chosen, row_group_size=chosen.num_rows)
        if writer is not None:
            writer.close()
            put_in_place(temporary, target)


def _compact(table: pa.Table) -> pa.Table:
    """The same rows, with only those pictures in the dictionary that are still spoken of."""
    if not table.num_rows:
        return table
    image = table[IMAGE].combine_chunks()
    stored = image.field("bytes")
    used, places = np.unique(stored.indices.to_numpy(), return_inverse=True)
    png = pa.DictionaryArray.from_arrays(
        pa.array(places.astype(np.int32)), stored.dictionary.take(pa.array(used))
    )
    column = pa.StructArray.from_arrays([png, image.field("path")], names=["bytes", "path"])
    field = table.schema.field(IMAGE).with_type(column.type)
    where = table.schema.get_field_index(IMAGE)
    return table.set_column(where, field, column).replace_schema_metadata(None)


def _copy_rejects(part: Part, shard: str, out: Path, number: int) -> None:
    path = part.folder / REJECTS / f"{shard}.parquet"
    table = pq.read_table(path) if path.is_file() else Reject.table([])
    if part.rejects and number == 0:
        table = pa.concat_tables([table, Reject.table(list(part.rejects))])
    write_table(out / REJECTS / shard_name(number), table)


def _copy_candidates(part: Part, shard: str, out: Path, number: int) -> None:
    """Where the photographs lie, so that they can be shown beside."""
    source = part.folder / WORK / "candidates" / f"{shard}.json"
    if source.is_file():
        target = out / WORK / "candidates" / f"{number:05d}.json"
        write_text(target, source.read_text(encoding="utf-8"))


def _finish(
    parts: Sequence[Part],
    manifests: Sequence[dict[str, Any]],
    out: Path,
    how: dict[str, Any],
    counted: Counter[str],
) -> None:
    """Card, figures and, last, the manifest."""
    stats = collect(out)
    first = manifests[0]
    config = RunConfig.parse(first["config"], str(parts[0].folder))
    named = config.model_copy(update={"run": config.run.model_copy(update={"look": False})})
    write_card(out, named, first["config_hash"], stats, {})
    counts = {
        "candidates": sum(one["counts"]["candidates"] for one in manifests),
        "pictures": stats.pictures,
        "images": stats.images,
        "rows": dict(sorted(counted.items())),
        "rejects": {f"{s}.{r}": n for (s, r), n in sorted(stats.rejects.items())},
        "all": {},
    }
    files = sorted(
        path
        for folder in (DATA, RECORDS, REJECTS, FIGURES)
        for path in (out / folder).glob("*")
        if path.is_file()
    )
    entries = [describe_file(out, path) for path in [out / "README.md", *files]]
    manifest = {name: value for name, value in first.items() if name != KEY} | {
        "identity": {**first["identity"], "kind": str(how["kind"])},
        "made": how,
        "parts": [
            {name: value for name, value in one.items() if name not in ("files", "timings")}
            for one in manifests
        ],
        "human_families": {
            name: family for one in manifests for name, family in one["human_families"].items()
        },
        "plugins": _plugins(manifests),
        "counts": counts,
        "timings": {},
        "files": {entry.path: {"size": entry.size, "sha256": entry.sha256} for entry in entries},
    }
    write_text(out / MANIFEST, json.dumps(manifest, indent=1, sort_keys=True) + "\n")


def _plugins(manifests: Sequence[dict[str, Any]]) -> Any:
    found = [one["plugins"] for one in manifests]
    return found[0] if all(one == found[0] for one in found) else found
