"""What a guesser without the picture may look at, read from a finished dataset.

Questions, names of regions, where they lie, and which families of distortions each has, as words.
"""

from collections import defaultdict
from collections.abc import Container, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from flows.dataset.statistics.guessing import Deal, deal
from flows.store.layout import DATA, RECORDS
from flows.store.place import readable
from schemas.errors import ConfigError
from schemas.streams import derive_key

FEWEST_PHOTOGRAPHS = 20
MOST_PHOTOGRAPHS = 1000

Row = dict[str, Any]


class Facts:
    """What probes look at, without pictures and masks.

    Args:
        rows: Questions and answers.
        regions: Annotated regions of the degraded pictures.
        pictures: Photographs with the group of near duplicates they belong to.
    """

    def __init__(self, rows: list[Row], regions: list[Row], pictures: list[Row]) -> None:
        self.rows, self.regions = rows, regions
        self.pictures = {row["picture_id"]: row for row in pictures}

    @property
    def photographs(self) -> int:
        """How many different ones there are."""
        return len({row["group"] for row in self.pictures.values()})

    @cached_property
    def degraded(self) -> dict[str, list[Row]]:
        """Degraded picture to its degraded regions."""
        found = defaultdict(list)
        for region in self.regions:
            if region["chain"]:
                found[region["image_id"]].append(region)
        return found

    def dealt(self, rows: Sequence[Row]) -> Deal:
        """Rows by the photograph they were made from."""
        return deal([self.pictures[row["picture_id"]]["group"] for row in rows])


def read_facts(out: Path) -> Facts:
    """Of a finished dataset, of at most ``MOST_PHOTOGRAPHS``; no picture and no mask is read.

    Raises:
        ConfigError: Too few photographs.
    """
    pictures = _read(out / RECORDS, "pictures-*", "picture_id group width height")
    groups = sorted({row["group"] for row in pictures}, key=lambda n: derive_key("shortcuts", n))
    if len(groups) < FEWEST_PHOTOGRAPHS:
        raise ConfigError(
            f"{out}: shortcuts need {FEWEST_PHOTOGRAPHS} different photographs, got {len(groups)}"
        )
    chosen = set(groups[:MOST_PHOTOGRAPHS])
    pictures = [row for row in pictures if row["group"] in chosen]
    ids = {row["picture_id"] for row in pictures}
    rows = "image_id picture_id region_id task sub_task form question answer spatial_answer chain"
    regions = "image_id picture_id region_id role label_refined box area_fraction chain"
    return Facts(
        _read(out / DATA, "*", rows, ids),
        _read(out / RECORDS, "degraded-*", regions, ids),
        pictures,
    )


def _read(
    folder: Path, pattern: str, columns: str, pictures: Container[str] | None = None
) -> list[Row]:
    return [
        row
        for file in sorted(folder.glob(f"{pattern}.parquet"))
        for row in pq.read_table(readable(file), columns=columns.split()).to_pylist()
        if pictures is None or row["picture_id"] in pictures
    ]


def candidates(row: Row, facts: Facts) -> list[Row]:
    """Degraded regions a question may mean, as far as families tell; none if it means a clean one.

    A question about one distortion may mean whatever shares a family with the answer.
    """
    held = facts.degraded.get(row["image_id"], [])
    if row["sub_task"] == "accumulation_order":
        asked = _asked(row)
        held = [region for region in held if asked <= holds(region)]
    elif row["sub_task"] == "single_intensity":
        held = [region for region in held if holds(row) & holds(region)]
    known = any(region["region_id"] == row["region_id"] for region in held)
    return held if known else []


def _asked(row: Row) -> set[str]:
    """Families that an order question names."""
    chain = [step["family"] for step in row["chain"]]
    return set({"first": chain[:1], "last": chain[-1:]}.get(row["form"], chain))


def holds(thing: Row) -> set[str]:
    """Families of a region's chain, or of that a question is about."""
    return {step["family"] for step in thing["chain"]}


def families_of(row: Row) -> str:
    """The same as a word: one answer of many."""
    return ", ".join(sorted(holds(row)))


def name_of(region: Row) -> str:
    """What the region is called."""
    return str(region["label_refined"]).lower()


def looks(region: Row, facts: Facts) -> list[str]:
    """Words of the name, where it lies and how large it is."""
    picture, (x0, y0, x1, y1) = facts.pictures[region["picture_id"]], region["box"]
    across = int(1.5 * (x0 + x1) / picture["width"])
    down = int(1.5 * (y0 + y1) / picture["height"])
    size = int(np.log2(max(region["area_fraction"], 1e-6)))
    return [*name_of(region).split(), f"column{across}", f"row{down}", f"size{size}"]


def holdings(region: Row, _: Facts) -> list[str]:
    """The families it has, sorted, and how many."""
    held = sorted(holds(region))
    return [*held, f"number{len(held)}"]
