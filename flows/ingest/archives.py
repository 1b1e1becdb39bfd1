"""Bytes of a candidate, out of a folder, a tar or a Parquet file.

Nothing stays open: of a tar the places of its members are remembered, of a Parquet file the last
row group. Candidates come in the order of the archive and shards are runs of that order, so one
of each is enough; threads and forked processes may read at once.
"""

import errno
import stat
import tarfile
from functools import lru_cache
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from flows.ingest.sources import leaves, picture_column
from schemas.candidate import Candidate
from schemas.errors import PictureError

# Faults of one file. Others are of the disk; those without a number are of no system call but of
# the reader, which found damaged data.
OF_THE_FILE: Final = (
    None, errno.ENOENT, errno.EISDIR, errno.ENOTDIR, errno.EACCES, errno.EPERM, errno.ELOOP,
    errno.ENAMETOOLONG,
)  # fmt: skip


def read_bytes(candidate: Candidate) -> bytes:
    """The candidate's bytes.

    Raises:
        PictureError: It is not there (any more) or cannot be read; reason ``unreadable``.
        OSError: The disk failed.
    """
    readers = {
        "file": _from_folder, "listed": _from_file, "tar": _from_tar, "parquet": _from_parquet,
    }  # fmt: skip
    try:
        return readers[candidate.kind](candidate)
    except OSError as error:
        if error.errno not in OF_THE_FILE:
            raise
        detail = error.strerror or str(error).split("\n")[0]
    except (LookupError, ValueError, tarfile.TarError, pa.ArrowException) as error:
        detail = str(error).split("\n")[0]
    raise PictureError("unreadable", f"{candidate.path}: {detail}")


def _from_folder(candidate: Candidate) -> bytes:
    root = Path(candidate.root)
    if leaves(root / candidate.member, root):
        raise LookupError("a link that leaves its source")
    return _from_file(candidate)


def _from_file(candidate: Candidate) -> bytes:
    file = Path(candidate.root) / candidate.member
    if not stat.S_ISREG(file.stat().st_mode):  # a pipe would block, a device never end
        raise LookupError("not a regular file")
    return file.read_bytes()


@lru_cache(maxsize=1)
def _places(path: str) -> dict[str, tuple[int, int]]:
    """Offset and size of every file in an uncompressed tar, bytes."""
    with tarfile.open(path, "r:") as archive:
        return {m.name: (m.offset_data, m.size) for m in archive if m.isreg()}


def _from_tar(candidate: Candidate) -> bytes:
    places = _places(candidate.root)
    if candidate.member not in places:
        raise LookupError("no such member")
    offset, size = places[candidate.member]
    with Path(candidate.root).open("rb") as file:
        file.seek(offset)
        return file.read(size)


@lru_cache(maxsize=1)
def _row_group(path: str, group: int) -> list[bytes | None]:
    with pq.ParquetFile(path) as file:
        name = picture_column(file.schema_arrow)
        values = file.read_row_group(group, columns=[name])[name].to_pylist()
    return [value.get("bytes") if isinstance(value, dict) else value for value in values]


@lru_cache(maxsize=4)
def _group_sizes(path: str) -> tuple[int, ...]:
    metadata = pq.read_metadata(path)
    return tuple(metadata.row_group(i).num_rows for i in range(metadata.num_row_groups))


def _from_parquet(candidate: Candidate) -> bytes:
    row = int(candidate.member)
    for group, size in enumerate(_group_sizes(candidate.root)):
        if row < size:
            data = _row_group(candidate.root, group)[row]
            if data is None:
                raise LookupError("no picture bytes in this row")
            return data
        row -= size
    raise LookupError("no such row")
