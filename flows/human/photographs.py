"""The photographs that annotations speak of: looked for by name, measured by their header.

No path of an annotation file is ever opened: names are compared with what lies in the folder.
"""

import csv
import re
from pathlib import Path, PurePosixPath

from PIL import Image as Pil

from annotators.human.marked import clean
from flows.ingest.decode import DAMAGE, FORMATS, ORIENTATION
from flows.ingest.limits import ENDINGS
from flows.ingest.pillow import quiet
from schemas.errors import ConfigError, reading

NAMES = "names.csv"
"""In a project of ours, beside its folder of pictures: what they were called before."""
_PREFIX = re.compile(r"^([0-9a-f]{8}|[0-9a-f]{16})-(?=.)")
_SIDEWAYS = (5, 6, 7, 8)


class Photographs:
    """The pictures of a folder, by name; links out of it are not followed.

    Args:
        folder: Searched with everything in it.

    Raises:
        ConfigError: It is no folder or holds no picture, or its table of names cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise ConfigError(f"--images {folder}: no such folder")
        self.root = folder.resolve()
        self._originals = _names(self.root)
        self._by_name: dict[str, list[Path]] = {}
        self._by_stem: dict[str, list[Path]] = {}
        for path in sorted(self.root.rglob("*")):
            inside = path.is_file() and path.resolve().is_relative_to(self.root)
            if inside and path.suffix.lower() in ENDINGS:
                names = (clean(name).lower() for name in (path.name, self.original(path)))
                for name in dict.fromkeys(names):
                    self._by_name.setdefault(name, []).append(path)
                    self._by_stem.setdefault(PurePosixPath(name).stem, []).append(path)
        if not self._by_name:
            raise ConfigError(f"--images {folder}: no picture in it")

    def original(self, path: Path) -> str:
        """The file name a picture had before a project was made of it."""
        return self._originals.get(path.relative_to(self.root).as_posix(), path.name)

    def find(self, name: str) -> Path | None:
        """The picture a tool means: same file name, most folders in common, alone in that.

        Label Studio puts eight digits and a dash before the names of uploads, our projects put
        sixteen; they are forgotten when nothing has the full name. A name without a picture's
        ending may have any.
        """
        parts = PurePosixPath(clean(name).replace("\\", "/")).parts[::-1]
        if not parts:
            return None
        base = parts[0].lower()
        bare = base
        found = self._by_name.get(base)
        while not found and _PREFIX.match(bare):
            bare = _PREFIX.sub("", bare)
            found = self._by_name.get(bare)
        for stem in (PurePosixPath(base).stem, PurePosixPath(bare).stem):
            found = found or self._by_stem.get(stem)
        ranked = sorted(((self._shared(parts, path), path) for path in found or ()), reverse=True)
        if not ranked or (len(ranked) > 1 and ranked[0][0] == ranked[1][0]):
            return None
        return ranked[0][1]

    def size(self, name: str) -> tuple[int, int] | None:
        """Width and height of a picture as people saw it, by its header; ``None`` without one."""
        path = self.find(name)
        if path is None:
            return None
        try:
            with quiet(), Pil.open(path, formats=FORMATS) as picture:
                # not the picture's own method, which decodes all of a PNG
                turn = Pil.Image.getexif(picture).get(ORIENTATION, 1)
                width, height = picture.size
        except DAMAGE:
            return None
        return (height, width) if turn in _SIDEWAYS else (width, height)

    def _shared(self, parts: tuple[str, ...], path: Path) -> int:
        own = tuple(map(clean, path.relative_to(self.root).parts[::-1]))
        pairs = enumerate(zip(parts, own, strict=False))
        return next((i for i, (a, b) in pairs if a != b), min(len(parts), len(own)))


def _names(root: Path) -> dict[str, str]:
    """Path below ``root`` to the name before, as a project of ours states it."""
    file = next((f for f in (root / NAMES, root.parent / NAMES) if f.is_file()), None)
    if file is None:
        return {}
    with reading(str(file), csv.Error), file.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    if not rows or not {"file", "original"} <= set(rows[0]):
        return {}  # a table of somebody else's
    before = "" if file.parent == root else f"{root.name}/"
    return {
        row["file"][len(before) :]: PurePosixPath(row["original"].replace("!", "/")).name
        for row in rows
        if row["file"] and row["original"] and row["file"].startswith(before)
    }
