"""Annotation files to what people marked: the format found out, pictures looked for by name.

No path of a file is ever opened: names are compared with what lies in the given folder.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import cv2
import numpy as np

from annotators.human import coco, cvat, labelme, labelstudio, via
from annotators.human.marked import MarkedPicture, MarkedRegion, Remark
from schemas.arrays import Mask
from schemas.errors import ConfigError, UnknownNameError

FORMATS = ("auto", "labelstudio", "cvat", "labelme", "coco", "via", "index")
PICTURES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")
LEFT_OUT = frozenset(("0", "255"))


class Photographs:
    """The pictures of a folder, by name; links out of it are not followed.

    Args:
        folder: Searched with everything in it.

    Raises:
        ConfigError: It is no folder or holds no picture.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise ConfigError(f"--images {folder}: no such folder")
        self.root = folder.resolve()
        self._by_name: dict[str, list[Path]] = {}
        for path in sorted(self.root.rglob("*")):
            inside = path.is_file() and path.resolve().is_relative_to(self.root)
            if inside and path.suffix.lower() in PICTURES:
                self._by_name.setdefault(path.name.lower(), []).append(path)
        if not self._by_name:
            raise ConfigError(f"--images {folder}: no picture in it")

    def find(self, name: str) -> Path | None:
        """The picture a tool means: same file name, most folders in common, alone in that.

        Label Studio puts eight digits and a dash before the names of uploads; they are forgotten
        when nothing has the full name. A name without a picture's ending may have any.
        """
        parts = PurePosixPath(name.replace("\\", "/")).parts[::-1]
        if not parts:
            return None
        base = parts[0].lower()
        found = self._by_name.get(base) or self._by_name.get(base[9:] if base[8:9] == "-" else "")
        if not found:
            stem = PurePosixPath(base).stem
            found = [p for key, own in self._by_name.items() for p in own
                     if PurePosixPath(key).stem == stem]  # fmt: skip
        ranked = sorted(((self._shared(parts, path), path) for path in found), reverse=True)
        if not ranked or (len(ranked) > 1 and ranked[0][0] == ranked[1][0]):
            return None
        return ranked[0][1]

    def size(self, name: str) -> tuple[int, int] | None:
        """Width and height of a picture as people saw it, where it is at hand."""
        path = self.find(name)
        image = cv2.imread(str(path)) if path else None
        return (image.shape[1], image.shape[0]) if image is not None else None

    def _shared(self, parts: tuple[str, ...], path: Path) -> int:
        own = path.relative_to(self.root).parts[::-1]
        return next((i for i, (a, b) in enumerate(zip(parts, own, strict=False)) if a != b),
                    min(len(parts), len(own)))  # fmt: skip


def read_file(
    path: Path, kind: str, photographs: Photographs, table: Path | None = None
) -> Iterator[MarkedPicture]:
    """What is marked in a file.

    Args:
        path: JSON, XML, or a PNG or a folder of PNGs with an index a pixel.
        kind: A format, or ``auto``.
        photographs: Where sizes are looked up that a tool does not state.
        table: Names of the indices: lines ``INDEX NAME``.

    Raises:
        ConfigError: Unreadable, or of no known format.
        AnnotationError: ``bad_xml``.
    """
    if kind not in FORMATS:
        raise UnknownNameError("format", kind, FORMATS)
    if kind == "index" or (kind == "auto" and (path.is_dir() or path.suffix == ".png")):
        yield from _index_masks(path, table)
        return
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot read annotations: {error.strerror}") from None
    if kind == "cvat" or (kind == "auto" and data.lstrip()[:1] == b"<"):
        yield from cvat.read(data)
        return
    document = _json(path, data)
    found = kind if kind != "auto" else _kind(document, path)
    readers: dict[str, Callable[[], Iterator[MarkedPicture]]] = {
        "labelstudio": lambda: labelstudio.read(document, photographs.size),
        "labelme": lambda: labelme.read(document, path.name),
        "coco": lambda: coco.read(document),
        "via": lambda: via.read(document, photographs.size),
    }
    yield from readers[found]()


def _json(path: Path, data: bytes) -> Any:
    try:
        return json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not UTF-8") from None
    except ValueError as error:
        raise ConfigError(f"{path}: not valid JSON: {error}") from None


def _kind(document: Any, path: Path) -> str:
    first = document[0] if isinstance(document, list) and document else document
    if isinstance(first, dict):
        if "shapes" in first:
            return "labelme"
        if {"images", "annotations"} <= set(first):
            return "coco"
        if "annotations" in first or "completions" in first:
            return "labelstudio"
        values = [v for v in first.get("_via_img_metadata", first).values() if isinstance(v, dict)]
        if values and all("regions" in value for value in values):
            return "via"
    raise ConfigError(f"{path}: of no known format; give --format, one of {', '.join(FORMATS[1:])}")


def _index_masks(path: Path, table: Path | None) -> Iterator[MarkedPicture]:
    names = _table(table)
    files = sorted(path.rglob("*.png")) if path.is_dir() else [path]
    for file in files:
        index = cv2.imdecode(np.frombuffer(file.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
        if index is None or index.ndim != 2:
            raise ConfigError(f"{file}: no PNG with one index a pixel")
        picture = MarkedPicture(file.name, index.shape[1], index.shape[0])
        for number in np.unique(index):
            name = names.get(str(number), "")
            if name or str(number) not in LEFT_OUT:
                mask: Mask = index == number
                picture.regions.append(MarkedRegion(mask, [Remark("", name or f"index {number}")]))
        yield picture


def _table(table: Path | None) -> dict[str, str]:
    if table is None:
        return {}
    try:
        lines = table.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"--table {table}: cannot read it: {error}") from None
    pairs = [line.split(maxsplit=1) for line in lines if line.strip()]
    if any(len(pair) < 2 or not pair[0].isdigit() for pair in pairs):
        raise ConfigError(f"--table {table}: lines INDEX NAME are expected")
    return {number: name.strip() for number, name in pairs}
