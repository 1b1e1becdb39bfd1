"""Who may work where: a run holds its folder, slices of a run share it, a shard has one worker.

The system lets go of all of these when a process dies. Object stores and some file systems know no
locks: two jobs may make the same shard at once there. Each file is put in place whole and the
ledger comes last, so the worst is that the work was done twice.
"""

import contextlib
import errno
import fcntl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from flows.store.layout import storage_errors
from flows.store.place import is_remote
from schemas.errors import ConfigError

WAIT_SECONDS = 0.2
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)


@contextlib.contextmanager
def folder_lock(work: Path, shared: bool = False) -> Iterator[None]:
    """Hold a run's folder, alone or with the other slices of the run.

    Raises:
        ConfigError: Another process builds into it.
    """
    if is_remote(work):
        yield
        return
    with _opened(work / "lock") as lock:
        if not _locked(lock, fcntl.LOCK_SH if shared else fcntl.LOCK_EX):
            raise ConfigError(f"--out {work.parent}: another process builds here")
        yield


@contextlib.contextmanager
def shard_lock(work: Path, name: str, waiting: Callable[[], object]) -> Iterator[None]:
    """Be the only one who works on a shard; whoever comes second waits for the first.

    Args:
        work: The run's working folder.
        name: Stage and shard.
        waiting: Called again and again meanwhile; what it raises ends the waiting.
    """
    if is_remote(work):
        yield
        return
    with _opened(work / "claims" / name) as lock:
        while not _locked(lock, fcntl.LOCK_EX):
            waiting()
            time.sleep(WAIT_SECONDS)
        yield


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[IO[str]]:
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.open("w")
    with lock:
        yield lock


def _locked(lock: IO[str], how: int) -> bool:
    """Whether the lock could be had; where there are no locks, everybody has it."""
    try:
        fcntl.flock(lock, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
    return True
