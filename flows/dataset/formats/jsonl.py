"""Every column of every row as JSON lines, the picture beside."""

from collections.abc import Iterator
from typing import Any

from flows.dataset.formats.form import Form, Rows
from flows.dataset.formats.sink import Sink
from flows.store.tables import IMAGE


def _split(rows: Rows, sink: Sink, split: str) -> int:
    return sink.lines(f"{split}.jsonl", _records(rows, sink))


def _records(rows: Rows, sink: Sink) -> Iterator[dict[str, Any]]:
    for row in rows:
        boxes = {"boxes": row["boxes"]} if row["boxes"] else {}
        columns = {key: row[key] for key in row if key not in (IMAGE, "boxes")}
        yield {"image": sink.picture(row), **columns, **boxes}


FORMAT = Form(_split)
