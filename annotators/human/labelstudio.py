"""Label Studio's JSON export: tasks with annotations by people, and predictions by machines.

Cancelled annotations and predictions are left out. What belongs to one region shares its id.

Source: the task format of Label Studio; percentages are of the picture as it is displayed.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from annotators.human import shapes
from annotators.human.marked import MarkedPicture, MarkedRegion, Remark, Size
from annotators.regions.source import SkippedAnnotation
from schemas.arrays import Mask
from schemas.errors import AnnotationError

SHAPES = ("rectangle", "polygon", "ellipse", "brush")
POINTS = ("keypoint", "vector")


def read(document: Any, size: Size) -> Iterator[MarkedPicture]:
    """Each annotation of each task; a single task is taken, too.

    ``size`` gives a picture's width and height for results that do not state them.
    """
    tasks = document if isinstance(document, list) else [document]
    for task in tasks:
        if not isinstance(task, dict):
            continue
        for annotation in task.get("annotations") or task.get("completions") or []:
            if isinstance(annotation, dict) and not annotation.get("was_cancelled"):
                yield _annotation(task, annotation, size)


def _annotation(task: dict[str, Any], annotation: dict[str, Any], size: Size) -> MarkedPicture:
    results = [r for r in annotation.get("result") or [] if isinstance(r, dict)]
    width = next((int(r["original_width"]) for r in results if r.get("original_width")), 0)
    height = next((int(r["original_height"]) for r in results if r.get("original_height")), 0)
    if not (width and height):
        width, height = size(_name(task)) or (0, 0)
    who = annotation.get("completed_by")
    who = who.get("email") or who.get("id") if isinstance(who, dict) else who
    picture = MarkedPicture(_name(task), width, height, str(who if who is not None else ""))
    time = str(annotation.get("updated_at") or annotation.get("created_at") or "")
    regions: dict[str, MarkedRegion] = {}
    lost: set[str] = set()
    for number, result in enumerate(results):
        key = str(result.get("id") or f"#{number}")
        parent = str(result.get("parentID") or "")
        if lost & {key, parent}:
            continue  # what is said of a region that could not be read is said of nothing else
        mask = None if key in regions else _tried(result, f"task {task.get('id', '?')}", picture)
        if isinstance(mask, SkippedAnnotation):
            picture.problems.append(mask)
            lost.add(key)
            continue
        if mask is not None:
            regions[key] = MarkedRegion(mask, time=time)
            picture.regions.append(regions[key])
        owner = regions.get(key) or regions.get(parent)
        (owner.said if owner else picture.said).extend(_said(result))
    return picture


def _tried(
    result: dict[str, Any], task: str, picture: MarkedPicture
) -> Mask | SkippedAnnotation | None:
    subject = f"{task} result {result.get('id', '?')}"
    try:
        return _mask(result, picture.width, picture.height)
    except AnnotationError as error:
        return SkippedAnnotation(subject, error.reason, error.detail)
    except (KeyError, TypeError, ValueError) as error:
        return SkippedAnnotation(subject, "bad_result", f"{type(error).__name__}: {error}")


def _name(task: dict[str, Any]) -> str:
    """The picture's file name out of a path, an address or a local-files link."""
    data = task.get("data") or {}
    place = str(data.get("image") or data.get("img") or task.get("file_upload") or "")
    if not place:
        place = next((str(v) for v in data.values() if isinstance(v, str)), "")
    parts = urlsplit(place)
    local = parse_qs(parts.query).get("d", [""])[0]
    return str(PurePosixPath(unquote(local or parts.path)))


def _mask(result: dict[str, Any], width: int, height: int) -> Mask | None:
    kind, value = str(result.get("type", "")), result.get("value") or {}
    shape = next((name for name in SHAPES if kind.startswith(name)), None)
    if shape is None and value.get("format") == "rle":
        shape = "brush"
    if shape is None and "points" in value:
        shape = "polygon"
    if shape is None and {"x", "y", "width", "height"} <= set(value):
        shape = "rectangle"
    if shape is None and kind.startswith(POINTS):
        raise AnnotationError("unknown_shape", f"{kind!r} has no area")
    if shape is None:
        return None
    if not (width and height):
        raise AnnotationError("no_size", "the result does not say the picture's size")
    sx, sy = width / 100, height / 100
    if shape == "brush":
        return shapes.brush(value["rle"], height, width)
    if shape == "polygon":
        return shapes.polygon([(x * sx, y * sy) for x, y in value["points"]], height, width)
    turn = float(value.get("rotation") or 0)
    if shape == "ellipse":
        return shapes.ellipse(value["x"] * sx, value["y"] * sy, value["radiusX"] * sx,
                              value["radiusY"] * sy, turn, height, width)  # fmt: skip
    return shapes.rectangle(value["x"] * sx, value["y"] * sy, value["width"] * sx,
                            value["height"] * sy, turn, height, width)  # fmt: skip


def _said(result: dict[str, Any]) -> Iterator[Remark]:
    key, value = str(result.get("from_name", "")).lower(), result.get("value") or {}
    for name, content in value.items():
        if name.endswith("labels") or name == "labels":
            yield from (Remark("", str(word)) for word in content or ())
        elif name in ("choices", "text"):
            words = content if isinstance(content, list) else [content]
            yield from (Remark(key, str(word)) for word in words)
        elif name == "rating":
            yield Remark("severity", str(content))
        elif name == "taxonomy":
            yield from (Remark(key, str(path[-1])) for path in content or () if path)
