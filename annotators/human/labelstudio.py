"""Label Studio's JSON export: tasks with annotations by people, and predictions by machines.

Cancelled annotations and predictions are left out. What belongs to one region shares its id. Of
JSON-MIN, which has no ids, tasks that hold nothing but labelled shapes are read.

Source: the task format of Label Studio; percentages are of the picture as it is displayed.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from annotators.human import shapes
from annotators.human.marked import (
    Found,
    MarkedPicture,
    MarkedRegion,
    Remark,
    Size,
    clean,
    remark,
    tried,
)
from schemas.arrays import Mask
from schemas.errors import AnnotationError

SHAPES = ("rectangle", "polygon", "ellipse", "brush")
POINTS = ("keypoint", "vector")
MINIMAL = frozenset(
    ("id", "image", "img", "annotator", "annotation_id", "created_at", "updated_at", "lead_time")
)
"""Keys of a task of JSON-MIN that are no control of the interface."""


def read(tasks: Iterable[Any], size: Size) -> Iterator[Found]:
    """Each annotation of each task.

    ``size`` gives a picture's width and height for results that do not state them.
    """
    for number, task in enumerate(tasks):
        name = task.get("id", number) if isinstance(task, dict) else number
        subject = clean(f"task {name}")
        annotations = tried(subject, partial(_annotations, task))
        if not isinstance(annotations, list):
            yield annotations
            continue
        for annotation in annotations:
            yield tried(subject, partial(_picture, subject, task, annotation, size))


def _annotations(task: Any) -> list[dict[str, Any]]:
    """What people submitted for a task."""
    if not isinstance(task, dict):
        raise AnnotationError("bad_value", f"a task must be an object, got {task!r:.40}")
    found = task.get("annotations") or task.get("completions")
    if isinstance(found, list):
        return [a for a in found if isinstance(a, dict) and not a.get("was_cancelled")]
    if found:
        raise AnnotationError("bad_value", f"annotations must be a list, got {found!r:.40}")
    if "result" in task:
        detail = "results without a task name no picture; export the project as JSON"
        raise AnnotationError("no_task", detail)
    if "annotation_id" in task or {"annotator", "lead_time"} <= set(task):
        return [_minimal(task)]
    raise AnnotationError("no_annotation", "nobody submitted an annotation of this task")


def _minimal(task: dict[str, Any]) -> dict[str, Any]:
    """A task of JSON-MIN as an annotation.

    Raises:
        AnnotationError: ``no_owner``: something stands beside the shapes, so that it is open
            whether it was said of a region, and of which.
    """
    results: list[dict[str, Any]] = []
    for key, value in task.items():
        if key in MINIMAL or value is None:
            continue
        items = value if isinstance(value, list) else [value]
        if not all(isinstance(item, dict) and set(item) & {"x", "points", "rle"} for item in items):
            detail = f"JSON-MIN does not say of which region {key!r:.40} is; export as JSON"
            raise AnnotationError("no_owner", detail)
        for item in items:
            kind = next((name for name in item if name.endswith("labels")), "")
            sides = {side: item.get(side) for side in ("original_width", "original_height")}
            results.append({**sides, "type": kind, "from_name": key, "value": item})
    who, time = task.get("annotator"), task.get("updated_at")
    return {"completed_by": who, "updated_at": time, "result": results}


def _picture(
    subject: str, task: dict[str, Any], annotation: dict[str, Any], size: Size
) -> MarkedPicture:
    results = annotation.get("result") or []
    if not isinstance(results, list):
        raise AnnotationError("bad_value", f"result must be a list, got {results!r:.40}")
    name = _name(task)
    width, height = _size(results, size, name)
    who = annotation.get("completed_by")
    who = who.get("email") or who.get("id") if isinstance(who, dict) else who
    picture = MarkedPicture(name, width, height, clean(who if who is not None else ""))
    data = task.get("data")
    picture.original = clean(data.get("original", "") if isinstance(data, dict) else "")
    time = str(annotation.get("updated_at") or annotation.get("created_at") or "")
    regions: dict[str, MarkedRegion | None] = {}
    for number, result in enumerate(results):
        _result(picture, regions, f"{subject} result {number}", result, time)
    return picture


def _size(results: list[Any], size: Size, name: str) -> tuple[int, int]:
    """Width and height as the first result states them, else the picture's own."""
    for result in results:
        if isinstance(result, dict) and result.get("original_width"):
            return shapes.whole(result["original_width"]), shapes.whole(
                result.get("original_height")
            )
    return size(name) or (0, 0)


