"""The log of a run: when which command came, what stages took, which shards ended or failed.

Lines of all processes, one event each; in an object store, which cannot append, one object each.
It is for people; what a run goes by are the ledgers.
"""

import contextlib
import os
import socket
import uuid
from datetime import UTC, datetime
from pathlib import Path

from flows.store.layout import write_note
from flows.store.place import is_remote

FILE = "log"


def say(work: Path, event: str) -> None:
    """Add a line to the log in a run's working folder; a disk that fails is no reason to stop."""
    now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    line = f"{now} {socket.gethostname()}:{os.getpid()} {' '.join(event.split())}\n"
    with contextlib.suppress(OSError):
        if is_remote(work):
            write_note(work / FILE / f"{now}-{uuid.uuid4().hex[:8]}", line)
            return
        with (work / FILE).open("a", encoding="utf-8") as file:
            file.write(line)
