"""Documents of many pages: written page by page, and read page by page.

A project of ten thousand pictures has gigabytes of masks; none of these documents is ever in memory
as a whole, neither when it is made nor when it comes back.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from flows.store.layout import put_in_place, storage_errors, temporary_of
from flows.store.place import make_folder

CHUNK: Final = 1 << 20
"""Characters that are read at once; an item that is longer takes more of them."""
BLANKS: Final = " \t\r\n"
ENDS: Final = frozenset((*BLANKS, ",", "]"))
"""What may follow an item; that a number is whole is not known before."""


class PagedFile:
    """A text that grows page by page and gets its name when it is whole.

    Args:
        path: Where it lies in the end.
        head: What stands before the pages.
        between: What stands between two of them.
        tail: What stands behind them.
    """

    def __init__(self, path: Path, head: str, between: str, tail: str) -> None:
        self.path, self.size, self.pages = path, len(head), 0
        self._between, self._tail, self._temporary = between, tail, temporary_of(path)
        with storage_errors(path):
            make_folder(path.parent)
            self._file = self._temporary.open("w", encoding="utf-8", newline="\n")
            self._file.write(head)

    def add(self, page: str) -> None:
        """One more page."""
        text = (self._between if self.pages else "") + page
        with storage_errors(self.path):
            self._file.write(text)
        self.size += len(text)
        self.pages += 1

    def close(self, path: Path | None = None) -> None:
        """Finish it; ``path`` gives it another name in the same folder."""
        with storage_errors(self.path):
            self._file.write(self._tail)
            self._file.close()
        put_in_place(self._temporary, path or self.path)

    def drop(self) -> None:
        """Leave nothing behind, unless it was closed."""
        self._file.close()
        self._temporary.unlink(missing_ok=True)


def json_items(read: Callable[[int], str]) -> Iterator[Any]:
    """The items of a JSON list one by one, or the one value of a document that is no list.

    Args:
        read: Gives so many characters more; none at the end.

    Raises:
        ValueError: It is no JSON; items before the place of the mistake have been given.
        RecursionError: It is nested too deep.
    """
    text = _Text(read)
    if text.next() != "[":
        yield text.value()
        text.end()
        return
    text.take("[")
    if text.next() != "]":
        yield text.value()
        while text.next() == ",":
            text.take(",")
            yield text.value()
    text.take("]")
    text.end()


class _Text:
    """The part of a JSON text that is looked at."""

    def __init__(self, read: Callable[[int], str]) -> None:
        self._read, self._held, self._at = read, "", 0
        self._decoder = json.JSONDecoder()

    def next(self) -> str:
        """The next sign that is no blank; empty at the end."""
        while True:
            rest = self._held[self._at : self._at + 1]
            if rest and rest not in BLANKS:
                return rest
            if rest:
                self._at += 1
            elif not self._more():
                return ""

    def take(self, sign: str) -> None:
        """Go past a sign.

        Raises:
            ValueError: Another one is there.
        """
        if self.next() != sign:
            raise ValueError(f"expected {sign!r}, got {self._held[self._at : self._at + 20]!r}")
        self._at += 1

    def value(self) -> Any:
        """Go past a value; a number may go on where neither blank, comma nor bracket ends it."""
        self.next()
        while True:
            try:
                found, end = self._decoder.raw_decode(self._held, self._at)
            except ValueError:
                if not self._more():
                    raise
                continue
            length = end - self._at  # reading more moves what is held to the front
            if self._held[end : end + 1] in ENDS or not self._more():
                self._at += length
                return found

    def end(self) -> None:
        """Raise ``ValueError`` where anything is left."""
        if self.next():
            raise ValueError(f"more behind the end: {self._held[self._at : self._at + 20]!r}")

    def _more(self) -> bool:
        """Hold more, at least twice as much as is left, so that no item is read too often."""
        rest = self._held[self._at :]
        found = self._read(max(CHUNK, len(rest)))
        self._held, self._at = rest + found, 0
        return bool(found)
