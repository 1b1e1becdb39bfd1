"""Small sound documents of every format that ``import`` reads, and ways to spoil them."""

import base64
import copy

import cv2
import numpy as np

from schemas.masks import encode

WIDTH, HEIGHT = 40, 30

ODD = (
    None,
    True,
    -1,
    0,
    2**70,
    10**400,
    1e308,
    float("inf"),
    float("nan"),
    "",
    "word",
    "nan",
    "1e999",
    "\ud800",
    "a\nb\x1b[31m",
    "[/foo]",
    "http://[::1",
    "../../etc/passwd",
    "9" * 5000,
    [],
    {},
    [None],
    [[]],
    [[1, 2, 3]],
    [{}],
    {"a": {}},
    [1e308] * 7,
    [[0, 0]] * 4,
)
"""Values that no reader expects anywhere."""


def png(height=4, width=5):
    """A mask as LabelMe stores it."""
    small = np.full((height, width), 255, np.uint8)
    return base64.b64encode(cv2.imencode(".png", small)[1].tobytes()).decode()


def labelstudio():
    """A task with every shape, and words on a region and on the picture."""
    size = {"original_width": WIDTH, "original_height": HEIGHT, "to_name": "image"}
    box = {"x": 10, "y": 10, "width": 30, "height": 30, "rotation": 5}
    values = [
        ("rectanglelabels", {**box, "rectanglelabels": ["cup"]}),
        ("polygonlabels", {"points": [[5, 5], [60, 5], [60, 60]], "polygonlabels": ["wall"]}),
        ("ellipselabels", {"x": 50, "y": 50, "radiusX": 20, "radiusY": 9, "ellipselabels": ["x"]}),
        ("brushlabels", {"format": "rle", "rle": [0, 0, 18, 192], "brushlabels": ["y"]}),
        ("taxonomy", {"taxonomy": [["flaw", "blur"]]}),
        ("rating", {"rating": 3}),
    ]
    results = [
        {**size, "id": f"r{n}", "type": kind, "from_name": "label", "value": value}
        for n, (kind, value) in enumerate(values)
    ]
    said = {"type": "choices", "from_name": "distortion", "value": {"choices": ["blur"]}}
    results.append({**size, "id": "r0", **said})
    annotation = {"id": 1, "completed_by": {"id": 2}, "result": results, "updated_at": "now"}
    return [{"id": 1, "data": {"image": "/data/upload/p0.png"}, "annotations": [annotation]}]


def labelme():
    """A picture with every kind of shape."""
    shapes = [
        {
            "label": "cup",
            "points": [[6, 5], [1, 2]],
            "shape_type": "rectangle",
            "flags": {"blur": True},
        },
        {"label": "plate", "points": [[20, 15], [23, 15]], "shape_type": "circle"},
        {"label": "crumb", "points": [[7, 8]], "shape_type": "mask", "mask": png()},
        {"label": "leg", "points": [[0, 0], [9, 0], [9, 9]], "group_id": 1},
        {"label": "leg", "points": [[10, 10], [19, 10], [19, 19]], "group_id": 1},
        {"label": "scratch", "points": [[1, 1], [30, 20]], "shape_type": "linestrip"},
    ]
    return {
        "shapes": shapes,
        "imagePath": "p0.png",
        "imageWidth": WIDTH,
        "imageHeight": HEIGHT,
        "flags": {"noise": True},
    }


def coco():
    """A picture with polygons, run lengths of both kinds and a bare box."""
    shapes = [
        [[0, 0, 9, 0, 9, 9]],
        {"size": [HEIGHT, WIDTH], "counts": [WIDTH * HEIGHT - 3, 3]},
        {"size": [HEIGHT, WIDTH], "counts": encode(np.eye(HEIGHT, WIDTH, dtype=np.bool_))},
        [],
    ]
    rows = [
        {
            "id": n,
            "image_id": 1,
            "category_id": 1,
            "segmentation": shape,
            "bbox": [5, 5, 9, 9],
            "iscrowd": 0,
            "attributes": {"distortion": ["blur"], "severity": 3},
        }
        for n, shape in enumerate(shapes)
    ]
    image = {"id": 1, "file_name": "p0.png", "width": WIDTH, "height": HEIGHT}
    return {
        "images": [image],
        "categories": [{"id": 1, "name": "people", "isthing": 1}],
        "annotations": rows,
    }


def panoptic():
    """A picture with a label map of two segments."""
    row = {
        "image_id": 1,
        "file_name": "p0.png",
        "segments_info": [{"id": 1, "category_id": 1, "iscrowd": 0}, {"id": 300, "category_id": 1}],
    }
    return {**coco(), "annotations": [row]}


def label_map(path):
    """Write the label map that ``panoptic`` names: ids 1 and 300."""
    ids = np.ones((HEIGHT, WIDTH), np.int32)
    ids[10:, 20:] = 300
    channels = [ids // 65536, ids // 256 % 256, ids % 256]
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.stack(channels, axis=2).astype(np.uint8))


def via():
    """A picture with every kind of shape."""
    shapes = [
        {"name": "rect", "x": 1, "y": 2, "width": 9, "height": 9},
        {"name": "circle", "cx": 20, "cy": 15, "r": 5},
        {"name": "ellipse", "cx": 20, "cy": 15, "rx": 5, "ry": 9, "theta": 0.3},
        {"name": "polygon", "all_points_x": [1, 9, 9], "all_points_y": [1, 1, 9]},
        {"name": "polyline", "all_points_x": [1, 30], "all_points_y": [1, 20]},
    ]
    said = {"label": "cup", "flaw": {"blur": True}}
    regions = [{"shape_attributes": shape, "region_attributes": said} for shape in shapes]
    return {"p0.png1": {"filename": "p0.png", "regions": regions, "file_attributes": {"note": "x"}}}


CVAT = f"""<annotations><meta><owner><username>ann</username></owner></meta>
<image id="0" name="p0.png" width="{WIDTH}" height="{HEIGHT}">
<box label="cup" xtl="10" ytl="2" xbr="30" ybr="20" rotation="9"><attribute name="distortion">blur
</attribute><attribute name="severity">3</attribute></box>
<polygon label="wall" points="1,1;15,1;15,15"/>
<polyline label="line" points="1,1;15,1;15,15"/>
<ellipse label="plate" cx="20" cy="15" rx="9" ry="5"/>
<mask label="spoon" rle="1, 2, 3" left="5" top="6" width="3" height="2"/>
<tag label="picture"><attribute name="scope">regional</attribute></tag></image></annotations>"""

DOCUMENTS = {
    "labelstudio": labelstudio,
    "labelme": labelme,
    "coco": coco,
    "panoptic": panoptic,
    "via": via,
}


def places(document):
    """Every place of a document, as keys from the outside in; the document itself is first."""
    found = [()]
    inner = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in inner if isinstance(document, dict | list) else ():
        found += [
            (key, *rest) for rest in (places(value) if isinstance(value, dict | list) else [()])
        ]
    return found


def spoilt(document, place, value):
    """The document with another value at a place, or without it where the value is ``KeyError``."""
    if not place:
        return value
    made = copy.deepcopy(document)
    owner = made
    for key in place[:-1]:
        owner = owner[key]
    if value is KeyError:
        del owner[place[-1]]
    else:
        owner[place[-1]] = value
    return made
