"""Stage functions for the tests of the flow: small jobs that fail on demand."""

import errno
from pathlib import Path
from typing import NamedTuple

from schemas.errors import ConfigError, ContractError, StorageError


class Trial(NamedTuple):
    """A job: shard number, kind of failure, file that counts the tries."""

    shard: int
    kind: str
    file: str


def attempt(job: Trial) -> int:
    """Fail as ``kind`` says; returns the number of tries it took."""
    path = Path(job.file)
    with path.open("a") as file:
        file.write(".")
    tries = len(path.read_text())
    if job.kind == "flaky disk" and tries < 3:
        raise OSError(errno.EIO, "input/output error")
    if job.kind == "flaky storage" and tries < 3:
        raise StorageError("shard unreadable")
    if job.kind == "full disk":
        error = StorageError("no space left on the disk")
        error.errno = errno.ENOSPC
        raise error
    if job.kind == "mistake":
        raise ConfigError("not a setting")
    if job.kind == "bug":
        raise ContractError("broken promise")
    return tries
