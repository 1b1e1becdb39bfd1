"""The exact boxes that rows cite, read back from a dataset folder."""

from pathlib import Path

import pyarrow.parquet as pq

from flows.store.layout import RECORDS
from flows.store.place import readable
from schemas.records import RowBox


def row_boxes(out: Path, shard: str) -> dict[str, list[RowBox]]:
    """Row id to the boxes that its question and its answer cite, in their order.

    Args:
        out: Dataset folder.
        shard: The shard as its file names have it, ``00003``.
    """
    path = out / RECORDS / f"boxes-{shard}.parquet"
    found: dict[str, list[RowBox]] = {}
    if path.is_file():
        for box in RowBox.from_table(pq.read_table(readable(path))):
            found.setdefault(box.row_id, []).append(box)
    return found
