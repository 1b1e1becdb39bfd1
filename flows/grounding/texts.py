"""Pictures with texts, whoever wrote them: CSV and JSON lines, LLaVA records, DQ-495K, ViDA-UGC.

Source: the forms are those of ``flows/training/data/records.py``; of a conversation, answers that
are whole sentences are taken.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from flows.evaluation.predictions import records
from schemas.errors import ConfigError, reading

FEWEST_WORDS = 6
"""Shorter answers are labels and no descriptions."""
ANSWERERS = ("gpt", "assistant")
PICTURES = ("image", "image_A", "image_path", "img_path", "picture")


class Given(NamedTuple):
    """A picture and a text, as the source has them.

    Args:
        text_id: Unique in the source.
        image: Path, relative to the folder of the pictures.
        text: The description, names and nothing else in brackets.
    """

    text_id: str
    image: str
    text: str


def read_texts(path: Path) -> list[Given]:
    """The texts of a file.

    Args:
        path: ``.csv`` with the columns image and text, JSON lines or a JSON list of records with
            ``image`` and ``text`` or ``conversations``.

    Raises:
        ConfigError: Unreadable, no texts, or a record without picture or text.
    """
    rows = _csv(path) if path.suffix.lower() == ".csv" else records(path, "SOURCE")
    found: list[Given] = []
    for place, record in rows:
        found += _texts(record, f"{path}: {place}", len(found))
    if not found:
        raise ConfigError(f"{path}: holds no description of {FEWEST_WORDS} words or more")
    seen: set[str] = set()
    for one in found:
        if one.text_id in seen:
            raise ConfigError(f"{path}: id {one.text_id!r} comes twice")
        seen.add(one.text_id)
    return found


def _csv(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    with reading(str(path)):
        text = path.read_text(encoding="utf-8-sig")
    table = csv.DictReader(io.StringIO(text))
    for number, row in enumerate(table, 2):
        yield f"line {number}", dict(row)


def _texts(record: Mapping[str, Any], where: str, number: int) -> Iterator[Given]:
    image = next((record[key] for key in PICTURES if isinstance(record.get(key), str)), None)
    if not image:
        raise ConfigError(f"{where}: no picture; expected one of {', '.join(PICTURES)}")
    said = list(_said(record))
    if not said:
        raise ConfigError(f"{where}: no text; expected text, description or conversations")
    key = str(record.get("id", number))
    long = [text for text in said if len(text.split()) >= FEWEST_WORDS]
    for part, text in enumerate(long):
        yield Given(f"{key}/{part}" if len(long) > 1 else key, str(image), _clean(text))


def _said(record: Mapping[str, Any]) -> Iterator[str]:
    for key in ("text", "description", "answer"):
        if isinstance(record.get(key), str):
            yield record[key]
            return
    turns = record.get("conversations", record.get("messages"))
    for turn in turns if isinstance(turns, list) else ():
        if isinstance(turn, dict) and turn.get("from", turn.get("role")) in ANSWERERS:
            text = turn.get("value", turn.get("content"))
            if isinstance(text, str):
                yield text


def _clean(text: str) -> str:
    """One line without brackets, which mean mentions here."""
    return " ".join(text.replace("[", "(").replace("]", ")").split())
