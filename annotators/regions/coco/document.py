"""Reads a parsed COCO document into entries by picture name, leaving out what is malformed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from annotators.regions.source import SkippedAnnotation
from schemas.errors import AnnotationError, ConfigError

MOST_PIXELS = 100_000_000
"""Of an annotated picture; masks are made at that size, whatever the picture's own is."""


class Segment(NamedTuple):
    """One segment of a panoptic label map.

    Args:
        number: Its id in the map.
        label: Its category's name.
    """

    number: int
    label: str


class Annotation(NamedTuple):
    """One annotation; ``shape`` for instances, ``label_map`` and ``segments`` for panoptic.

    Args:
        subject: How to name it in a message.
        label: Name of the category.
        shape: Polygons or run lengths as they stand in the document.
        label_map: Name of the panoptic label map, empty for instances.
        segments: Segments of the label map to use.
    """

    subject: str
    label: str = ""
    shape: Any = None
    label_map: str = ""
    segments: tuple[Segment, ...] = ()


@dataclass(frozen=True, slots=True)
class PictureEntry:
    """One picture of the document.

    Args:
        parts: Its path, last part first.
        width: Pixels when it was annotated.
        height: Pixels when it was annotated.
        annotations: What is annotated in it.
    """

    parts: list[str]
    width: int
    height: int
    annotations: list[Annotation] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Document:
    """A document, read.

    Args:
        by_name: Entries by the base name of their file.
        panoptic: Whether label maps are needed.
        problems: What was skipped.
    """

    by_name: dict[str, list[PictureEntry]]
    panoptic: bool
    problems: list[SkippedAnnotation]


def read_document(document: Mapping[str, Any]) -> Document:
    """Entries of a parsed document; malformed entries and annotations become problems.

    Raises:
        ConfigError: A table is missing or is no list of objects.
    """
    problems: list[SkippedAnnotation] = []
    names = dict(_each(_categories, document, "categories", problems))
    entries = dict(_each(_image, document, "images", problems))
    panoptic = False
    for image_id, annotation in _each(_annotation(names), document, "annotations", problems):
        if annotation is None:
            continue
        entry = entries.get(image_id)
        if entry is None:
            detail = f"image_id {image_id!r} is not among the document's images"
            problems.append(SkippedAnnotation(annotation.subject, "unknown_image", detail))
            continue
        entry.annotations.append(annotation)
        panoptic |= bool(annotation.label_map)
    by_name: dict[str, list[PictureEntry]] = {}
    for entry in entries.values():
        by_name.setdefault(entry.parts[0], []).append(entry)
    return Document(by_name, panoptic, problems)


def _each(read: Any, document: Any, table: str, problems: list[SkippedAnnotation]) -> Iterator[Any]:
    """``read(row, subject)`` of each row of a table; rows it refuses become problems."""
    rows = document.get(table) if isinstance(document, Mapping) else None
    if not isinstance(rows, list):
        got = "nothing" if rows is None else type(rows).__name__
        raise ConfigError(f"COCO document: expected a list {table!r}, got {got}")
    for index, row in enumerate(rows):
        if not isinstance(row, dict):
            raise ConfigError(f"COCO document: {table}[{index}] is no object but {row!r:.40}")
        kind = {"categories": "category", "images": "image"}.get(table, "annotation")
        subject = f"{kind} {row.get('id', f'number {index}')}"
        try:
            yield read(row, subject)
        except AnnotationError as error:
            problems.append(SkippedAnnotation(subject, error.reason, error.detail))


def _categories(row: dict[str, Any], _: str) -> tuple[Any, str]:
    name = _field(row, "name", str, "bad_category")
    plain = name.replace("_", " ").strip().lower()
    is_stuff = row.get("isthing") == 0
    return _field(row, "id", int, "bad_category"), _stuff_name(plain) if is_stuff else plain


def _stuff_name(name: str) -> str:
    """COCO's ``wall-brick`` and ``sky-other-merged`` as people say it: brick wall, sky."""
    words = [word for word in name.split("-") if word not in ("merged", "other", "stuff")]
    if words[:1] in (["wall"], ["floor"]):
        words.reverse()
    return " ".join(words)


def _image(row: dict[str, Any], _: str) -> tuple[int, PictureEntry]:
    path = _field(row, "file_name", str, "bad_image").replace("\\", "/")
    width, height = (_field(row, side, int, "bad_image") for side in ("width", "height"))
    if not path or min(width, height) < 1:
        raise AnnotationError("bad_image", f"{path!r} of {width}x{height} is no picture")
    if max(width, height) > MOST_PIXELS or width * height > MOST_PIXELS:
        raise AnnotationError("bad_image", f"{path!r}: more than {MOST_PIXELS:,} pixels")
    return _field(row, "id", int, "bad_image"), PictureEntry(path.split("/")[::-1], width, height)


def _annotation(names: dict[int, str]) -> Any:
    """A reader of annotations; it gives ``None`` for a crowd."""

    def read(row: dict[str, Any], subject: str) -> tuple[int, Annotation | None]:
        image_id = _field(row, "image_id", int, "bad_annotation")
        if "segments_info" in row:
            subject = f"annotation of image {image_id}"
            label_map = _field(row, "file_name", str, "bad_annotation")
            segments = _segments(_field(row, "segments_info", list, "bad_annotation"), names)
            return image_id, Annotation(subject, label_map=label_map, segments=segments)
        if row.get("iscrowd"):
            return image_id, None
        label, shape = _label(row, names), row.get("segmentation")
        if not shape:
            raise AnnotationError("no_shape", "the annotation has no segmentation")
        return image_id, Annotation(subject, label, shape)

    return read


def _segments(rows: list[Any], names: dict[int, str]) -> tuple[Segment, ...]:
    found = []
    for row in rows:
        if not isinstance(row, dict):
            raise AnnotationError("bad_annotation", f"segment {row!r:.40} is no object")
        if not row.get("iscrowd"):
            found.append(Segment(_field(row, "id", int, "bad_annotation"), _label(row, names)))
    return tuple(found)


def _label(row: dict[str, Any], names: dict[int, str]) -> str:
    category = _field(row, "category_id", int, "bad_annotation")
    if category not in names:
        raise AnnotationError("unknown_category", f"category_id {category} is not in the document")
    return names[category]


def _field(row: dict[str, Any], key: str, kind: type, reason: str) -> Any:
    value = row.get(key)
    if not isinstance(value, kind) or isinstance(value, bool):
        allowed = {"int": "a whole number", "str": "text", "list": "a list"}[kind.__name__]
        raise AnnotationError(reason, f"{key} must be {allowed}, got {value!r:.40}")
    return value
