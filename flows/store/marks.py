"""Marks of the shards that are worked on: how far each is, where, and why one failed.

A mark is a small file of its own that is written again now and then and removed when the shard is
finished; what is finished is said by ledgers. Whoever reads both, on whatever machine, knows how
far a run is, and no process has to be asked.
"""

import contextlib
import json
import os
import socket
import time
from pathlib import Path
from typing import NamedTuple

from flows.store.layout import ledger_path, write_note
from flows.store.ledger import read_ledger
from flows.store.run_folder import RunFolder
from schemas.errors import StoppedError

MARK_SECONDS = 1.0
"""Between two writings of a mark, at least."""


class Mark(NamedTuple):
    """A shard that is, or was, worked on.

    Args:
        stage: Of the road: ingest, segment or build.
        shard: Its number.
        done: Pictures of it that are done.
        total: Pictures of it.
        host: Name of the machine.
        process: Number of the process there.
        began: When work on it began, seconds since 1970.
        seen: When the mark was written.
        failed: Why it failed, one line; empty while it is worked on.
    """

    stage: str
    shard: int
    done: int
    total: int
    host: str
    process: int
    began: float
    seen: float
    failed: str = ""


class Marker:
    """Keeps the mark of one shard.

    Args:
        folder: Of the run.
        stage: Of the road.
        shard: Its number.
        total: Pictures of it.
    """

    def __init__(self, folder: RunFolder, stage: str, shard: int, total: int) -> None:
        now = time.time()
        self._path = folder.progress / f"{stage}-{shard:05d}.json"
        self._mark = Mark(stage, shard, 0, total, socket.gethostname(), os.getpid(), now, now)
        self._interrupted, self._written = folder.interrupted, 0.0
        self._write()

    def tick(self, pictures: int = 1) -> None:
        """Count pictures as done.

        Raises:
            StoppedError: The user has interrupted the run.
        """
        stop_if(self._interrupted())
        self._mark = self._mark._replace(done=self._mark.done + pictures)
        if time.monotonic() - self._written >= MARK_SECONDS:
            self._write()

    def fail(self, why: str) -> None:
        """Leave a mark that says why the shard failed."""
        self._mark = self._mark._replace(failed=" ".join(why.split()) or "unknown")
        self._write()

    def remove(self) -> None:
        """Nobody works on the shard any more."""
        self._path.unlink(missing_ok=True)

    def _write(self) -> None:
        self._written = time.monotonic()
        self._mark = self._mark._replace(seen=time.time())
        with contextlib.suppress(OSError):  # a mark is nothing that a run would fail for
            write_note(self._path, json.dumps(self._mark))


def stop_if(interrupted: bool) -> None:
    """Raise ``StoppedError`` once the user has interrupted the run."""
    if interrupted:
        raise StoppedError("interrupted; the same command goes on from here")


def read_marks(folder: RunFolder) -> list[Mark]:
    """The marks of a run, in the order of stages and shards."""
    found = []
    for path in sorted(folder.progress.glob("*-*.json")):
        with contextlib.suppress(OSError, ValueError, TypeError):
            found.append(Mark(*json.loads(path.read_text(encoding="utf-8"))))
    return found


class Survey:
    """How many pictures of a run are done; every ledger is read once.

    Args:
        folder: Of the run.
    """

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._known: dict[Path, tuple[int, int]] = {}

    def done(self, stage: str) -> dict[int, int]:
        """Pictures that are done by shard, as far as there are any."""
        ledgers = set(ledger_path(self._folder.out, 0, stage).parent.glob(f"{stage}-*.json"))
        for path in ledgers - self._known.keys():
            shard = int(path.stem.rsplit("-", 1)[1])
            if summary := read_ledger(self._folder.out, shard, stage):
                self._known[path] = shard, summary.pictures
        found = {m.shard: m.done for m in read_marks(self._folder) if m.stage == stage}
        return found | dict(self._known[path] for path in ledgers if path in self._known)
