"""COCO instances by people: polygons or run lengths, ``attributes`` for what was said."""

from collections.abc import Iterator, Mapping
from typing import Any

from annotators.human.marked import MarkedPicture, MarkedRegion, Remark
from annotators.regions.coco.document import read_document
from annotators.regions.coco.masks import shape_mask
from annotators.regions.source import SkippedAnnotation
from schemas.errors import AnnotationError


def read(document: Mapping[str, Any]) -> Iterator[MarkedPicture]:
    """Each picture of a document, also those without annotations.

    Raises:
        ConfigError: It is no COCO document.
    """
    parsed = read_document({**document, "annotations": _with_shapes(document)})
    attributes = {
        str(a.get("id")): a.get("attributes") or {}
        for a in document.get("annotations", [])
        if isinstance(a, dict)
    }
    names = {
        (str(i.get("file_name", "")).replace("\\", "/").rsplit("/", 1)[-1]): str(i["file_name"])
        for i in document.get("images", [])
        if isinstance(i, dict) and i.get("file_name")
    }
    skipped = list(parsed.problems)
    for base, entries in parsed.by_name.items():
        for entry in entries:
            picture = MarkedPicture(names.get(base, base), entry.width, entry.height)
            picture.problems, skipped = skipped, []
            for annotation in entry.annotations:
                _add(picture, annotation, attributes)
            yield picture


def _with_shapes(document: Mapping[str, Any]) -> list[Any]:
    """Annotations whose only shape is their box get it as a polygon.

    Crowds are regions like others: CVAT writes ``iscrowd`` on every mask that was painted and not
    outlined, and a flaw on a crowd of people is a flaw.
    """
    found = []
    for annotation in document.get("annotations") or []:
        box = annotation.get("bbox") if isinstance(annotation, dict) else None
        if box and len(box) == 4 and not annotation.get("segmentation"):
            x, y, w, h = box
            corners = [x, y, x + w, y, x + w, y + h, x, y + h]
            annotation = {**annotation, "segmentation": [corners]}
        if isinstance(annotation, dict):
            annotation = {**annotation, "iscrowd": 0}
        found.append(annotation)
    return found


def _add(picture: MarkedPicture, annotation: Any, attributes: Mapping[str, Any]) -> None:
    try:
        mask = shape_mask(annotation.shape, picture.height, picture.width)
    except AnnotationError as error:
        picture.problems.append(SkippedAnnotation(annotation.subject, error.reason, error.detail))
        return
    own = attributes.get(annotation.subject.rsplit(" ", 1)[-1], {})
    said = [Remark("", annotation.label)]
    for key, value in own.items() if isinstance(own, dict) else ():
        words = value if isinstance(value, list) else [value]
        said += [Remark(str(key).lower(), str(word)) for word in words if word not in (None, False)]
    picture.regions.append(MarkedRegion(mask, said))
