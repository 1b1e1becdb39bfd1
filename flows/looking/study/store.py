"""What raters said, in SQLite: each rating is on the disk before the page hears that it is saved.

Nothing is ever overwritten: a rating that is changed or taken back is another line, and the last
line of a rater, row and dimension counts.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from schemas.errors import ConfigError

WORDS = "words"
"""The dimension under which people's own words are kept."""
_TABLE = """
CREATE TABLE IF NOT EXISTS said (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  rater TEXT NOT NULL,
  row_id TEXT NOT NULL,
  dimension TEXT NOT NULL,
  score INTEGER CHECK (score BETWEEN 1 AND 5),
  words TEXT NOT NULL DEFAULT '',
  at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS by_rater ON said (rater, row_id, dimension);
"""
_LATEST = """
SELECT rater, row_id, dimension, score, words, seq FROM said
WHERE seq IN (SELECT max(seq) FROM said GROUP BY rater, row_id, dimension)
AND (score IS NOT NULL OR words <> '')
"""


class Said(NamedTuple):
    """What counts of one rater, row and dimension.

    Args:
        rater: Who.
        row_id: Of which row.
        dimension: Its name; ``words`` for words.
        score: 1 to 5; ``None`` for words.
        words: Empty for scores.
    """

    rater: str
    row_id: str
    dimension: str
    score: int | None
    words: str = ""


class Ratings:
    """The ratings of a study.

    Args:
        path: The file; made when missing.

    Raises:
        ConfigError: It cannot be opened or is no database.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with closing(self._connect()) as database:
                database.executescript(_TABLE)
        except sqlite3.Error as error:
            raise ConfigError(f"{path}: cannot use it for ratings: {error}") from None

    def _connect(self) -> sqlite3.Connection:
        database = sqlite3.connect(self.path, timeout=30, isolation_level=None)
        database.execute("PRAGMA journal_mode=WAL")
        # FULL: the disk has it, not only the system, before the page is told
        database.execute("PRAGMA synchronous=FULL")
        return database

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with closing(self._connect()) as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
            except BaseException:
                database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")

    def save(self, *said: Said) -> None:
        """Keep ratings; all of them or none."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        with self._writing() as database:
            database.executemany(
                "INSERT INTO said (rater, row_id, dimension, score, words, at) "
                "VALUES (?,?,?,?,?,?)",
                [(*one, now) for one in said],
            )

    def take_back(self, rater: str) -> str | None:
        """Take a rater's last score back; the row it was about, ``None`` without any."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        with self._writing() as database:
            last = database.execute(
                f"SELECT row_id, dimension FROM ({_LATEST}) "  # noqa: S608  # our own text
                "WHERE rater = ? AND score IS NOT NULL ORDER BY seq DESC LIMIT 1",
                (rater,),
            ).fetchone()
            if last is None:
                return None
            database.execute(
                "INSERT INTO said (rater, row_id, dimension, score, at) VALUES (?,?,?,NULL,?)",
                (rater, *last, now),
            )
        return str(last[0])

    def all(self, rater: str | None = None) -> list[Said]:
        """What counts, of one rater or all, in the order of rater, row and dimension."""
        with closing(self._connect()) as database:
            rows = database.execute(
                f"SELECT rater, row_id, dimension, score, words FROM ({_LATEST}) "  # noqa: S608
                "WHERE ? IS NULL OR rater = ? ORDER BY rater, row_id, dimension",
                (rater, rater),
            )
            return [Said(*row) for row in rows]
