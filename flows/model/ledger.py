"""The ledger of a shard's conversations: what was answered once is never asked again.

Every answer is appended to a file of the shard as soon as it is there, and so is every refusal:
what a server said of a request that it will never answer. A run that was stopped goes through the
same questions again, finds them here, and comes to the same rows. An object store cannot append:
there the file is written on this machine and put into the store now and then.
"""

import json
import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

from annotators.chat.protocol import ChatModel, ChatRequest, Completion, Connection
from annotators.chat.reading import SURROGATE
from flows.store.layout import storage_errors, write_text
from flows.store.place import is_remote, local_name, make_folder, upload
from schemas.errors import AnnotationError, StoppedError

SYNC_EVERY = 50
REFUSED = "refused_request"
"""The one failure that belongs to a request for good; all others may be over next time."""


class Refusal(NamedTuple):
    """Why a request is not answered, one line for people."""

    detail: str


Reply = Completion | Refusal


class Ledger:
    """A model with a memory on disk; implements ``ChatModel``.

    Args:
        model: Who is asked what is not known yet.
        path: JSON lines; one that was cut off by a crash, or holds no completion, is dropped.
        interrupted: Whether the user wants the run to end.
        retry_refused: Whether what was refused before is asked again.
    """

    def __init__(
        self,
        model: ChatModel,
        path: Path,
        interrupted: Callable[[], bool] = lambda: False,
        retry_refused: bool = False,
    ) -> None:
        self.model, self.name, self.path = model, model.name, path
        self._interrupted, self._retry_refused = interrupted, retry_refused
        self._known: dict[str, Reply] = {}
        self._lock, self._stopped, self._since = threading.Lock(), threading.Event(), 0
        self._own = local_name(path) if is_remote(path) else path
        with storage_errors(path):
            make_folder(path.parent)
            if is_remote(path):
                self._own.write_bytes(path.read_bytes() if path.exists() else b"")
            self._load()
            self._file: IO[bytes] = self._own.open("ab")

    def line(self) -> "LedgerLine":
        """A line that looks into the ledger first."""
        return LedgerLine(self)

    def known(self, key: str) -> Reply | None:
        """What was said before."""
        if self._stopped.is_set() or self._interrupted():
            raise StoppedError("interrupted; the same command goes on from here")
        return self._known.get(key)

    def keep(self, key: str, found: Reply) -> Reply:
        """Write a reply down; whoever asked the same at the same time gets the first one."""
        with self._lock:
            if key in self._known:
                return self._known[key]
            row = [key, None, found.detail] if isinstance(found, Refusal) else _told(key, found)
            line = json.dumps(row).encode() + b"\n"
            with storage_errors(self.path):
                self._file.write(line)
                self._file.flush()
                self._since += 1
                if self._since >= SYNC_EVERY:
                    self._save(keep=True)
                    self._since = 0
            self._known[key] = found
            return found

    def doubt(self, why: str, keys: Sequence[str]) -> None:
        """Note that these answers were of no use, for a retry that shall ask again."""
        with self._lock, storage_errors(self.path):
            self._file.write(json.dumps([None, why, *keys]).encode() + b"\n")
            self._file.flush()

    def stop(self) -> None:
        """Let every conversation end at its next question."""
        self._stopped.set()

    def close(self) -> None:
        """Flush and close the file."""
        with storage_errors(self.path):
            self._file.flush()
            self._save(keep=False)
            self._file.close()

    def _save(self, keep: bool) -> None:
        os.fsync(self._file.fileno())
        if is_remote(self.path):
            upload(self._own, self.path, keep)

    def _load(self) -> None:
        if not self._own.is_file():
            return
        whole = 0
        with self._own.open("rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break
                whole += len(line)
                known = _read_line(line)
                if known and not (self._retry_refused and isinstance(known[1], Refusal)):
                    self._known[known[0]] = known[1]
        if whole < self._own.stat().st_size:
            os.truncate(self._own, whole)


def _told(key: str, found: Completion) -> list[Any]:
    """A completion as a line; probabilities only where there are any."""
    return [key, *found[: None if found.likely else -1]]


def _read_line(line: bytes) -> tuple[str, Reply] | None:
    """Key and reply; none of a line that holds something else, which is asked again."""
    try:
        key, text, *rest = json.loads(line)
        if text is None and isinstance(key, str) and len(rest) == 1 and isinstance(rest[0], str):
            return key, Refusal(rest[0])
        found = Completion(text, *rest)
        found = found._replace(likely=tuple(found.likely))
    except (ValueError, TypeError, RecursionError):
        return None
    texts = isinstance(key, str) and isinstance(text, str) and isinstance(found.finish, str)
    numbers = all(type(number) is int for number in found[2:5])
    numbers &= all(type(share) is float for share in found.likely)
    return (key, found) if texts and numbers and not SURROGATE.search(text) else None


def forget_doubted(path: Path, why: str) -> int:
    """Drop from a file of conversations the answers of which that was noted; returns how many.

    Args:
        path: JSON lines; may be missing.
        why: The reason that was noted.
    """
    if not path.is_file():
        return 0
    lines = path.read_bytes().splitlines(keepends=True)
    doubted: set[str] = set()
    for line in lines:
        found = _read_doubt(line)
        doubted.update(found[1:] if found and found[0] == why else ())
    kept = []
    for line in lines:
        known, doubt = _read_line(line), _read_doubt(line)
        if not (known and known[0] in doubted) and not (doubt and doubt[0] == why):
            kept.append(line)
    write_text(path, b"".join(kept).decode("utf-8", "replace"))
    return len(doubted)


def _read_doubt(line: bytes) -> list[str] | None:
    """Why, and the keys, of a line that ``Ledger.doubt`` wrote."""
    try:
        mark, *rest = json.loads(line)
    except (ValueError, TypeError, RecursionError):
        return None
    texts = mark is None and rest and all(isinstance(text, str) for text in rest)
    return rest if texts else None


class LedgerLine:
    """A conversation's line through the ledger; the model's line is opened when it is needed."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._line: Connection | None = None
        self._asked = list[str]()

    def complete(self, request: ChatRequest) -> Completion:
        """See ``Line``."""
        key = request.key(self._ledger.name)
        self._asked.append(key)
        found = self._ledger.known(key) or self._ledger.keep(key, self._answer(request))
        if isinstance(found, Refusal):
            raise AnnotationError(REFUSED, found.detail)
        return found

    def _answer(self, request: ChatRequest) -> Reply:
        if self._line is None:
            self._line = self._ledger.model.line()
        try:
            return self._line.complete(request)
        except AnnotationError as error:
            if error.reason != REFUSED:
                raise
            return Refusal(error.detail)

    def settle(self, failed: str = "") -> None:
        """See ``Remembering``."""
        if failed and self._asked:
            self._ledger.doubt(failed, self._asked)
        self._asked = []

    def close(self) -> None:
        """Let go of the model's line."""
        if self._line is not None:
            self._line.close()
