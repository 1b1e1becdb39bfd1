"""Rows by a condition: what follows WHERE in SQL, on the small columns of a dataset.

SQLite reads it, in memory and with nothing allowed but reading: a condition can neither open a file
nor change anything.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from flows.store.layout import DATA
from schemas.errors import ConfigError
from schemas.records import Sample

STEP_COLUMNS = ("family", "type", "severity", "grade", "damage")
"""Of a step of the row's chain; a condition on several of them speaks of one and the same step."""
_READ = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION)


def row_columns() -> list[str]:
    """Columns of rows that a condition may name: whatever is text or a number."""
    return [
        field.name
        for field in Sample.arrow_schema()
        if (pa.types.is_string(field.type) or pa.types.is_integer(field.type))
        and field.name != "mask"
    ]


def matching(out: Path, condition: str) -> set[str]:
    """Ids of the rows for which a condition holds.

    Args:
        out: The dataset.
        condition: ``task = 'grounding' and grade = 'severe'``; of a chain with several steps,
            one must fit.

    Raises:
        ConfigError: It is no condition, or names a column that is not there.
    """
    with closing(sqlite3.connect(":memory:")) as database:
        _fill(database, out)
        database.set_authorizer(_only_read)
        # the condition is the caller's own text; the authorizer lets it read these tables only
        query = f"SELECT DISTINCT row_id FROM samples LEFT JOIN steps USING (number) WHERE ({condition}\n)"  # noqa: S608, E501
        try:
            return {str(row[0]) for row in database.execute(query)}
        except (sqlite3.Error, sqlite3.Warning) as error:
            known = ", ".join([*STEP_COLUMNS, *row_columns()])
            raise ConfigError(f"--where {condition!r}: {error}; columns: {known}") from None


def _only_read(action: int, *_: Any) -> int:
    return sqlite3.SQLITE_OK if action in _READ else sqlite3.SQLITE_DENY


def _fill(database: sqlite3.Connection, out: Path) -> None:
    names = row_columns()
    database.execute(f"CREATE TABLE samples (number INTEGER PRIMARY KEY, {', '.join(names)})")
    database.execute(f"CREATE TABLE steps (number INTEGER, {', '.join(STEP_COLUMNS)})")
    marks, step_marks = ",".join("?" * (len(names) + 1)), ",".join("?" * (len(STEP_COLUMNS) + 1))
    number = 0
    for path in sorted((out / DATA).glob("*.parquet")):
        chain = [f"chain.list.element.{name}" for name in STEP_COLUMNS]
        for row in pq.ParquetFile(path).read([*names, *chain]).to_pylist():
            values = [number, *(row[name] for name in names)]
            database.execute(f"INSERT INTO samples VALUES ({marks})", values)  # noqa: S608
            for step in row["chain"]:
                values = [number, *(step[name] for name in STEP_COLUMNS)]
                database.execute(f"INSERT INTO steps VALUES ({step_marks})", values)  # noqa: S608
            number += 1
