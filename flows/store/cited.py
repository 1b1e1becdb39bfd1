"""Rows with the boxes that their texts cite, in the notation that is asked for."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from annotators.language.grid import Shares, shares
from annotators.language.notation import NOTATIONS, Cited, rewritten
from flows.store.boxes import row_boxes
from flows.store.layout import RECORDS
from flows.store.place import readable
from schemas.errors import ConfigError, UnknownNameError
from schemas.records import RowBox
from schemas.streams import Stream

DEFAULT = "grid20"
CHOICES = (*NOTATIONS, "names", "permuted")
"""Notations, and two controls: names without boxes, and boxes of other pictures in cells."""
Place = tuple[str, str]
"""Degraded picture and region."""


class Boxes:
    """Writes the boxes of a dataset's rows anew, from exact ones.

    Args:
        dataset: Folder that ``build`` made.
        notation: One of ``CHOICES``.

    Raises:
        UnknownNameError: No such notation.
    """

    def __init__(self, dataset: Path, notation: str) -> None:
        if notation not in CHOICES:
            raise UnknownNameError("notation of boxes", notation, CHOICES)
        self._dataset, self._notation = dataset, notation
        self._swapped: Mapping[Place, Shares] | None = None

    def of(self, shard: str) -> dict[str, list[RowBox]]:
        """Row id to boxes, of a shard as its file names have it."""
        return row_boxes(self._dataset, shard)

    def turn(
        self, row: Mapping[str, Any], boxes: Sequence[RowBox], flip: Callable[[str], str]
    ) -> tuple[str, str]:
        """Question and answer on the mirrored picture: other words, mirrored exact boxes.

        Args:
            row: With its own texts, ``width`` and ``height``.
            boxes: Exact ones, of the picture as it is.
            flip: Swaps left and right in words.
        """
        width = int(row["width"])
        other = [
            box.model_copy(
                update={
                    "name": flip(box.name),
                    "box": [width - box.box[2], box.box[1], width - box.box[0], box.box[3]],
                }
            )
            for box in boxes
        ]
        said = dict(row) | {part: flip(row[part]) for part in ("question", "answer")}
        question, answer = (
            self._text(said, part, [box for box in other if box.part == part])
            for part in ("question", "answer")
        )
        return question, answer

    def put(self, row: dict[str, Any], boxes: Sequence[RowBox]) -> dict[str, Any]:
        """A row with ``boxes``, its texts in the notation.

        Raises:
            ConfigError: Its texts and its boxes do not fit each other.
        """
        row["boxes"] = [box.model_dump(exclude={"row_id"}) for box in boxes]
        if not boxes or self._notation == DEFAULT:
            return row
        try:
            for part in ("question", "answer"):
                row[part] = self._text(row, part, [box for box in boxes if box.part == part])
        except ValueError as error:
            raise ConfigError(f"{row['row_id']}: {error}") from None
        row["messages"] = [
            {**message, "content": row["question" if message["role"] == "user" else "answer"]}
            for message in row["messages"]
        ]
        return row

    def _text(self, row: Mapping[str, Any], part: str, boxes: Sequence[RowBox]) -> str:
        size = row["width"], row["height"]
        cited = []
        for _, same in groupby(boxes, lambda box: box.mention):
            held = list(same)
            places = tuple(self._shares(row, box, size) for box in held)
            cited.append(Cited(held[0].name, places))
        notation = DEFAULT if self._notation == "permuted" else self._notation
        return rewritten(row[part], cited, notation, size)

    def _shares(self, row: Mapping[str, Any], box: RowBox, size: tuple[int, int]) -> Shares:
        if self._notation != "permuted":
            return shares(box.box, *size)
        if self._swapped is None:
            self._swapped = permuted(self._sized())
        return self._swapped[row["image_id"], box.region_id]

    def _sized(self) -> dict[Place, Shares]:
        """Every cited region of every degraded picture to its box."""
        found: dict[Place, Shares] = {}
        for path in sorted((self._dataset / RECORDS).glob("boxes-*.parquet")):
            shard = path.stem.removeprefix("boxes-")
            pictures = self._dataset / RECORDS / f"pictures-{shard}.parquet"
            columns = ["picture_id", "width", "height"]
            sizes = {p: (w, h) for p, w, h in _columns(pictures, columns)}
            for row_id, boxes in self.of(shard).items():
                image_id = row_id.split("/")[0]
                for box in boxes:
                    size = sizes[image_id.rsplit("-", 1)[0]]
                    found[image_id, box.region_id] = shares(box.box, *size)
        return found


def _columns(path: Path, names: list[str]) -> Iterable[tuple[Any, ...]]:
    table = pq.read_table(readable(path), columns=names)
    return zip(*(table[name].to_pylist() for name in names), strict=True)


def permuted(boxes: Mapping[Place, Shares]) -> dict[Place, Shares]:
    """Every box in the place of another picture's; the same boxes give the same result.

    Raises:
        ConfigError: All boxes are of one picture.
    """
    places = Stream("permuted boxes").shuffled(sorted(boxes))
    if len({image_id for image_id, _ in places}) < 2:
        raise ConfigError("--boxes permuted needs boxes of at least two pictures")
    found = {}
    for number, place in enumerate(places):
        others = (places[(number + step) % len(places)] for step in range(1, len(places)))
        found[place] = boxes[next(other for other in others if other[0] != place[0])]
    return found


def with_boxes(
    rows: Iterable[dict[str, Any]], boxes: Boxes, shard: str
) -> Iterable[dict[str, Any]]:
    """Rows of a shard with their boxes."""
    held = boxes.of(shard)
    for row in rows:
        yield boxes.put(row, held.get(row["row_id"], ()))
