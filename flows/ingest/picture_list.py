"""A list of pictures that may be moved, as JSON lines; and names as any table holds them.

The first line says where the pictures may lie, then comes one path a line. Whatever stands in a
name, it stays one line.
"""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from schemas.candidate import Candidate
from schemas.errors import ConfigError


def readable_name(name: str) -> str:
    """A file name as text that any table holds, also where its bytes are not UTF-8."""
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return name if text == name else text  # one string of a million, not two


def picture_list(roots: Sequence[str], paths: Sequence[str]) -> str:
    """The list as text.

    Args:
        roots: Folders the pictures may lie in, from the list's own folder or absolute.
        paths: Below those folders.
    """
    lines = [{"roots": list(roots)}, *({"path": path} for path in paths)]
    return "".join(json.dumps(line) + "\n" for line in lines)


def listed_pictures(path: Path, name: str) -> Iterator[Candidate]:
    """What ``picture_list`` wrote, from the first of its folders that has the first picture.

    Beside those it names, the list's own folder and ``images`` in it are tried.

    Raises:
        ConfigError: It is not such a list, a path leaves its folder, or the pictures are nowhere.
    """
    places, members = _read(path)
    places += [path.parent, path.parent / "images"]
    if not members:
        return
    root = next((place for place in places if (place / members[0]).is_file()), None)
    if root is None:
        tried = ", ".join(map(str, places))
        raise ConfigError(f"source {path}: its pictures are in none of {tried}")
    for member in members:
        yield Candidate(name, readable_name(member), str(root.resolve()), member, "file")


def _read(path: Path) -> tuple[list[Path], list[str]]:
    try:
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        places = [path.parent / str(root) for root in lines[0]["roots"]]
        members = [str(line["path"]) for line in lines[1:]]
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise ConfigError(f"source {path}: not a readable list: {error}") from None
    for member in members:
        if Path(member).is_absolute() or ".." in Path(member).parts or "\0" in member:
            raise ConfigError(f"source {path}: {member!r:.80} leaves its folder")
    return places, members
