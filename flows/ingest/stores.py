"""Pictures and archives in an object store: what lies below an address, and its bytes."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Final, cast

from flows.store.inside import MOST_BYTES
from flows.store.place import network_errors
from schemas.errors import ConfigError

ORIGINALS: Final = {"dist_imgs": "ref_imgs", "512x384": "1024x768"}
"""Folders that hold distorted or smaller copies of what a folder beside them holds."""


def names_below(folder: Path, endings: Collection[str]) -> Iterator[str]:
    """Names of objects below an address, as a walk through folders on a disk gives them.

    Args:
        folder: The address.
        endings: Of the objects that are looked for, in lower case.

    Raises:
        ConfigError: The store refuses to list it.
    """
    store, root = cast(Any, folder).fs, str(folder).split("://", 1)[1].rstrip("/") + "/"
    try:
        with network_errors(folder):
            found = [str(name).removeprefix(root) for name in store.find(str(folder))]
    except OSError as error:
        said = str(error).strip().splitlines()[0]
        raise ConfigError(f"source {folder}: cannot list it: {said}") from None
    folders = {name.rsplit("/", 1)[0] for name in found if "/" in name}
    above = {name[:at] for name in folders for at, sign in enumerate(name + "/") if sign == "/"}
    for name in sorted(found, key=_in_order_of_a_walk):
        ending = "." + name.rsplit(".", 1)[-1].lower()
        if ending in endings and not _is_copy(name, above):
            yield name


def _in_order_of_a_walk(name: str) -> list[tuple[int, str]]:
    """In each folder first its files, then the folders in it, both sorted."""
    *folders, file = name.split("/")
    return [(1, folder) for folder in folders] + [(0, file)]


def _is_copy(name: str, folders: set[str]) -> bool:
    parts = name.split("/")[:-1]
    return any(
        part in ORIGINALS and "/".join([*parts[:depth], ORIGINALS[part]]) in folders
        for depth, part in enumerate(parts)
    )


def read_object(path: Path) -> bytes:
    """The bytes of an object.

    Raises:
        LookupError: It is not there.
        ValueError: It is larger than a picture may be.
        OSError: The store failed.
    """
    with network_errors(path):
        try:
            if path.stat().st_size > MOST_BYTES:
                raise ValueError(f"larger than {MOST_BYTES:,} bytes")
            return path.read_bytes()
        except FileNotFoundError:
            raise LookupError("no such object") from None
