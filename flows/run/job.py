"""What a worker gets and how it marks its progress."""

import hashlib
import os
from functools import cache
from pathlib import Path
from typing import NamedTuple

from flows.processes import stop_file
from schemas.config import RunConfig
from schemas.errors import StoppedError


class ShardJob(NamedTuple):
    """One shard's work: dataset folder, shard number, the configuration as JSON."""

    out: str
    shard: int
    config: str


class ProgressMarks:
    """Marks every finished picture by one byte in a file of this process."""

    def __init__(self, folder: Path, stage: str) -> None:
        self._stop = stop_file(folder)
        self._file = (folder / "progress" / f"{stage}.{os.getpid()}").open("ab", buffering=0)

    def tick(self, pictures: int = 1) -> None:
        """Mark pictures as done; raises ``StoppedError`` once the user has interrupted the run."""
        if self._stop.exists():
            raise StoppedError("interrupted; the same command goes on from here")
        self._file.write(b"." * pictures)

    def close(self) -> None:
        """Close the file of marks."""
        self._file.close()


def shard_key(*parts: str) -> str:
    """32 hex digits over everything that decides what a shard holds."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


@cache
def settings_of(config: str) -> RunConfig:
    """The configuration a job carries as JSON."""
    return RunConfig.model_validate_json(config)
