"""CVAT for images 1.1: XML with boxes, polygons, lines, ellipses, masks and tags.

Source: CVAT's format documentation; coordinates are pixels, boxes turn about their middle,
masks are run lengths inside a box.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from annotators.human import shapes
from annotators.human.marked import Found, MarkedPicture, Remark, clean, remark, tried
from schemas.arrays import Mask
from schemas.errors import AnnotationError

SHAPES = frozenset(("box", "polygon", "polyline", "ellipse", "mask"))


def read(data: bytes) -> Iterator[Found]:
    """Each picture of a document.

    Raises:
        AnnotationError: ``bad_xml``: no XML, or one with entities, which could grow without end;
            ``bad_document``: XML of something else.
    """
    from defusedxml import ElementTree
    from defusedxml.common import DefusedXmlException

    try:
        root = ElementTree.fromstring(data)
    except DefusedXmlException as error:
        raise AnnotationError("bad_xml", f"entities are not read: {type(error).__name__}") from None
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise AnnotationError("bad_xml", clean(error)) from None
    if root.tag != "annotations":
        detail = f"not CVAT's XML: it begins with <{clean(root.tag)[:40]}>, not <annotations>"
        raise AnnotationError("bad_document", detail)
    who = root.findtext(".//meta//assignee/username") or root.findtext(".//meta//owner/username")
    time = root.findtext(".//meta//updated") or ""
    for number, image in enumerate(root.iter("image")):
        subject = f"image {number} {image.get('name', '')}"
        yield tried(subject, partial(_picture, image, clean(who or ""), clean(time)))


def _picture(image: Any, who: str, time: str) -> MarkedPicture:
    width, height = (shapes.whole(image.get(side, 0)) for side in ("width", "height"))
    picture = MarkedPicture(clean(image.get("name", "")), width, height, who)
    for number, element in enumerate(image):
        if element.tag == "tag":
            picture.said += _said(element)
        else:
            subject = f"{picture.name}: {element.tag} {number}"
            picture.add(subject, partial(_region, element, height, width), time)
    return picture


def _region(element: Any, height: int, width: int) -> tuple[Mask, list[Remark]]:
    return _mask(element, height, width), _said(element)


def _said(element: Any) -> list[Remark]:
    return [
        remark("", element.get("label", "")),
        *(remark(a.get("name", ""), (a.text or "").strip()) for a in element.iter("attribute")),
    ]


def _mask(element: Any, height: int, width: int) -> Mask:
    if element.tag not in SHAPES:
        raise AnnotationError("unknown_shape", f"{clean(element.tag)[:40]!r} has no area")

    def number(name: str) -> float:
        if name not in element.attrib:
            raise AnnotationError("bad_shape", f"a {element.tag} without {name}")
        return float(element.attrib[name])

    turn = float(element.get("rotation", 0.0))
    if element.tag == "box":
        x, y = number("xtl"), number("ytl")
        size = number("xbr") - x, number("ybr") - y
        return shapes.centred_rectangle(x, y, *size, turn, height, width)
    if element.tag == "ellipse":
        x, y, across, down = (number(name) for name in ("cx", "cy", "rx", "ry"))
        return shapes.ellipse(x, y, across, down, turn, height, width)
    if element.tag == "mask":
        runs = [int(run) for run in element.get("rle", "").split(",")]
        left, top, w, h = (int(number(name)) for name in ("left", "top", "width", "height"))
        return shapes.inside_box(runs, (left, top, w, h), height, width)
    pairs = [pair.split(",") for pair in element.get("points", "").split(";")]
    draw = shapes.thick_line if element.tag == "polyline" else shapes.polygon
    return draw([(float(x), float(y)) for x, y in pairs], height, width)
