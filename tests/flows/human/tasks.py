"""Tasks as Label Studio exports them, about photographs of 400x300, and their import."""

from pathlib import Path

from flows.commands.people import import_

WIDTH, HEIGHT = 400, 300


def box(x, y, w, h):
    return {"x": x, "y": y, "width": w, "height": h, "rotation": 0}


def result(kind, name, value, key="r"):
    return {
        "id": key,
        "type": kind,
        "from_name": name,
        "to_name": "image",
        "value": value,
        "original_width": WIDTH,
        "original_height": HEIGHT,
        "image_rotation": 0,
    }


def region(key, shape, label, flaws=(), severity="", kind="rectanglelabels"):
    made = [result(kind, "label", {**shape, kind: [label]}, key)]
    if flaws:
        made.append(result("choices", "distortion", {**shape, "choices": list(flaws)}, key))
    if severity:
        made.append(result("choices", "severity", {**shape, "choices": [severity]}, key))
    return made


def task(name, results, who=1, **more):
    annotation = {"id": 1, "completed_by": who, "result": results, **more}
    return {
        "id": 1,
        "data": {"image": f"/data/upload/1/abcdef12-{name}"},
        "annotations": [annotation],
    }


def whole(scope, *flaws):
    """A person's word on the picture as a whole."""
    return [
        result("choices", "scope", {"choices": [scope]}, "s"),
        result("choices", "whole_distortion", {"choices": list(flaws)}, "d"),
    ]


def run(files, images, out, kind="auto", scores=None):
    """``import`` in this process."""
    files = [files] if isinstance(files, Path) else files
    return import_.run(images, out, files, format=kind, scores=scores)
