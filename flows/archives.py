"""Bytes of a candidate, out of a folder, a tar or a Parquet file.

Nothing stays open: of a tar the places of its members are remembered, of a Parquet file the last
row group. Candidates come in the order of the archive and shards are runs of that order, so one
of each is enough; threads and forked processes may read at once.
"""

import tarfile
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from flows.sources import Candidate, picture_column
from schemas.errors import PictureError


def read_bytes(candidate: Candidate) -> bytes:
    """The candidate's bytes.

    Raises:
        PictureError: It is not there (any more) or cannot be read; reason ``unreadable``.
    """
    reader = {"file": _from_folder, "tar": _from_tar, "parquet": _from_parquet}[candidate.kind]
    try:
        return reader(candidate)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError) as error:
        detail = error.strerror or "not there"
    except (LookupError, tarfile.TarError, pa.ArrowException) as error:
        detail = str(error).split("\n")[0]
    raise PictureError("unreadable", f"{candidate.path}: {detail}")


def _from_folder(candidate: Candidate) -> bytes:
    return (Path(candidate.root) / candidate.member).read_bytes()


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
