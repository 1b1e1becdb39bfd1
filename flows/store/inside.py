"""Names that come out of a file, and the files they name: nothing outside of a folder is touched.

A dataset, an annotation file or an archive may be anybody's. What it calls a file is text that
somebody chose, so it leads nowhere but into the folder it belongs to, and to a plain file of a
size that fits into memory.
"""

import errno
import os
import re
import stat
from pathlib import Path
from typing import IO, Final

from schemas.errors import ConfigError

MOST_BYTES: Final = 256 << 20
"""Largest file that is read as a whole, bytes."""
# Faults of one file. Others are of the disk; those without a number are of no system call but of
# the reader, which found damaged data.
OF_THE_FILE: Final = (
    None,
    errno.ENOENT,
    errno.EISDIR,
    errno.ENOTDIR,
    errno.EACCES,
    errno.EPERM,
    errno.ELOOP,
    errno.ENAMETOOLONG,
    errno.ENXIO,
)
_STEM: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,99}")
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def file_stem(name: object, what: str) -> str:
    """A name that may become a file's: letters, digits, ``-`` and ``_``, 100 at most.

    Args:
        name: As it stands in the data.
        what: Whose name it is, for the message.

    Raises:
        ConfigError: It is anything else.
    """
    if isinstance(name, str) and _STEM.fullmatch(name):
        return name
    raise ConfigError(
        f"{what}: expected 1 to 100 letters, digits, - and _ as a file's name, got {name!r:.80}"
    )


def path_inside(folder: Path, name: str) -> Path:
    """Where ``name`` leads from ``folder``, links followed.

    Raises:
        OSError: It is empty or absolute, holds control characters, or leads out of the folder.
    """
    if (
        not name
        or _UNPRINTABLE.search(name)
        or not _can_be_on_disk(name)
        or Path(name).is_absolute()
    ):
        raise OSError(errno.EPERM, f"not the name of a file inside a folder: {name!r:.80}")
    path = Path(os.path.realpath(folder / name))
    if not path.is_relative_to(os.path.realpath(folder)):
        raise OSError(errno.EPERM, f"leads out of its folder: {name!r:.80}")
    return path


def _can_be_on_disk(name: str) -> bool:
    """Whether a name has bytes; JSON may hold halves of characters, which have none."""
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        return False
    return True


def read_inside(folder: Path, name: str, most: int = MOST_BYTES) -> bytes:
    """The bytes of a file that a data file names.

    Args:
        folder: Where it must lie.
        name: As it stands in the data, relative to ``folder``.
        most: Bytes at most.

    Raises:
        OSError: See ``path_inside`` and ``open_regular``.
    """
    return read_regular(path_inside(folder, name), most)


def read_regular(path: Path, most: int = MOST_BYTES) -> bytes:
    """The bytes of a plain file; raises as ``open_regular`` does, also where it grows meanwhile."""
    with open_regular(path, most) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EPERM, f"larger than {most:,} bytes")
    return data


def open_regular(path: Path, most: int) -> IO[bytes]:
    """A plain file, opened.

    Raises:
        OSError: It is not there, is larger than ``most`` or no plain file: a pipe would block, a
            device never end.
    """
    # A pipe without a writer would block here, were it opened like a file.
    file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    about = os.fstat(file.fileno())
    if stat.S_ISREG(about.st_mode) and about.st_size <= most:
        return file
    file.close()
    regular = stat.S_ISREG(about.st_mode)
    raise OSError(errno.EPERM, f"larger than {most:,} bytes" if regular else "not a regular file")


def require_text(path: Path, what: str) -> None:
    """Refuse a folder to write into whose name is no UTF-8: Arrow opens no file in it.

    Raises:
        ConfigError: It is none.
    """
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise ConfigError(f"{what} {str(path)!a}: expected a name in UTF-8") from None


def printable(text: object) -> str:
    """Text out of a folder in one line, with nothing that a terminal obeys."""
    return "".join(c if c.isprintable() else "?" for c in str(text))
