"""Conversations with a list of pictures inside the rows, as TRL reads them.

Source: TRL's documentation of vision data sets: conversational, list of images.
"""

from collections.abc import Sequence

from flows.dataset.formats import recipe
from flows.dataset.formats.embedded import IMAGES, STRING, TURNS, write_embedded
from flows.dataset.formats.form import Form, Rows
from flows.dataset.formats.sink import Sink
from flows.store.tables import IMAGE

_COLUMNS = {"messages": TURNS, "row_id": STRING, "task": STRING, "sub_task": STRING}


def _split(rows: Rows, sink: Sink, split: str) -> int:
    records = ({IMAGES: [row[IMAGE]], **{name: row[name] for name in _COLUMNS}} for row in rows)
    return write_embedded(sink.out / f"{split}.parquet", records, _COLUMNS)


def _beside(sink: Sink, splits: Sequence[str]) -> None:
    sink.text("sft.yaml", recipe.trl())


FORMAT = Form(_split, _beside)
