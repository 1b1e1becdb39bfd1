"""What lies where in an uncompressed tar, and where the archive is damaged.

Python's own reader takes a damaged header, and a cut at a header, for the end of the archive.
Here the end has to look like one: two blocks of zeros and nothing behind them.
"""

import io
import tarfile
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

MOST_NAME: Final = 1 << 20
"""Bytes of a header's extra records (long names), at most."""
BLOCK: Final = 512
# What the library raises on headers that make no sense, besides its own errors.
NONSENSE: Final = (
    tarfile.TarError,
    ValueError,
    OverflowError,
    LookupError,
    TypeError,
    RecursionError,
    EOFError,
)


class Members(NamedTuple):
    """The plain files of a tar.

    Args:
        places: Offset and size by name, bytes, in the order of the archive; of members with one
            name those of the last.
        damage: What is wrong behind the last of them; empty for a sound archive.
    """

    places: dict[str, tuple[int, int]]
    damage: str = ""


class _Headers(io.RawIOBase):
    """The file as the library sees it: no header makes it read more than a name needs."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= MOST_NAME:
            raise tarfile.ReadError("a header that claims to be huge")
        return self._file.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()


def read_members(path: Path) -> Members:
    """List a tar as far as it can be read.

    Raises:
        OSError: It cannot be opened.
        tarfile.TarError: It begins with nothing that a tar begins with.
    """
    size, places, at = path.stat().st_size, dict[str, tuple[int, int]](), 0
    with path.open("rb") as file:
        archive = _open(file)
        try:
            for member in archive:
                if member.offset_data <= at or member.size < 0:
                    raise tarfile.ReadError("a header that leads back")
                if member.offset_data + member.size > size:
                    return Members(places, _said(member.offset, places, "the file ends in it"))
                at = member.offset_data
                if member.isreg():
                    places[member.name] = (member.offset_data, member.size)
        except NONSENSE as error:
            return Members(places, _said(archive.offset, places, str(error)))
        return Members(places, _end(file, archive.offset, size, places))


def _open(file: BinaryIO) -> tarfile.TarFile:
    try:
        return tarfile.open(fileobj=_Headers(file), mode="r:", errors="surrogateescape")
    except tarfile.TarError:
        raise
    except NONSENSE as error:
        raise tarfile.ReadError(f"a header that makes no sense: {error}") from None


def _end(file: BinaryIO, offset: int, size: int, places: dict[str, tuple[int, int]]) -> str:
    """What is wrong with the end of the archive; the library stopped at ``offset``."""
    file.seek(offset)
    if file.read(2 * BLOCK) != bytes(2 * BLOCK):
        what = "a damaged header" if offset + 2 * BLOCK <= size else "no end of the archive"
        return _said(offset, places, what)
    while block := file.read(1 << 20):
        if block.count(0) != len(block):
            return _said(offset, places, "more data behind the end of the archive")
    return ""


def _said(offset: int, places: dict[str, tuple[int, int]], what: str) -> str:
    return f"{' '.join(what.split())} at byte {offset:,}, after {len(places)} members"
