"""Bytes of a candidate, out of a folder, a tar or a Parquet file.

The last archive a process opened stays open: candidates come in the order of the archive, and
shards are runs of that order.
"""

import tarfile
from functools import lru_cache
from pathlib import Path

import pyarrow.parquet as pq

from flows.sources import Candidate, picture_column
from schemas.errors import PictureError


def read_bytes(candidate: Candidate) -> bytes:
    """The candidate's bytes.

    Raises:
        PictureError: It is not there (any more) or cannot be read.
    """
    reader = {"file": _from_folder, "tar": _from_tar, "parquet": _from_parquet}[candidate.kind]
    try:
        return reader(candidate)
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise PictureError("unreadable", f"{error.strerror}: {candidate.path}") from None
    except (KeyError, tarfile.TarError) as error:
        raise PictureError("unreadable", f"{candidate.path}: {error}") from None


def _from_folder(candidate: Candidate) -> bytes:
    return (Path(candidate.root) / candidate.member).read_bytes()


@lru_cache(maxsize=1)
def _open_tar(path: str) -> tarfile.TarFile:
    archive = tarfile.open(path)  # noqa: SIM115  # stays open for the next member
    archive.getmembers()
    return archive


def _from_tar(candidate: Candidate) -> bytes:
    file = _open_tar(candidate.root).extractfile(candidate.member)
    if file is None:
        raise KeyError(f"no file {candidate.member}")
    return file.read()


@lru_cache(maxsize=1)
def _row_group(path: str, group: int) -> list[bytes | None]:
    file = pq.ParquetFile(path)
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
                raise PictureError("unreadable", f"{candidate.path}: no picture bytes in this row")
            return data
        row -= size
    raise KeyError(f"no row {candidate.member}")
