"""The empty database of a local Prefect server, made once and not with each run.

Prefect makes the tables of a new database by some hundred migrations, which take more processor
time than all else that its server does to start. The database of a run is of no use to anybody
later; so a copy of one that nothing was written into is kept for each version of Prefect, and runs
begin with a copy of that.
"""

import contextlib
import shutil
import sqlite3
import tempfile
from importlib.metadata import version
from pathlib import Path

NAME = "prefect.db"
"""What Prefect calls it in its home."""
UNUSABLE = (OSError, RuntimeError, sqlite3.Error)
"""No home, no room, or a file that is no database: a run is as well without a kept one."""


def kept_database() -> Path:
    """Where the empty database is kept.

    Raises:
        RuntimeError: There is no home.
    """
    return Path.home() / ".prefect" / "iqa-spider" / f"empty-{version('prefect')}.db"


def begin_with_kept(home: Path) -> bool:
    """Put a copy of the kept database into the home of a server that is to be started.

    Returns:
        Whether there is one that is whole; the server makes its own where there is none.
    """
    copy = home / NAME
    try:
        shutil.copyfile(kept_database(), copy)
        with contextlib.closing(sqlite3.connect(copy)) as opened:
            whole: bool = opened.execute("PRAGMA quick_check").fetchone() == ("ok",)
            whole = whole and bool(opened.execute("SELECT * FROM alembic_version").fetchone())
    except UNUSABLE:
        whole = False
    if not whole:
        copy.unlink(missing_ok=True)
    return whole


def keep(home: Path) -> None:
    """Keep the database of a server that is up and has no run yet; where that fails, it is not.

    It is read through SQLite, since the server has it open.
    """
    with contextlib.suppress(*UNUSABLE):
        kept, found = kept_database(), (home / NAME).as_uri()
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
            copy = Path(folder) / NAME
            with (
                contextlib.closing(sqlite3.connect(f"{found}?mode=rw", uri=True)) as live,
                contextlib.closing(sqlite3.connect(copy)) as own,
            ):
                live.backup(own)
            copy.replace(kept)
