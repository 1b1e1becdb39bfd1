"""Annotation files to what people marked: the format found out, every reader at one door."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from annotators.human import coco, cvat, labelme, labelstudio, via, vida
from annotators.human.marked import ODD, Found, clean
from flows.human.index_masks import index_masks
from flows.human.photographs import MOST_BYTES, Photographs, read_regular
from schemas.errors import AnnotationError, ConfigError, PictureError, UnknownNameError, reading

FORMATS = ("auto", "labelstudio", "cvat", "labelme", "coco", "via", "vida", "index")
MOST_DOCUMENT = 4 << 30
"""Bytes of an export; a large project with painted masks has some GB."""


def read_file(
    path: Path, kind: str, photographs: Photographs, table: Path | None = None
) -> Iterator[Found]:
    """What is marked in a file.

    Args:
        path: JSON, XML, or a PNG or a folder of PNGs with an index a pixel.
        kind: A format, or ``auto``.
        photographs: Where sizes are looked up that a tool does not state.
        table: Names of the indices: lines ``INDEX NAME``, or the CSV of scene parsing.

    Raises:
        ConfigError: Unreadable, of no known format, or not of the format that was given.
    """
    if kind not in FORMATS:
        raise UnknownNameError("format", kind, FORMATS)
    try:
        yield from _found(path, kind, photographs, table)
    except ConfigError:
        raise
    except AnnotationError as error:
        raise ConfigError(f"{path}: {error.detail}") from None
    except ODD as error:
        said = f"{type(error).__name__}: {clean(error)[:200]}"
        raise ConfigError(f"{path}: not a document of this format: {said}") from None


def _found(path: Path, kind: str, photographs: Photographs, table: Path | None) -> Iterator[Found]:
    if kind == "index" or (kind == "auto" and (path.is_dir() or path.suffix == ".png")):
        yield from index_masks(path, table)
        return
    with reading(str(path)):
        data = read_regular(path, MOST_DOCUMENT)
    if kind == "cvat" or (kind == "auto" and data.lstrip()[:1] == b"<"):
        yield from cvat.read(data)
        return
    document = _json(path, data)
    found = kind if kind != "auto" else _kind(document, path)
    readers: dict[str, Callable[[], Iterator[Found]]] = {
        "labelstudio": lambda: labelstudio.read(document, photographs.size),
        "labelme": lambda: labelme.read(document, path.name),
        "coco": lambda: coco.read(document, lambda name: _label_map(path, name)),
        "via": lambda: via.read(document, photographs.size),
        "vida": lambda: vida.read(document, photographs.size),
    }
    yield from readers[found]()


def _label_map(document: Path, name: str) -> bytes:
    """A panoptic label map, beside the document or in the folder of its name, as COCO has it.

    Raises:
        PictureError: ``annotation_unreadable``: it leaves the document's folder or is not there.
    """
    folder = document.parent.resolve()
    try:
        for place in (folder / document.stem / name, folder / name):
            inside = place.resolve()
            if not inside.is_relative_to(folder):
                raise PictureError("annotation_unreadable", f"{name!r:.80} leaves the folder")
            if inside.is_file():
                return read_regular(inside, MOST_BYTES)
    except (OSError, RuntimeError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise PictureError("annotation_unreadable", f"label map {name!r:.80}: {why}") from None
    raise PictureError("annotation_unreadable", f"label map {name!r:.80}: no such file")


def _json(path: Path, data: bytes) -> Any:
    try:
        return json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not UTF-8") from None
    except RecursionError:
        raise ConfigError(f"{path}: not valid JSON: nested too deep") from None
    except ValueError as error:
        raise ConfigError(f"{path}: not valid JSON: {error}") from None


def _kind(document: Any, path: Path) -> str:
    first = document[0] if isinstance(document, list) and document else document
    if isinstance(first, dict):
        if "shapes" in first:
            return "labelme"
        if {"images", "annotations"} <= set(first):
            return "coco"
        if vida.is_vida(first):
            return "vida"
        if set(first) & {"annotations", "completions", "predictions", "annotation_id", "result"}:
            return "labelstudio"
        entries = first.get("_via_img_metadata", first)
        values = list(entries.values()) if isinstance(entries, dict) else []
        if any(isinstance(value, dict) and "regions" in value for value in values):
            return "via"
    raise ConfigError(f"{path}: of no known format; give --format, one of {', '.join(FORMATS[1:])}")
