"""Shards on disk: written under temporary names, renamed when complete, ledger last.

Rows of one picture are adjacent and never split between row groups, and the column of picture
bytes is dictionary encoded: a picture with ten questions is stored once, and every reader of
Parquet sees ten complete rows.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow.parquet as pq

from flows.store.layout import (
    DATA,
    RECORDS,
    REJECTS,
    describe_file,
    put_in_place,
    shard_name,
    storage_errors,
    temporary_of,
)
from flows.store.ledger import ShardSummary, forget, write_ledger
from flows.store.place import make_folder
from flows.store.png import deflate_of, encode_png
from flows.store.tables import StoredPicture, dataset_table, dataset_writer, write_table
from schemas import counts
from schemas.arrays import Image
from schemas.record import Record
from schemas.records import DegradedRegion, Picture, Region, Reject, RowBox, Sample
from schemas.settings.config import ExportConfig

SPLITS = ("train", "test")
TABLES: dict[str, type[Record]] = {
    "pictures": Picture,
    "regions": Region,
    "degraded": DegradedRegion,
}
SPARSE: dict[str, type[Record]] = {"boxes": RowBox}
"""Tables that a shard has only where there is something to put into them."""


class _RowWriter:
    """Rows of one split of one shard, flushed by row group."""

    def __init__(self, path: Path, config: ExportConfig) -> None:
        self.path, self.config = path, config
        self.temporary = temporary_of(path)
        self.writer: pq.ParquetWriter | None = None
        self.rows: list[dict[str, Any]] = []
        self.pictures: list[StoredPicture] = []
        self.picture_bytes = 0

    def add(self, png: bytes, samples: Sequence[Sample]) -> None:
        """All rows of one degraded picture."""
        full = len(self.rows) + len(samples) > self.config.row_group_rows
        if self.rows and (full or self.picture_bytes > self.config.row_group_mb << 20):
            self.flush()
        self.rows += [sample.model_dump() for sample in samples]
        self.pictures.append(StoredPicture(png, f"{samples[0].image_id}.png", len(samples)))
        self.picture_bytes += len(png)

    def flush(self) -> None:
        """Write what is held as one row group."""
        if not self.rows:
            return
        with storage_errors(self.path):
            table = dataset_table(self.rows, self.pictures)
            if self.writer is None:
                self.writer = dataset_writer(self.temporary, table.schema)
            self.writer.write_table(table, row_group_size=len(self.rows))
        self.rows, self.pictures, self.picture_bytes = [], [], 0

    def close(self) -> bool:
        """Finish the file; whether there is one."""
        self.flush()
        if self.writer is None:
            return False
        with storage_errors(self.path):
            self.writer.close()
        put_in_place(self.temporary, self.path)
        return True

    def abandon(self) -> None:
        """Drop what was begun."""
        if self.writer is not None:
            self.writer.close()
        self.temporary.unlink(missing_ok=True)


class ShardWriter:
    """Collects one shard and commits it; leaving it without ``commit`` leaves nothing behind.

    Args:
        out: Dataset folder.
        shard: Number of the shard.
        config: Row-group limits.
    """

    def __init__(self, out: Path, shard: int, config: ExportConfig) -> None:
        self.out, self.shard = out, shard
        self._deflate = deflate_of(config.png)
        for folder in (DATA, RECORDS, REJECTS):
            with storage_errors(out / folder):
                make_folder(out / folder)
        self._rows = {s: _RowWriter(out / DATA / shard_name(shard, s), config) for s in SPLITS}
        self._tables: dict[str, list[Any]] = {name: [] for name in (*TABLES, *SPARSE)}
        self._rejects: list[Reject] = []
        self._counts: Counter[str] = Counter()
        self._writers: Counter[str] = Counter()
        self._timings: defaultdict[str, float] = defaultdict(float)

    def __enter__(self) -> Self:
        """Nothing is written until something is added."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove temporary files of an unfinished shard."""
        for rows in self._rows.values():
            rows.abandon()

    @property
    def rows(self) -> int:
        """Rows so far, of both splits."""
        return sum(counts.ROWS.under(self._counts).values())

    def counted(self, name: str) -> int:
        """What was counted under a name so far."""
        return self._counts[name]

    def add_picture(self, picture: Picture, regions: Sequence[Region]) -> None:
        """A source picture and its eligible regions."""
        self._tables["pictures"].append(picture)
        self._tables["regions"] += regions

    def add_variant(
        self,
        image: Image,
        degraded: Sequence[DegradedRegion],
        samples: Sequence[Sample],
        boxes: Sequence[RowBox] = (),
    ) -> None:
        """A degraded picture, its regions, its rows, and the boxes that their texts cite."""
        self._tables["degraded"] += degraded
        self._tables["boxes"] += boxes
        if samples:
            self._rows[samples[0].split].add(encode_png(image, self._deflate), samples)
        for sample in samples:
            kind = (sample.split, sample.task, sample.sub_task, sample.form)
            self._counts[counts.ROWS(*kind)] += 1
            self._writers[f"writer.{sample.writer}"] += 1

    def add_rejects(self, rejects: Sequence[Reject]) -> None:
        """Whatever left the road."""
        self._rejects += rejects

    def add_counts(self, more: Mapping[str, int]) -> None:
        """Add to what was counted."""
        self._counts.update(more)

    def add_timings(self, timings: Mapping[str, float]) -> None:
        """Add to the seconds spent by stage."""
        for name, seconds in timings.items():
            self._timings[name] += seconds

    def commit(self, key: str, pictures: int = 0) -> ShardSummary:
        """Finish every file and write the ledger last; returns what it says.

        Args:
            key: Over everything that decides what the shard holds.
            pictures: How many it was made of.
        """
        for reject in self._rejects:
            self._counts[counts.REJECTS(reject.stage, reject.reason)] += 1
        paths = []
        for rows in self._rows.values():
            if rows.close():
                paths.append(rows.path)
            else:  # an attempt under another key may have left rows of this split
                rows.path.unlink(missing_ok=True)
        sparse = {name: record for name, record in SPARSE.items() if self._tables[name]}
        for name in SPARSE.keys() - sparse.keys():
            (self.out / RECORDS / shard_name(self.shard, name)).unlink(missing_ok=True)
        for name, record in (TABLES | sparse).items():
            paths.append(self.out / RECORDS / shard_name(self.shard, name))
            write_table(paths[-1], record.table(self._tables[name]))
        paths.append(self.out / REJECTS / shard_name(self.shard))
        write_table(paths[-1], Reject.table(self._rejects))
        files = [describe_file(self.out, path) for path in paths]
        timings = {name: round(value, 6) for name, value in sorted(self._timings.items())}
        counted = dict(sorted(self._counts.items()))
        summary = ShardSummary(self.shard, key, files, counted, timings, self._holds(), pictures)
        return write_ledger(self.out, summary)

    def _holds(self) -> dict[str, int]:
        """Counts of what the files hold, in the order of the rows."""
        degraded: list[DegradedRegion] = self._tables["degraded"]
        holds = Counter(self._writers)
        for region in degraded:
            holds[f"chain.{len(region.chain)}"] += 1
            for step in region.chain:
                holds.update((f"family.{step.family}", f"type.{step.type}"))
                holds[f"severity.{step.severity}"] += 1
        holds["images"] = len({region.image_id for region in degraded})
        holds["pictures"] = len(self._tables["pictures"])
        return dict(holds)


def clear_shard(out: Path, shard: int) -> None:
    """Remove whatever an earlier attempt left of a shard, ledger first."""
    forget(out, shard)
    names = [(DATA, split) for split in SPLITS] + [(RECORDS, name) for name in (*TABLES, *SPARSE)]
    for folder, prefix in [*names, (REJECTS, "")]:
        (out / folder / shard_name(shard, prefix)).unlink(missing_ok=True)