def _result(
    picture: MarkedPicture,
    regions: dict[str, MarkedRegion | None],
    subject: str,
    result: Any,
    time: str,
) -> None:
    """Add a result: a region, or what was said of one or of the picture.

    What is said of a region that could not be read is said of nothing else.
    """
    if not isinstance(result, dict):
        return
    key, parent = str(result.get("id") or subject), str(result.get("parentID") or "")
    said = tried(subject, lambda: list(_said(result)))
    words = said if isinstance(said, list) else []
    if not isinstance(said, list):
        picture.problems.append(said)
    owner = key if key in regions else parent if parent in regions else ""
    if owner:
        found = regions[owner]
        if found is not None:
            found.said.extend(words)
        return
    shape = tried(subject, lambda: _shape(result))
    if shape == "":
        picture.said.extend(words)
        return

    def drawn() -> tuple[Mask, list[Remark]]:
        return _mask(result, picture.width, picture.height), words

    regions[key] = picture.add(f"{subject} {clean(key)}", drawn, time)


def _name(task: dict[str, Any]) -> str:
    """The picture's file name out of a path, an address or a local-files link."""
    data = task.get("data")
    data = data if isinstance(data, dict) else task
    place = data.get("image") or data.get("img") or task.get("file_upload") or ""
    if not place:
        place = next((value for value in data.values() if isinstance(value, str)), "")
    parts = urlsplit(str(place))
    local = parse_qs(parts.query).get("d", [""])[0]
    return clean(PurePosixPath(local or unquote(parts.path)))


def _shape(result: dict[str, Any]) -> str:
    """The kind of a drawn shape; empty for what is said.

    Raises:
        AnnotationError: ``unknown_shape``: one without an area.
    """
    kind, value = str(result.get("type", "")), result.get("value") or {}
    if not isinstance(value, dict):
        raise AnnotationError("bad_value", f"value must be an object, got {value!r:.40}")
    shape = next((name for name in SHAPES if kind.startswith(name)), None)
    if shape is not None:
        return shape
    if value.get("format") == "rle":
        return "brush"
    if "points" in value:
        return "polygon"
    if {"x", "y", "width", "height"} <= set(value):
        return "rectangle"
    if kind.startswith(POINTS):
        raise AnnotationError("unknown_shape", f"{kind!r:.40} has no area")
    return ""


def _mask(result: dict[str, Any], width: int, height: int) -> Mask:
    shape, value = _shape(result), result["value"]
    shapes.require_size(height, width)
    sx, sy = width / 100, height / 100
    if shape == "brush":
        return shapes.brush(value["rle"], height, width)
    if shape == "polygon":
        return shapes.polygon([(x * sx, y * sy) for x, y in value["points"]], height, width)
    turn = float(value.get("rotation") or 0)
    x, y = value["x"] * sx, value["y"] * sy
    if shape == "ellipse":
        across, down = value["radiusX"] * sx, value["radiusY"] * sy
        return shapes.ellipse(x, y, across, down, turn, height, width)
    return shapes.rectangle(x, y, value["width"] * sx, value["height"] * sy, turn, height, width)


def _said(result: dict[str, Any]) -> Iterator[Remark]:
    key, value = result.get("from_name", ""), result.get("value") or {}
    for name, content in value.items() if isinstance(value, dict) else ():
        if name.endswith("labels"):
            yield from (remark("", word) for word in content or ())
        elif name in ("choices", "text"):
            words = content if isinstance(content, list) else [content]
            yield from (remark(key, word) for word in words)
        elif name == "rating":
            yield remark("severity", content)
        elif name == "taxonomy":
            yield from (remark(key, path[-1]) for path in content or () if path)
