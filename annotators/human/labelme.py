"""LabelMe's JSON: one file per picture, shapes that may be parts of one region (``group_id``).

Source: LabelMe's own writer. ``imagePath`` is often wrong after files were moved; the importer
looks for the picture by name, and by the name of the JSON file.
"""

import math
from collections.abc import Iterator
from typing import Any

from annotators.human import shapes
from annotators.human.marked import Found, MarkedPicture, MarkedRegion, Remark, clean, remark, tried
from schemas.arrays import Mask
from schemas.errors import AnnotationError
from schemas.masks import encode

VOID = ("__ignore__", "_background_")
"""Labels that LabelMe's own exporters leave out."""


def read(document: Any, name: str) -> Iterator[Found]:
    """The picture of a document; ``name`` is that of the file, for when it names none.

    Raises:
        AnnotationError: ``bad_document``: it is not an object with shapes.
    """
    if not isinstance(document, dict) or not isinstance(document.get("shapes"), list):
        raise AnnotationError("bad_document", "not a LabelMe document: no list of shapes")
    yield tried(name, lambda: _picture(document, name))


def _picture(document: dict[str, Any], name: str) -> MarkedPicture:
    width = shapes.whole(document.get("imageWidth") or 0)
    height = shapes.whole(document.get("imageHeight") or 0)
    path = clean(document.get("imagePath") or name).replace("\\", "/")
    picture = MarkedPicture(path, width, height)
    picture.said += _flags(document.get("flags"))
    groups: dict[tuple[str, str], MarkedRegion] = {}
    for number, shape in enumerate(document["shapes"]):
        _shape(picture, groups, number, shape)
    return picture


def _shape(
    picture: MarkedPicture, groups: dict[tuple[str, str], MarkedRegion], number: int, shape: Any
) -> None:
    """Add a shape, as a region or as another part of one."""
    subject = f"{picture.name}: shape {number}"
    region = picture.add(
        subject, lambda: (_mask(shape, picture.height, picture.width), _said(shape))
    )
    if region is None or shape.get("group_id") is None:
        return
    key = str(shape["group_id"]), str(shape.get("label", ""))
    first = groups.setdefault(key, region)
    if first is not region:
        first.runs = encode(first.mask | region.mask)
        picture.regions.pop()


def _said(shape: dict[str, Any]) -> list[Remark]:
    said = [remark("", shape.get("label", "")), *_flags(shape.get("flags"))]
    if shape.get("description"):
        said.append(remark("text", shape["description"]))
    return said


def _flags(flags: Any) -> list[Remark]:
    if not isinstance(flags, dict):
        return []
    return [remark("distortion", name) for name, there in flags.items() if there is True]


def _mask(shape: Any, height: int, width: int) -> Mask:
    if not isinstance(shape, dict):
        raise AnnotationError("bad_shape", f"not an object: {shape!r:.40}")
    points: Any = shape.get("points")
    kind = shape.get("shape_type") or "polygon"
    if shape.get("label") in VOID:
        raise AnnotationError("void", f"{shape['label']!r} stands for nothing")
    if kind == "mask":
        (x, y), *_ = points
        return shapes.png_mask(shape["mask"], x, y, height, width)
    if kind == "rectangle":
        (x0, y0), (x1, y1) = points
        left, top = min(x0, x1), min(y0, y1)
        return shapes.rectangle(left, top, abs(x1 - x0), abs(y1 - y0), 0, height, width)
    if kind == "circle":
        (x, y), (ex, ey) = points
        radius = math.hypot(ex - x, ey - y)
        return shapes.ellipse(x, y, radius, radius, 0, height, width)
    if kind in ("line", "linestrip"):
        return shapes.thick_line(points, height, width)
    if kind != "polygon":
        raise AnnotationError("unknown_shape", f"shape_type {kind!r:.40} has no area")
    return shapes.polygon(points, height, width)
