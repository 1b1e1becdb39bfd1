"""Tables of opinion scores: both of KonIQ-10k's, KonIQ++'s; all brought to one scale.

Source: KonIQ-10k, whose column ``MOS`` is 1 to 5 in one file and 0 to 100 in the other; KonIQ++,
which adds the shares of voters who saw artifacts, blur, poor contrast or colours.
"""

import csv
import json
import math
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from schemas.errors import ConfigError, reading

NAMES = ("image_name", "img_name", "filename", "dist_img", "image")
SCORES = ("MOS_zscore", "MOS", "mos", "qmos")
SPLITS = ("set", "split")
VOTES = ("artifacts", "blur", "contrast", "colors", "other")
FIVE = 5.0
GOOD, FAIR = 75.0, 50.0
"""Mean opinion scores from which a picture is called good, and below which it never is.

Source: ITU-T P.910, the five grades of absolute category rating, of which 4 is "good" and 3 "fair",
brought to 0 to 100.
"""


class OpinionRow(NamedTuple):
    """What a table says of a picture.

    Args:
        mos: Mean opinion score, 0 to 100.
        split: As the table says it; empty when it does not.
        votes: Shares of voters by kind of flaw, JSON; empty when there are none.
    """

    mos: float
    split: str = ""
    votes: str = ""


def read_scores(path: Path) -> dict[str, OpinionRow]:
    """Picture name to opinion; scores that never exceed 5 are taken as 1 to 5.

    Raises:
        ConfigError: Unreadable, without the columns, or with a score that is not a number.
    """
    with (
        reading(f"--scores {path}", csv.Error),
        path.open(newline="", encoding="utf-8-sig") as file,
    ):
        rows = list(csv.DictReader(file))
    columns = list(rows[0]) if rows else []
    name = next((column for column in NAMES if column in columns), None)
    score = next((column for column in SCORES if column in columns), None)
    if name is None or score is None:
        raise ConfigError(f"--scores {path}: no columns of names and scores among {columns}")
    split = next((column for column in SPLITS if column in columns), "")
    try:
        found = {row[name]: _row(row, score, split) for row in rows}
    except (TypeError, ValueError) as error:
        raise ConfigError(f"--scores {path}: {error}") from None
    if max(opinion.mos for opinion in found.values()) > FIVE:
        return found
    return {
        key: opinion._replace(mos=(opinion.mos - 1) / (FIVE - 1) * 100)
        for key, opinion in found.items()
    }


def _row(row: Mapping[str, str], score: str, split: str) -> OpinionRow:
    mos = float(row[score])
    if not math.isfinite(mos):
        raise ValueError(f"a score must be a number, got {row[score]!r:.40}")
    return OpinionRow(mos, row.get(split) or "", _votes(row))


class Opinions:
    """A table of opinions, looked up as people name their pictures.

    Args:
        rows: Picture name to opinion.
    """

    def __init__(self, rows: Mapping[str, OpinionRow]) -> None:
        self.rows = rows
        self._by_name = {PurePosixPath(name).name.lower(): row for name, row in rows.items()}
        self._by_stem: dict[str, list[OpinionRow]] = {}
        for name, row in self._by_name.items():
            self._by_stem.setdefault(PurePosixPath(name).stem, []).append(row)

    def find(self, name: str) -> OpinionRow | None:
        """The opinion of a picture by its file name, else by the only one with another ending."""
        base = PurePosixPath(name).name.lower()
        alike = self._by_stem.get(PurePosixPath(base).stem, [])
        return self._by_name.get(base) or (alike[0] if len(alike) == 1 else None)


def passed(opinion: OpinionRow, least: float) -> list[str]:
    """Kinds of flaw that a share of at least ``least`` saw; ``other`` says nothing of what."""
    votes: dict[str, float] = json.loads(opinion.votes or "{}")
    return [kind for kind, share in votes.items() if share >= least and kind != "other"]


def _votes(row: Mapping[str, str]) -> str:
    votes = {kind: round(float(row[kind]), 6) for kind in VOTES if row.get(kind)}
    if not all(map(math.isfinite, votes.values())):
        raise ValueError(f"shares of voters must be numbers, got {votes}")
    return json.dumps(votes, sort_keys=True) if votes else ""
