"""COCO by people: instances (polygons or run lengths) and panoptic label maps.

What was said stands in ``attributes``, as CVAT writes them.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import pairwise
from typing import Any

from annotators.human import shapes
from annotators.human.marked import Found, MarkedPicture, Remark, remark, tried
from annotators.regions.coco.document import Annotation, PictureEntry, Segment, read_document
from annotators.regions.coco.masks import map_ids, shape_mask
from annotators.regions.source import SkippedAnnotation
from schemas.arrays import Mask
from schemas.errors import AnnotationError, ConfigError

ReadMap = Callable[[str], bytes]
"""The bytes of a panoptic label map by its name in the document; raises ``PictureError``."""

LONGEST_OUTLINE = 20_000_000
"""Pixels along all outlines of a shape; COCO's rasteriser holds five steps for each."""


def read(document: Any, read_map: ReadMap | None = None) -> Iterator[Found]:
    """Each picture of a document, also those without annotations.

    Raises:
        AnnotationError: ``bad_document``: it is no COCO document.
    """
    if not isinstance(document, dict):
        raise AnnotationError("bad_document", "not a COCO document: not an object")
    problems: list[SkippedAnnotation] = []
    rows = {
        table: list(_objects(document.get(table), table, problems))
        for table in ("images", "annotations", "categories")
    }
    plain = list(_with_shapes(rows["annotations"], problems))
    try:
        parsed = read_document({**rows, "annotations": plain})
    except ConfigError as error:
        raise AnnotationError("bad_document", str(error)) from None
    yield from problems
    yield from parsed.problems
    attributes = {str(a.get("id")): a.get("attributes") for a in rows["annotations"]}
    for entry in (entry for entries in parsed.by_name.values() for entry in entries):
        yield tried("/".join(entry.parts[::-1]), partial(_picture, entry, attributes, read_map))


def _objects(rows: Any, table: str, problems: list[SkippedAnnotation]) -> Iterator[dict[str, Any]]:
    if not isinstance(rows, list):
        raise AnnotationError("bad_document", f"not a COCO document: no list of {table}")
    for index, row in enumerate(rows):
        if isinstance(row, dict):
            yield row
        else:
            detail = f"not an object: {row!r:.40}"
            problems.append(SkippedAnnotation(f"{table}[{index}]", "bad_value", detail))


def _with_shapes(
    annotations: list[dict[str, Any]], problems: list[SkippedAnnotation]
) -> Iterator[dict[str, Any]]:
    """Annotations whose only shape is their box get it as a polygon.

    Crowds are regions like others: CVAT writes ``iscrowd`` on every mask that was painted and not
    outlined, and a flaw on a crowd of people is a flaw.
    """
    for index, annotation in enumerate(annotations):
        found = tried(
            f"annotation {annotation.get('id', f'number {index}')}", partial(_outlined, annotation)
        )
        if isinstance(found, SkippedAnnotation):
            problems.append(found)
        else:
            yield found


def _outlined(annotation: dict[str, Any]) -> dict[str, Any]:
    box = annotation.get("bbox")
    if box and not annotation.get("segmentation") and "segments_info" not in annotation:
        x, y, w, h = (float(value) for value in box)
        corners = [x, y, x + w, y, x + w, y + h, x, y + h]
        annotation = {**annotation, "segmentation": [corners]}
    return {**annotation, "iscrowd": 0}


def _picture(
    entry: PictureEntry, attributes: Mapping[str, Any], read_map: ReadMap | None
) -> MarkedPicture:
    shapes.require_size(entry.height, entry.width)
    picture = MarkedPicture("/".join(entry.parts[::-1]), entry.width, entry.height)
    for annotation in entry.annotations:
        if annotation.label_map:
            _panoptic(picture, annotation, read_map)
        else:
            own = attributes.get(annotation.subject.rsplit(" ", 1)[-1])
            picture.add(annotation.subject, partial(_region, annotation, own, picture))
    return picture


def _region(
    annotation: Annotation, attributes: Any, picture: MarkedPicture
) -> tuple[Mask, list[Remark]]:
    if isinstance(annotation.shape, list) and _outline(annotation.shape) > LONGEST_OUTLINE:
        raise AnnotationError("too_many_points", f"outlines of over {LONGEST_OUTLINE} pixels")
    mask = shape_mask(annotation.shape, picture.height, picture.width)
    said = [remark("", annotation.label)]
    for key, value in attributes.items() if isinstance(attributes, dict) else ():
        words = value if isinstance(value, list) else [value]
        said += [remark(key, word) for word in words if word is not None and word is not False]
    return mask, said


def _outline(polygons: list[Any]) -> float:
    """Length of all outlines, pixels, at most."""
    total = 0.0
    for points in polygons:
        for axis in (0, 1):
            values = [float(value) for value in points[axis::2]]
            total += sum(abs(b - a) for a, b in pairwise(values))
            total += abs(values[-1] - values[0]) if values else 0
    return total


def _panoptic(picture: MarkedPicture, annotation: Annotation, read_map: ReadMap | None) -> None:
    """Add each segment of a label map; one without a pixel is a problem."""
    if read_map is None:
        detail = "panoptic annotations need their label maps beside them"
        picture.problems.append(SkippedAnnotation(annotation.subject, "no_label_map", detail))
        return

    ids = tried(
        annotation.subject,
        lambda: map_ids(read_map(annotation.label_map), picture.height, picture.width),
    )
    if isinstance(ids, SkippedAnnotation):
        picture.problems.append(ids)
        return

    def segment(one: Segment) -> tuple[Mask, list[Remark]]:
        mask: Mask = ids == one.number
        if not mask.any():
            raise AnnotationError("empty_segment", "no pixel of the label map carries this id")
        return mask, [remark("", one.label)]

    for one in annotation.segments:
        picture.add(f"{annotation.subject}/{one.number}", partial(segment, one))
