"""The output folder as a place where one run lives: identity, lock, candidates by shard."""

import contextlib
import fcntl
import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from flows.store.identity import run_identity
from flows.store.inside import require_text
from flows.store.layout import WORK, storage_errors, write_text
from schemas.candidate import Candidate
from schemas.errors import ConfigError
from schemas.settings.config import RunConfig


class RunFolder:
    """The dataset folder during a run.

    Args:
        out: The folder; made when missing.
    """

    def __init__(self, out: Path) -> None:
        self.out, self.work = out, out / WORK

    def claim(
        self, config: RunConfig, candidates: Sequence[Candidate], kind: str = "build"
    ) -> None:
        """Make the folder this run's, or find that it is already.

        A source may have moved since: where the same pictures lie now is written down anew.

        Raises:
            ConfigError: It holds another run, or something that is no run at all.
        """
        identity, marker = run_identity(config, candidates, kind), self.work / "run.json"
        if marker.is_file():
            self._compare(self.identity(), identity)
        else:
            # of a start that was killed
            shutil.rmtree(self.work / "candidates", ignore_errors=True)
        self._list(candidates, config.shard_size)
        if not marker.is_file():
            write_text(marker, json.dumps(identity, indent=1))

    def _list(self, candidates: Sequence[Candidate], size: int) -> None:
        for shard, part in enumerate(split_shards(candidates, size)):
            file = self.work / "candidates" / f"{shard:05d}.json"
            rows = json.dumps([list(candidate) for candidate in part])
            if not file.is_file() or file.read_text(encoding="utf-8") != rows:
                write_text(file, rows)

    def identity(self) -> dict[str, str]:
        """What makes the claimed run this run: kind, hash of the settings, pictures, code.

        Raises:
            ConfigError: The file that says so is damaged.
        """
        marker = self.work / "run.json"
        try:
            there = json.loads(marker.read_text(encoding="utf-8"))
            return {str(name): str(value) for name, value in there.items()}
        except (OSError, ValueError, AttributeError):
            raise ConfigError(
                f"--out {self.out}: {marker} is damaged, so nobody can tell which run this is; "
                "choose another folder or remove it"
            ) from None

    def _compare(self, there: dict[str, str], identity: dict[str, str]) -> None:
        words = {
            "kind": "another command",
            "config_hash": "other settings",
            "pictures": "other pictures",
            "code": "another version of iqa-spider",
        }
        for name, value in identity.items():
            if there.get(name) != value:
                raise ConfigError(
                    f"--out {self.out} holds a run with {words[name]} "
                    f"({there.get(name)}, not {value}); choose another folder or remove it"
                )

    def refuse_foreign(self) -> None:
        """Raise ``ConfigError`` when the folder holds something that is no run of ours."""
        require_text(self.out, "--out")
        try:
            if (self.work / "run.json").is_file():
                return
        except OSError as error:  # a name that is too long, a folder that may not be entered
            raise ConfigError(f"--out {self.out}: {error.strerror}") from None
        if self.out.exists() and not self.out.is_dir():
            raise ConfigError(f"--out {self.out} is a file; choose a new folder")
        if self.out.is_dir():
            foreign = sorted(p.name for p in self.out.iterdir() if p.name != WORK)
            if foreign:
                raise ConfigError(
                    f"--out {self.out} is not empty and holds no run of ours "
                    f"({foreign[0]} is there); choose a new folder"
                )

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder; the system lets go of it when the process dies.

        Raises:
            ConfigError: Another process builds into it.
        """
        with storage_errors(self.work):
            self.work.mkdir(parents=True, exist_ok=True)
            lock = (self.work / "lock").open("w")
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ConfigError(f"--out {self.out}: another process builds here") from None
            yield

    def candidates(self, shard: int) -> list[Candidate]:
        """The candidates of one shard."""
        file = self.work / "candidates" / f"{shard:05d}.json"
        return [Candidate(*row) for row in json.loads(file.read_text(encoding="utf-8"))]

    def by_path(self, shard: int) -> dict[tuple[str, str], Candidate]:
        """The candidates of one shard by source and path."""
        return {(c.source, c.path): c for c in self.candidates(shard)}

    def shards(self) -> int:
        """How many shards the run has."""
        return len(list((self.work / "candidates").glob("*.json")))

    def fresh_progress(self) -> Path:
        """An empty folder for progress marks."""
        folder = self.work / "progress"
        shutil.rmtree(folder, ignore_errors=True)
        with storage_errors(folder):
            folder.mkdir(parents=True)
        return folder


def split_shards(candidates: Sequence[Candidate], size: int) -> list[Sequence[Candidate]]:
    """Candidates in runs of ``size``."""
    return [candidates[start : start + size] for start in range(0, len(candidates), size)]


def ingest_files(work: Path, shard: int) -> tuple[Path, Path]:
    """Tables of pictures and rejects of an ingest shard."""
    folder = work / "ingest"
    return folder / f"pictures-{shard:05d}.parquet", folder / f"rejects-{shard:05d}.parquet"


def selected_files(work: Path, shard: int) -> tuple[Path, Path]:
    """The same after the global pass."""
    folder = work / "selected"
    return folder / f"pictures-{shard:05d}.parquet", folder / f"rejects-{shard:05d}.parquet"
