"""Annotation files to what people marked: the format found out, every reader at one door."""

import codecs
import io
import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from annotators.human import coco, cvat, labelme, labelstudio, via, vida
from annotators.human.marked import ODD, Found, clean
from flows.human.index_masks import index_masks
from flows.human.pages import json_items
from flows.human.photographs import Photographs
from flows.store.inside import open_regular, read_regular
from schemas.errors import AnnotationError, ConfigError, PictureError, UnknownNameError

FORMATS = ("auto", "labelstudio", "cvat", "labelme", "coco", "via", "vida", "index")
MOST_DOCUMENT = 4 << 30
"""Bytes of an export; a large project with painted masks has some GB."""
PEEKED = 4096
"""Bytes that are looked at to tell XML from JSON."""
BLANKS = b" \t\r\n"


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
    except OSError as error:
        raise ConfigError(f"{path}: cannot read it: {error.strerror or error}") from None
    except ODD as error:
        said = f"{type(error).__name__}: {clean(error)[:200]}"
        raise ConfigError(f"{path}: not a document of this format: {said}") from None


def _found(path: Path, kind: str, photographs: Photographs, table: Path | None) -> Iterator[Found]:
    if kind == "index" or (kind == "auto" and (path.is_dir() or path.suffix == ".png")):
        yield from index_masks(path, table)
        return
    with open_regular(path, MOST_DOCUMENT) as file:
        sign = _first_sign(file)
        if kind == "cvat" or (kind == "auto" and sign == b"<"):
            yield from cvat.read(file)
            return
        with io.TextIOWrapper(file, encoding="utf-8-sig", newline="") as text:
            yield from _in_json(path, _items(path, text), sign == b"[", kind, photographs)


def _first_sign(file: IO[bytes]) -> bytes:
    """The first byte that is no blank; empty where there is none."""
    block = file.read(PEEKED).removeprefix(codecs.BOM_UTF8)
    while block and not block.strip(BLANKS):
        block = file.read(PEEKED)
    file.seek(0)
    return block.lstrip(BLANKS)[:1]


def _in_json(
    path: Path, items: Iterator[Any], is_list: bool, kind: str, photographs: Photographs
) -> Iterator[Found]:
    begun = list(itertools.islice(items, 1))
    found = kind if kind != "auto" else _kind(begun, path)
    if found == "labelstudio":  # task by task: brushes take four times as much memory as on disk
        yield from labelstudio.read(itertools.chain(begun, items), photographs.size)
        return
    rest = list(items)
    document = [*begun, *rest] if is_list else begun[0]
    readers: dict[str, Callable[[], Iterator[Found]]] = {
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
                return read_regular(inside)
    except (OSError, RuntimeError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise PictureError("annotation_unreadable", f"label map {name!r:.80}: {why}") from None
    raise PictureError("annotation_unreadable", f"label map {name!r:.80}: no such file")


def _items(path: Path, text: IO[str]) -> Iterator[Any]:
    """What a JSON list holds, or the one thing that a document is."""
    try:
        yield from json_items(text.read)
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not UTF-8") from None
    except RecursionError:
        raise ConfigError(f"{path}: not valid JSON: nested too deep") from None
    except ValueError as error:
        raise ConfigError(f"{path}: not valid JSON: {error}") from None


def _kind(begun: Sequence[Any], path: Path) -> str:
    first = begun[0] if begun else None
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
