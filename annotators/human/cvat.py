"""CVAT for images 1.1: XML with boxes, polygons, lines, ellipses, masks and tags.

Source: CVAT's format documentation; coordinates are pixels, boxes turn about their middle,
masks are run lengths inside a box.
"""

from collections.abc import Iterator
from functools import partial
from typing import IO, Any

from annotators.human import shapes
from annotators.human.marked import Found, MarkedPicture, Remark, clean, remark, tried
from schemas.arrays import Mask
from schemas.errors import AnnotationError

SHAPES = frozenset(("box", "polygon", "polyline", "ellipse", "mask"))


def read(file: IO[bytes]) -> Iterator[Found]:
    """Each picture of a document; what was read of it is forgotten before the next one.

    Raises:
        AnnotationError: ``bad_xml``: no XML, or one with entities, which could grow without end;
            ``bad_document``: XML of something else.
    """
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError

    try:
        yield from _pictures(file)
    except AnnotationError:
        raise
    except DefusedXmlException as error:
        raise AnnotationError("bad_xml", f"entities are not read: {type(error).__name__}") from None
    except (ParseError, LookupError, ValueError) as error:
        raise AnnotationError("bad_xml", clean(error)) from None


def _pictures(file: IO[bytes]) -> Iterator[Found]:
    """Pictures as the parser comes to their ends; who and when stand before them."""
    from defusedxml import ElementTree

    root, who, time, number = None, "", "", 0
    for event, element in ElementTree.iterparse(file, events=("start", "end")):
        if root is None:
            root = element
            _check(root)
        elif event == "end" and element.tag == "meta":
            named = (element.findtext(f".//{role}/username") for role in ("assignee", "owner"))
            who = next((name for name in named if name), "")
            time = element.findtext(".//updated") or ""
        elif event == "end" and element.tag == "image":
            subject = f"image {number} {element.get('name', '')}"
            yield tried(subject, partial(_picture, element, clean(who), clean(time)))
            number += 1
            element.clear()
            root.clear()


def _check(root: Any) -> None:
    if root.tag != "annotations":
        detail = f"not CVAT's XML: it begins with <{clean(root.tag)[:40]}>, not <annotations>"
        raise AnnotationError("bad_document", detail)


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
