"""Rows whose answers people found wrong and a model writes anew: which, and how often.

The file lies in the work folder of the run, where builds read it, and goes into the manifest. The
round of a row, which is the number of the last asking that names it, is part of the seed of its
requests; so the row can be made again from its id and the manifest. A run in which nothing is asked
again has no such file.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from flows.store.layout import write_text
from schemas.errors import ConfigError

FILE = "asked_again.json"
KEY = "asked_again"
"""Of the manifest."""


class Asking(NamedTuple):
    """One time that rows were to be asked again.

    Args:
        rows: Their ids, sorted.
        why: What the manifest says of it: of which study, below which score.
    """

    rows: list[str]
    why: dict[str, Any]


def rounds_of(askings: Sequence[Asking]) -> dict[str, int]:
    """Row id to the number of the last asking, from 1, that names it."""
    return {row: number for number, asking in enumerate(askings, 1) for row in asking.rows}


def read_askings(work: Path) -> list[Asking]:
    """All askings of a run, the first one first; none where there is no file.

    Raises:
        ConfigError: The file is damaged.
    """
    try:
        text = (work / FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    try:
        return _parsed(json.loads(text))
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise ConfigError(f"{work / FILE}: damaged: {error}") from None


def write_askings(work: Path, askings: Sequence[Asking]) -> None:
    """Let the next build of the run ask again."""
    write_text(work / FILE, json.dumps(as_plain(askings), indent=1, sort_keys=True) + "\n")


def as_plain(askings: Sequence[Asking]) -> list[dict[str, Any]]:
    """As the file and the manifest hold them."""
    return [{**asking.why, "rows": asking.rows} for asking in askings]


def askings_in(manifest: Mapping[str, Any]) -> list[Asking]:
    """What a dataset's manifest says of rows that were asked again."""
    return _parsed(manifest.get(KEY, []))


def _parsed(found: Any) -> list[Asking]:
    askings = []
    for one in found:
        why = {str(name): value for name, value in one.items() if name != "rows"}
        askings.append(Asking([str(row) for row in one["rows"]], why))
    return askings
