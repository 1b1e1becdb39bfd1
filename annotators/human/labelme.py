"""LabelMe's JSON: one file per picture, shapes that may be parts of one region (``group_id``).

Source: LabelMe's own writer. ``imagePath`` is often wrong after files were moved; the importer
looks for the picture by name, and by the name of the JSON file.
"""

import math
from collections.abc import Iterator
from typing import Any

from annotators.human import shapes
from annotators.human.marked import MarkedPicture, MarkedRegion, Remark
from annotators.regions.source import SkippedAnnotation
from schemas.arrays import Mask
from schemas.errors import AnnotationError

VOID = ("__ignore__", "_background_")
"""Labels that LabelMe's own exporters leave out."""


def read(document: dict[str, Any], name: str) -> Iterator[MarkedPicture]:
    """The picture of a document; ``name`` is that of the file, for when it names none."""
    width, height = int(document.get("imageWidth") or 0), int(document.get("imageHeight") or 0)
    path = str(document.get("imagePath") or name).replace("\\", "/")
    picture = MarkedPicture(path, width, height)
    flags = document.get("flags")
    picture.said += _flags(flags if isinstance(flags, dict) else {})
    groups: dict[tuple[object, str], MarkedRegion] = {}
    for number, shape in enumerate(document.get("shapes") or []):
        subject = f"{path}: shape {number}"
        try:
            mask = _mask(shape, height, width)
        except AnnotationError as error:
            picture.problems.append(SkippedAnnotation(subject, error.reason, error.detail))
            continue
        except (KeyError, TypeError, ValueError, IndexError) as error:
            picture.problems.append(
                SkippedAnnotation(subject, "bad_shape", f"{type(error).__name__}: {error}")
            )
            continue
        said = [Remark("", str(shape.get("label", "")))]
        flags = shape.get("flags")
        said += _flags(flags if isinstance(flags, dict) else {})
        if shape.get("description"):
            said.append(Remark("text", str(shape["description"])))
        group = shape.get("group_id")
        key = (group if group is not None else f"#{number}", str(shape.get("label", "")))
        if key in groups:
            groups[key].mask |= mask
        else:
            groups[key] = MarkedRegion(mask, said)
            picture.regions.append(groups[key])
    yield picture


def _flags(flags: dict[str, Any]) -> list[Remark]:
    return [Remark("distortion", str(name)) for name, there in flags.items() if there is True]


def _mask(shape: dict[str, Any], height: int, width: int) -> Mask:
    points, kind = shape["points"], shape.get("shape_type") or "polygon"
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
        raise AnnotationError("unknown_shape", f"shape_type {kind!r} has no area")
    return shapes.polygon(points, height, width)
