"""VGG Image Annotator's JSON: a picture a key, regions with shape and region attributes.

It does not state pictures' sizes; the importer gives them.
"""

import math
from collections.abc import Iterator
from typing import Any

from annotators.human import shapes
from annotators.human.marked import MarkedPicture, MarkedRegion, Remark, Size
from annotators.regions.source import SkippedAnnotation
from schemas.arrays import Mask
from schemas.errors import AnnotationError


def read(document: dict[str, Any], size: Size) -> Iterator[MarkedPicture]:
    """Each picture of a project or an export of annotations."""
    entries = document.get("_via_img_metadata", document)
    for entry in entries.values():
        if isinstance(entry, dict) and "filename" in entry:
            yield _picture(entry, size)


def _picture(entry: dict[str, Any], size: Size) -> MarkedPicture:
    name = str(entry["filename"])
    width, height = size(name) or (0, 0)
    picture = MarkedPicture(name, width, height)
    attributes = entry.get("file_attributes")
    picture.said += _said(attributes if isinstance(attributes, dict) else {})
    regions = entry.get("regions") or []
    for number, region in enumerate(regions.values() if isinstance(regions, dict) else regions):
        try:
            mask = _mask(region["shape_attributes"], height, width)
            said = _said(region.get("region_attributes") or {}, label=True)
        except AnnotationError as error:
            problem = SkippedAnnotation(f"{name}: region {number}", error.reason, error.detail)
            picture.problems.append(problem)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            detail = f"{type(error).__name__}: {error}"
            picture.problems.append(
                SkippedAnnotation(f"{name}: region {number}", "bad_shape", detail)
            )
        else:
            picture.regions.append(MarkedRegion(mask, said))
    return picture


def _said(attributes: dict[str, Any], label: bool = False) -> list[Remark]:
    said = []
    for key, value in attributes.items():
        name = "" if label and key.lower() in ("labels", "label", "class", "name") else key.lower()
        words = [k for k, on in value.items() if on] if isinstance(value, dict) else [value]
        said += [Remark(name, str(word)) for word in words if str(word).strip()]
    return said


def _mask(shape: dict[str, Any], height: int, width: int) -> Mask:
    if not (height and width):
        raise AnnotationError("no_size", "VIA states no size and the picture is not at hand")
    kind = shape["name"]
    if kind == "rect":
        return shapes.rectangle(shape["x"], shape["y"], shape["width"], shape["height"], 0, height,
                                width)  # fmt: skip
    if kind == "circle":
        return shapes.ellipse(shape["cx"], shape["cy"], shape["r"], shape["r"], 0, height, width)
    if kind == "ellipse":
        turn = math.degrees(float(shape.get("theta") or 0))
        centre = shape["cx"], shape["cy"], shape["rx"], shape["ry"]
        return shapes.ellipse(*centre, turn, height, width)
    if kind not in ("polygon", "polyline"):
        raise AnnotationError("unknown_shape", f"{kind!r} has no area")
    xs, ys = shape["all_points_x"], shape["all_points_y"]
    points = list(zip(xs, ys, strict=True))
    draw = shapes.polygon if kind == "polygon" else shapes.thick_line
    return draw(points, height, width)
