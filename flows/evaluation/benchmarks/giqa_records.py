"""Records of GIQA-Bench and predictions for them, read from files.

A record is ``{"id", "image", "kind", "question", "answer", "boxes"}``; ``kind`` is ``description``,
``yes_no`` or ``what``, ``why``, ``how``; ``boxes`` is a list of ``{"tag", "cells": [top left,
bottom right]}`` or ``{"tag", "box": [x0, y0, x1, y1]}`` in shares of the sides. Without ``boxes``
they are read from the answer, in any notation of ``annotators/language/notation.py``; so are those
of predictions, ``{"id", "answer"}``. ``width`` and ``height`` of the picture are needed only where
an answer counts in pixels. The data is not released, so this form is ours.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from annotators.language.grid import decoded
from annotators.language.notation import Size, parse
from flows.evaluation.benchmarks.giqa_boxes import Tagged
from flows.evaluation.predictions import records
from schemas.errors import ConfigError

DESCRIPTION, YES_NO = "description", "yes_no"
OPEN = ("what", "why", "how")
KINDS = (DESCRIPTION, YES_NO, *OPEN)


class GiqaRecord(NamedTuple):
    """A record, or what was predicted for one.

    Args:
        key: Id.
        kind: One of ``KINDS``; empty for predictions.
        question: Mentions replaced by their names; empty for predictions.
        answer: Text, mentions replaced by their names.
        boxes: Named boxes.
        picture: What the record is about; rows of one picture are drawn together.
        malformed: Mentions of the answer whose boxes cannot be.
        size: Of the picture, where it is given.
    """

    key: str
    kind: str
    question: str
    answer: str
    boxes: tuple[Tagged, ...] = ()
    picture: str = ""
    malformed: int = 0
    size: Size | None = None


def read_entries(
    path: Path, flag: str, known: Sequence[GiqaRecord] = (), notation: str = ""
) -> list[GiqaRecord]:
    """The records of a file, or, with ``known`` ones, predictions for them.

    Args:
        path: JSON, or JSON lines.
        flag: For messages.
        known: The records that predictions are for.
        notation: Of boxes in answers; empty finds out.

    Raises:
        ConfigError: Unreadable, a broken record, one twice, or one that is not known.
    """
    found: dict[str, GiqaRecord] = {}
    sizes = {entry.key: entry.size for entry in known}
    for place, record in records(path, flag):
        where = f"{flag} {path}: {place}"
        try:
            entry = _entry(record, sizes if known else None, notation)
        except (KeyError, TypeError, ValueError, ConfigError) as error:
            what = f"lacks {error}" if isinstance(error, KeyError) else str(error)
            raise ConfigError(f"{where}: {what}") from None
        if entry.key in found:
            raise ConfigError(f"{where}: id {entry.key!r} comes twice")
        if known and entry.key not in sizes:
            raise ConfigError(f"{where}: id {entry.key!r} is unknown")
        found[entry.key] = entry
    if not found:
        raise ConfigError(f"{flag} {path}: holds no records")
    return list(found.values())


def words(text: str) -> list[str]:
    """The words of a text, lower case."""
    return re.findall(r"\w+", text.lower())


def _entry(
    record: Mapping[str, Any], sizes: Mapping[str, Size | None] | None, notation: str
) -> GiqaRecord:
    """A record; with ``sizes`` of the known ones, a prediction."""
    key, kind = str(record["id"]), "" if sizes is not None else record["kind"]
    if sizes is None and kind not in KINDS:
        raise ValueError(f"kind {kind!r}: allowed: {', '.join(KINDS)}")
    size = _size(record) if sizes is None else sizes.get(key)
    said = parse(str(record["answer"]), notation, size)
    if sizes is None and not words(said.plain):
        raise ValueError("an answer without a word")
    given = record.get("boxes")
    boxes = [Tagged(one.name, box) for one in said.cited for box in one.boxes]
    return GiqaRecord(
        key,
        kind,
        parse(str(record.get("question", "")), notation, size).plain,
        said.plain,
        tuple(boxes if given is None else map(_tagged, given)),
        str(record.get("image") or key),
        said.malformed,
        size,
    )


def _size(record: Mapping[str, Any]) -> Size | None:
    if "width" not in record or "height" not in record:
        return None
    size = int(record["width"]), int(record["height"])
    if min(size) < 1:
        raise ValueError(f"width and height must be above 0, got {size}")
    return size


def _tagged(box: Mapping[str, Any]) -> Tagged:
    if "cells" in box:
        first, last = box["cells"]
        return Tagged(str(box["tag"]), decoded(int(first), int(last)))
    x0, y0, x1, y1 = (float(side) for side in box["box"])
    return Tagged(str(box["tag"]), (x0, y0, x1, y1))
