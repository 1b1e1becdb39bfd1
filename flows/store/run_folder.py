"""The output folder as a place where one run lives: identity, lock, candidates by shard."""

import json
import time
import uuid
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from flows.store.claims import folder_lock
from flows.store.identity import drawing_libraries, run_identity
from flows.store.inside import require_text
from flows.store.layout import WORK, storage_errors, sweep, write_text
from flows.store.place import is_remote, make_folder, put_new, remove_folder
from schemas.candidate import Candidate
from schemas.errors import ConfigError
from schemas.settings.config import RunConfig

ASK_SECONDS = 2.0


class RunFolder:
    """The dataset folder during a run.

    Args:
        out: The folder; made when missing.
        run: Name of one command's work in it, by which its workers know when it is interrupted.
    """

    def __init__(self, out: Path, run: str = "") -> None:
        self.out, self.work = out, out / WORK
        self.run = run or uuid.uuid4().hex[:12]
        self._told, self._ask = False, 0.0

    @property
    def progress(self) -> Path:
        """The folder of marks."""
        return self.work / "progress"

    @property
    def marker(self) -> Path:
        """The file that says which run this is; where it is there, the folder is claimed."""
        return self.work / "run.json"

    @property
    def stop(self) -> Path:
        """Where this file is there, the shards of this command end as soon as they can."""
        return self.progress / f"stop.{self.run}"

    @property
    def compiling(self) -> Path:
        """Where a file of this name with a process behind it is there, one compiles kernels."""
        return self.progress / f"compiling.{self.run}"

    def interrupted(self) -> bool:
        """Whether the user has interrupted this command.

        A disk is asked each time, an object store every two seconds.
        """
        if is_remote(self.out):
            if time.monotonic() < self._ask:
                return self._told
            self._ask = time.monotonic() + ASK_SECONDS
        self._told = self._told or self.stop.exists()
        return self._told

    def interrupt(self) -> None:
        """Tell every shard of this command, wherever it is worked on."""
        self._told = True
        write_text(self.stop, "")

    def claim(
        self, config: RunConfig, candidates: Sequence[Candidate], kind: str = "build"
    ) -> None:
        """Make the folder this run's, or find that it is already.

        A source may have moved since: where the same pictures lie now is written down anew.

        Raises:
            ConfigError: It holds another run, or something that is no run at all.
        """
        identity, begun = run_identity(config, candidates, kind), self.marker.is_file()
        if begun:
            self._compare(self.identity(), identity)
        elif is_remote(self.out):
            self._be_first(identity)
        else:
            remove_folder(self.work / "candidates")  # of a start that was killed
        self._list(candidates, config.shard_size)
        if not begun:
            write_text(self.marker, json.dumps(identity, indent=1))

    def _be_first(self, identity: dict[str, str]) -> None:
        """Claim a place that knows no locks: of two different runs at once one goes on."""
        claim, text = self.work / "claim.json", json.dumps(identity, indent=1)
        if not put_new(claim, text.encode()):
            self._compare(json.loads(claim.read_text(encoding="utf-8")), identity)

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
        try:
            there = json.loads(self.marker.read_text(encoding="utf-8"))
            return {str(name): str(value) for name, value in there.items()}
        except (OSError, ValueError, AttributeError):
            raise ConfigError(
                f"--out {self.out}: {self.marker} is damaged, so nobody can tell which run this "
                "is; choose another folder or remove it"
            ) from None

    def require_run(self) -> None:
        """Raise ``ConfigError`` unless a run is here."""
        if not self.marker.is_file():
            raise ConfigError(f"{self.out}: no run of ours is here")

    def _compare(self, there: dict[str, str], identity: dict[str, str]) -> None:
        words = {
            "kind": "another command",
            "config_hash": "other settings",
            "pictures": "other pictures",
            "code": "another version of iqa-spider",
            "libraries": "codecs of unknown versions",
        }
        self._require_libraries(there, identity.get("libraries", ""))
        for name, value in identity.items():
            if there.get(name) != value:
                raise ConfigError(
                    f"--out {self.out} holds a run with {words[name]} "
                    f"({there.get(name)}, not {value}); choose another folder or remove it"
                )

    def require_libraries(self, config: RunConfig) -> None:
        """Raise ``ConfigError`` where what is drawn would come out of other libraries' versions."""
        self._require_libraries(self.identity(), drawing_libraries(config))

    def _require_libraries(self, there: dict[str, str], here: str) -> None:
        if here and there.get("libraries", "") not in ("", here):
            raise ConfigError(
                f"--out {self.out} was begun with {there['libraries']}, and {here} is installed: "
                "codecs draw other pixels; install that version, or choose another folder"
            )

    def refuse_foreign(self) -> None:
        """Raise ``ConfigError`` when the folder holds something that is no run of ours."""
        require_text(self.out, "--out")
        try:
            if self.marker.is_file():
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

    def locked(self, shared: bool = False) -> AbstractContextManager[None]:
        """Hold the folder; the system lets go of it when the process dies.

        Args:
            shared: Let others hold it the same way: slices of one run.

        Raises:
            ConfigError: Another process builds into it.
        """
        return folder_lock(self.work, shared)

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

    def make_ready(self, alone: bool = True) -> None:
        """Make the folder of marks.

        Args:
            alone: Nobody else works here: what killed processes left is removed.
        """
        if alone:
            for folder in (self.progress, self.work / "claims"):
                remove_folder(folder)
            sweep(self.out)
        with storage_errors(self.progress):
            make_folder(self.progress)


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
