"""VGG Image Annotator's JSON: a picture a key, regions with shape and region attributes.

It does not state pictures' sizes; the importer gives them.
"""

import math
from collections.abc import Iterator
from functools import partial
from typing import Any

from annotators.human import shapes
from annotators.human.marked import Found, MarkedPicture, Remark, Size, clean, remark, tried
from schemas.arrays import Mask
from schemas.errors import AnnotationError

NAMES = ("labels", "label", "class", "name")


def read(document: Any, size: Size) -> Iterator[Found]:
    """Each picture of a project or an export of annotations.

    Raises:
        AnnotationError: ``bad_document``: it is not an object of pictures.
    """
    entries = document.get("_via_img_metadata", document) if isinstance(document, dict) else None
    if not isinstance(entries, dict):
        raise AnnotationError("bad_document", "not a VIA document: no object of pictures")
    for key, entry in entries.items():
        if isinstance(entry, dict) and "filename" in entry:
            yield tried(f"picture {key}", partial(_picture, entry, size))


def _picture(entry: dict[str, Any], size: Size) -> MarkedPicture:
    name = clean(entry["filename"])
    width, height = size(name) or (0, 0)
    picture = MarkedPicture(name, width, height)
    picture.said += _said(entry.get("file_attributes"))
    regions = entry.get("regions") or []
    if not isinstance(regions, dict | list):
        raise AnnotationError("bad_value", f"regions must be a list, got {regions!r:.40}")
    for number, region in enumerate(regions.values() if isinstance(regions, dict) else regions):
        picture.add(f"{name}: region {number}", partial(_region, region, height, width))
    return picture


def _region(region: Any, height: int, width: int) -> tuple[Mask, list[Remark]]:
    if not isinstance(region, dict) or not isinstance(region.get("shape_attributes"), dict):
        raise AnnotationError("bad_shape", f"no shape_attributes: {region!r:.40}")
    mask = _mask(region["shape_attributes"], height, width)
    return mask, _said(region.get("region_attributes"), label=True)


def _said(attributes: Any, label: bool = False) -> list[Remark]:
    said = []
    for key, value in attributes.items() if isinstance(attributes, dict) else ():
        name = "" if label and key.lower() in NAMES else key
        words = [k for k, on in value.items() if on] if isinstance(value, dict) else [value]
        said += [remark(name, word) for word in words if str(word).strip()]
    return said


def _mask(shape: dict[str, Any], height: int, width: int) -> Mask:
    kind = shape["name"]
    if kind == "rect":
        corner = shape["x"], shape["y"], shape["width"], shape["height"]
        return shapes.rectangle(*corner, 0, height, width)
    if kind == "circle":
        return shapes.ellipse(shape["cx"], shape["cy"], shape["r"], shape["r"], 0, height, width)
    if kind == "ellipse":
        turn = math.degrees(float(shape.get("theta") or 0))
        centre = shape["cx"], shape["cy"], shape["rx"], shape["ry"]
        return shapes.ellipse(*centre, turn, height, width)
    if kind not in ("polygon", "polyline"):
        raise AnnotationError("unknown_shape", f"{kind!r:.40} has no area")
    points = list(zip(shape["all_points_x"], shape["all_points_y"], strict=True))
    draw = shapes.polygon if kind == "polygon" else shapes.thick_line
    return draw(points, height, width)
