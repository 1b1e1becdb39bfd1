"""Bytes of a candidate, out of a folder, a tar or a Parquet file.

Nothing stays open: of a tar the places of its members are remembered, of a Parquet file the rows
about the last one. Candidates come in the order of the archive and shards are runs of that order,
so one of each is enough; threads and forked processes may read at once.
"""

import tarfile
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path

import pyarrow as pa

from flows.ingest.parquets import MOST_GROUP, read_row
from flows.ingest.sources import leaves
from flows.ingest.stores import read_object
from flows.ingest.tars import read_members
from flows.store.inside import MOST_BYTES, OF_THE_FILE, read_regular
from flows.store.place import is_remote, place
from schemas.candidate import Candidate
from schemas.errors import PictureError


def read_bytes(candidate: Candidate, most_group: int = MOST_GROUP) -> bytes:
    """The candidate's bytes.

    Args:
        candidate: Where they lie.
        most_group: Bytes of a Parquet file's row group, at most.

    Raises:
        PictureError: It is not there (any more) or cannot be read; reason ``unreadable``. What an
            archive cannot give any more is ``archive_damaged``.
        OSError: The disk failed.
    """
    readers: dict[str, Callable[[Candidate], bytes]] = {
        "file": _from_folder,
        "listed": _from_file,
        "tar": _from_tar,
        "parquet": partial(_from_parquet, most=most_group),
        "damaged": _not_at_all,
    }
    try:
        return readers[candidate.kind](candidate)
    except OSError as error:
        if error.errno not in OF_THE_FILE:
            raise
        detail = error.strerror or str(error).split("\n")[0]
    except PictureError:
        raise
    except (LookupError, ValueError, tarfile.TarError, pa.ArrowException) as error:
        detail = str(error).split("\n")[0]
    raise PictureError("unreadable", f"{candidate.path}: {detail}")


def _from_folder(candidate: Candidate) -> bytes:
    root = place(candidate.root)
    if is_remote(root):
        return read_object(root / candidate.member)
    if leaves(root / candidate.member, root):
        raise LookupError("a link that leaves its source")
    return _from_file(candidate)


def _from_file(candidate: Candidate) -> bytes:
    return read_regular(Path(candidate.root) / candidate.member)


@lru_cache(maxsize=1)
def _places(path: str) -> dict[str, tuple[int, int]]:
    """Offset and size of every file in an uncompressed tar, bytes."""
    return read_members(place(path)).places


def _from_tar(candidate: Candidate) -> bytes:
    places = _places(candidate.root)
    if candidate.member not in places:
        raise LookupError("no such member")
    offset, size = places[candidate.member]
    if size > MOST_BYTES:
        raise ValueError(f"larger than {MOST_BYTES:,} bytes")
    with place(candidate.root).open("rb") as file:
        file.seek(offset)
        return file.read(size)


def _from_parquet(candidate: Candidate, most: int) -> bytes:
    return read_row(candidate.root, int(candidate.member), most)


def _not_at_all(candidate: Candidate) -> bytes:
    raise PictureError("archive_damaged", f"{candidate.path}: {candidate.member}")
