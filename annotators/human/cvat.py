"""CVAT for images 1.1: XML with boxes, polygons, lines, ellipses, masks and tags.

Source: CVAT's format documentation; coordinates are pixels, boxes turn about their middle,
masks are run lengths inside a box.
"""

from collections.abc import Iterator
from typing import Any

from annotators.human import shapes
from annotators.human.marked import MarkedPicture, MarkedRegion, Remark
from annotators.regions.source import SkippedAnnotation
from schemas.arrays import Mask
from schemas.errors import AnnotationError

SHAPES = frozenset(("box", "polygon", "polyline", "ellipse", "mask"))


def read(data: bytes) -> Iterator[MarkedPicture]:
    """Each picture of a document.

    Raises:
        AnnotationError: ``bad_xml``: no XML, or one with entities, which could grow without end.
    """
    from defusedxml import ElementTree
    from defusedxml.common import DefusedXmlException

    try:
        root = ElementTree.fromstring(data)
    except DefusedXmlException as error:
        raise AnnotationError("bad_xml", f"entities are not read: {type(error).__name__}") from None
    except ElementTree.ParseError as error:
        raise AnnotationError("bad_xml", str(error)) from None
    who = root.findtext(".//meta//assignee/username") or root.findtext(".//meta//owner/username")
    time = root.findtext(".//meta//updated") or ""
    for image in root.iter("image"):
        yield _picture(image, who or "", time)


def _picture(image: Any, who: str, time: str) -> MarkedPicture:
    width, height = int(float(image.get("width", 0))), int(float(image.get("height", 0)))
    picture = MarkedPicture(image.get("name", ""), width, height, who)
    for number, element in enumerate(image):
        said = [Remark("", element.get("label", "")), *_attributes(element)]
        if element.tag == "tag":
            picture.said += said
        else:
            subject = f"{picture.name}: {element.tag} {number}"
            try:
                picture.regions.append(MarkedRegion(_mask(element, height, width), said, time))
            except AnnotationError as error:
                picture.problems.append(SkippedAnnotation(subject, error.reason, error.detail))
            except (TypeError, ValueError) as error:
                picture.problems.append(SkippedAnnotation(subject, "bad_shape", str(error)))
    return picture


def _attributes(element: Any) -> list[Remark]:
    return [
        Remark(str(a.get("name", "")).lower(), (a.text or "").strip())
        for a in element.iter("attribute")
    ]


def _mask(element: Any, height: int, width: int) -> Mask:
    number = {k: float(v) for k, v in element.attrib.items() if k in _NUMBERS}
    turn = number.get("rotation", 0.0)
    if element.tag not in SHAPES:
        raise AnnotationError("unknown_shape", f"{element.tag!r} has no area")
    if element.tag == "box":
        x, y = number["xtl"], number["ytl"]
        size = number["xbr"] - x, number["ybr"] - y
        return shapes.centred_rectangle(x, y, *size, turn, height, width)
    if element.tag == "ellipse":
        centre = number["cx"], number["cy"], number["rx"], number["ry"]
        return shapes.ellipse(*centre, turn, height, width)
    if element.tag == "mask":
        runs = [int(run) for run in element.get("rle", "").split(",")]
        left, top, w, h = (int(number[name]) for name in ("left", "top", "width", "height"))
        return shapes.inside_box(runs, (left, top, w, h), height, width)
    pairs = [pair.split(",") for pair in element.get("points", "").split(";")]
    points = [(float(x), float(y)) for x, y in pairs]
    if element.tag == "polyline":
        return shapes.thick_line(points, height, width)
    return shapes.polygon(points, height, width)


_NUMBERS = frozenset(
    (
        "xtl",
        "ytl",
        "xbr",
        "ybr",
        "cx",
        "cy",
        "rx",
        "ry",
        "rotation",
        "left",
        "top",
        "width",
        "height",
    )
)
