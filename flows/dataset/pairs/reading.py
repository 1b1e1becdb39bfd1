"""What ``pairs`` wrote, read again: photograph by photograph, with records, graphs and rows."""

import json
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq

from annotators.facts import PictureFacts
from annotators.pairs.asking import Compared, PairQuestion
from flows.store.layout import DATA, RECORDS
from flows.store.place import readable
from schemas import masks
from schemas.errors import ConfigError
from schemas.families import Family
from schemas.records import DegradedRegion, Step

GRAPHS = "graphs"
Row = dict[str, Any]


class Pair(NamedTuple):
    """One pair as it was written.

    Args:
        record: Its line of ``records``.
        graph: Its graph.
        rows: Questions about it.
    """

    record: dict[str, Any]
    graph: dict[str, list[dict[str, str]]]
    rows: list[Row]


def pairs_of(out: Path, split: str) -> Iterator[list[Pair]]:
    """The pairs of each photograph of a split; they lie together, and rows in their order.

    Raises:
        ConfigError: Records, graphs and rows do not belong together.
    """
    rows = _Ahead(rows_of(out / DATA / f"{split}.parquet"))
    records, graphs = (_lines(out / kind / f"{split}.jsonl") for kind in (RECORDS, GRAPHS))
    both = zip(records, graphs, strict=True)
    for _, own in groupby(both, lambda pair: pair[0]["picture_id"]):
        pairs = []
        for record, line in own:
            if line["pair_id"] != record["pair_id"]:
                raise ConfigError(f"{out}: graphs and records of {split} are not in one order")
            pairs.append(Pair(record, line["graph"], rows.of(record["pair_id"])))
        yield pairs
    if rows.left:
        raise ConfigError(f"{out}: {rows.left['row_id']}: a row of no pair, or out of order")


def rows_of(file: Path) -> Iterator[Row]:
    """Rows by row group; the rows of a pair share its pictures' bytes."""
    if not file.is_file():
        return
    parquet = pq.ParquetFile(readable(file))
    for group in range(parquet.num_row_groups):
        held: dict[str, bytes] = {}
        for row in parquet.read_row_group(group).to_pylist():
            for picture in row["images"]:
                picture["bytes"] = held.setdefault(picture["path"], picture["bytes"])
            yield row


class _Ahead:
    """Rows, of which the next one is known."""

    def __init__(self, rows: Iterator[Row]) -> None:
        self._rows = rows
        self.left: Row | None = next(rows, None)

    def of(self, pair_id: str) -> list[Row]:
        """The next rows, as long as they are of this pair."""
        found = []
        while self.left is not None and self.left["pair_id"] == pair_id:
            found.append(self.left)
            self.left = next(self._rows, None)
        return found


def left_out(counts: Mapping[str, int]) -> dict[str, int]:
    """What was not paired, or not asked, and why, to how often."""
    kinds = ("left out", "not asked", "refused")
    return {name: number for name, number in counts.items() if number and name.startswith(kinds)}


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    if not path.is_file():
        return
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def question_of(row: Row) -> PairQuestion:
    """The question of a row."""
    return PairQuestion(row["form"], row["question"], row["answer"], row["pool"])


def compared_of(row: Row, families: Mapping[str, Family], clear: bool) -> Compared:
    """The region of a row in both pictures, as far as the row knows it.

    Args:
        row: Of ``data``.
        families: Those that texts may name.
        clear: Whether the photograph may be called flawless where it is clean.
    """
    anchor, target = (_region(row, side) for side in ("anchor", "target"))
    names = {row["region_id"]: row["reference"]}
    size = row["width"], row["height"]
    first, second = (
        PictureFacts(region.image_id, *size, (region,), names, families, clear=clear)
        for region in (anchor, target)
    )
    return Compared(anchor, target, (first, second), row["reference"], row["relation"])


def _region(row: Row, side: str) -> DegradedRegion:
    chain = [Step.model_validate(step) for step in row[f"{side}_chain"]]
    whole = row["region_id"].endswith("/whole")
    x0, y0, x1, y1 = row["box"]
    mask = masks.decode(row["mask"], row["height"], row["width"])
    return DegradedRegion(
        image_id=row[side],
        picture_id=row["picture_id"],
        region_id=row["region_id"],
        role="whole" if whole else ("degraded" if chain else "clean"),
        label=row["label"],
        label_refined=row["label"],
        box=row["box"],
        mask=row["mask"],
        area_fraction=float(mask.mean()),
        point=[(x0 + x1) / 2, (y0 + y1) / 2],
        chain=chain,
    )
