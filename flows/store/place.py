"""Where things lie: a path of this machine, or an address in an object store that is used like one.

``s3://bucket/folder``, ``gs://...`` and ``az://...`` are paths of ``universal_pathlib`` over
``obstore``. What differs is said here and nowhere else: an object store knows no folders, no
renaming, no appending and no locks, but an object is there whole or not at all.

Credentials come from the environment, as the tools of each store have them; an address holds none.
"""

import atexit
import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from schemas.errors import ConfigError, StorageError
from schemas.extras import import_extra

STORES = ("s3", "gs", "az")
_ADDRESS = re.compile(r"([a-z][a-z0-9+]*)://")


def place(given: str | Path) -> Path:
    """A path, or what behaves like one.

    Raises:
        ConfigError: No store of ours, an address that holds a key, or the extra is missing.
    """
    if not isinstance(given, str):
        return given
    scheme = _ADDRESS.match(given)
    if not scheme:
        return Path(given)
    parts = urlsplit(given)
    if parts.scheme not in STORES:
        raise ConfigError(f"{parts.scheme}://: expected a path or {', '.join(STORES)}://...")
    if "@" in parts.netloc or parts.query:
        raise ConfigError(
            f"{parts.scheme}://...: an address that holds a key; credentials belong in the "
            "environment"
        )
    if not parts.netloc:
        raise ConfigError(f"{given}: names no bucket")
    _register(parts.scheme)
    upath = import_extra("upath", f"{parts.scheme}://", "storage")
    return cast(Path, upath.UPath(given.rstrip("/")))


@cache
def _register(scheme: str) -> None:
    store = import_extra("obstore.fsspec", f"{scheme}://", "storage")
    store.register(scheme)


def is_remote(path: Path) -> bool:
    """Whether a place is in an object store."""
    return not isinstance(path, Path)


def make_folder(path: Path) -> None:
    """Make a folder and those above it; in an object store there are none."""
    if not is_remote(path):
        path.mkdir(parents=True, exist_ok=True)


def remove_folder(path: Path) -> None:
    """Remove a folder and all that is in it, if it is there."""
    if is_remote(path):
        with contextlib.suppress(FileNotFoundError):
            cast(Any, path).fs.rm(str(path), recursive=True)
    else:
        shutil.rmtree(path, ignore_errors=True)


def readable(path: Path) -> Any:
    """What readers of Parquet take for a file: the path, or an open file of the store."""
    return path.open("rb") if is_remote(path) else path


@contextlib.contextmanager
def network_errors(path: Path) -> Iterator[None]:
    """Turn what an object store says into ``StorageError``, which is tried again."""
    try:
        yield
    except (OSError, ConfigError):
        raise
    except Exception as error:
        said = store_error(error)
        if not said:
            raise
        raise StorageError(f"{path}: {said}") from None


def store_error(error: BaseException) -> str:
    """What an object store said, one line; empty for any other error."""
    if not type(error).__module__.startswith("obstore"):
        return ""
    first = str(error).strip().splitlines()[0]
    code = re.search(r"<Code>(\w+)</Code>", str(error))
    return f"{first[:200]} {code[1]}" if code else first[:200]


def upload(local: Path, final: Path, keep: bool = False) -> None:
    """Put a local file into the store under its name, whole.

    Args:
        local: The file.
        final: Its name in the store.
        keep: Whether it is left here, too.
    """
    with network_errors(final):
        cast(Any, final).fs.put_file(str(local), str(final))
    if not keep:
        local.unlink()


def put_new(path: Path, data: bytes) -> bool:
    """Put an object into the store unless there is one of this name; whether it was put.

    Of several who try at once one succeeds (a conditional put: S3, Google Cloud and Azure have it).
    """
    stores = import_extra("obstore.store", str(path), "storage")
    put = import_extra("obstore", str(path), "storage").put
    exists = import_extra("obstore.exceptions", str(path), "storage").AlreadyExistsError
    with network_errors(path):
        try:
            put(stores.from_url(str(path.parent)), path.name, data, mode="create")
        except exists:
            return False
    return True


def local_name(path: Path) -> Path:
    """Where a file is written before it is put into the store."""
    return _scratch() / re.sub(r"\W+", "_", str(path))


@cache
def _scratch() -> Path:
    folder = tempfile.mkdtemp(prefix=f"iqa-spider-{os.getpid()}-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)
