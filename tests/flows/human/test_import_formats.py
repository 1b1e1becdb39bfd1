"""Files of annotations in each format that is read: nothing in them is lost."""

import base64
import json

import cv2
import numpy as np
import pytest

from annotators.human.marked import MarkedPicture
from flows.human.files import read_file
from flows.human.photographs import Photographs
from schemas.masks import bounding_box
from tests.flows.human.tasks import HEIGHT, WIDTH


def only(file, images, kind="auto", table=None):
    (picture,) = read_file(file, kind, Photographs(images), table)
    return picture


def test_cvat(images, tmp_path):
    """Boxes turn about their middle; polygons, ellipses, masks, attributes; points are rejects."""
    file = tmp_path / "a.xml"
    file.write_text(f"""<annotations><meta><owner><username>ann</username></owner></meta>
<image id="0" name="p0.png" width="{WIDTH}" height="{HEIGHT}">
<box label="cup" xtl="10" ytl="20" xbr="60" ybr="50">
<attribute name="distortion">blur;noise</attribute>
<attribute name="severity">3</attribute></box>
<polygon label="wall" points="100,100;150,100;150,150;100,150"/>
<ellipse label="plate" cx="200" cy="150" rx="30" ry="20"/>
<mask label="spoon" rle="1, 2, 3" left="5" top="6" width="3" height="2"/>
<mask label="bad" rle="1, 2" left="5" top="6" width="3" height="2"/>
<box label="fork" xtl="100" ytl="200" xbr="140" ybr="220" rotation="90"/>
<points label="blur" points="1,1;2,2"/>
<tag label="uniform"/></image></annotations>""")
    picture = only(file, images)
    assert picture.annotator == "ann"
    areas = [int(found.mask.sum()) for found in picture.regions]
    assert areas[0] == pytest.approx(50 * 30, rel=0.05)
    assert areas[1] == pytest.approx(50 * 50, rel=0.05)
    assert areas[2] == pytest.approx(np.pi * 30 * 20, rel=0.05)
    spoon = picture.regions[3].mask
    assert np.argwhere(spoon).tolist() == [[6, 6], [6, 7]]
    fork = bounding_box(picture.regions[4].mask)
    assert (fork.x0, fork.y0, fork.width, fork.height) == (110, 190, 20, 40)
    assert [problem.reason for problem in picture.problems] == ["bad_rle", "unknown_shape"]
    assert [word for _, word in picture.said] == ["uniform"]


def test_labelme(images, tmp_path):
    """Rectangles with corners in any order, circles, masks, groups, and a wrong path."""
    small = np.zeros((4, 5), np.uint8)
    small[1:3, 1:4] = 255
    png = base64.b64encode(cv2.imencode(".png", small)[1].tobytes()).decode()
    shapes = [
        {
            "label": "cup",
            "points": [[60, 50], [10, 20]],
            "shape_type": "rectangle",
            "flags": {"blur": True, "noise": False},
        },
        {"label": "plate", "points": [[200, 150], [230, 150]], "shape_type": "circle"},
        {"label": "crumb", "points": [[7, 8]], "shape_type": "mask", "mask": png},
        {"label": "leg", "points": [[0, 0], [9, 0], [9, 9]], "group_id": 1},
        {"label": "leg", "points": [[20, 20], [29, 20], [29, 29]], "group_id": 1},
        {"label": "dot", "points": [[1, 1]], "shape_type": "point"},
        {"label": "__ignore__", "points": [[0, 0], [9, 0], [9, 9]]},
    ]
    file = tmp_path / "p0.json"
    file.write_text(
        json.dumps(
            {
                "shapes": shapes,
                "imagePath": "C:\\old\\p0.png",
                "imageWidth": WIDTH,
                "imageHeight": HEIGHT,
            }
        )
    )
    picture = only(file, images)
    assert len(picture.regions) == 4
    assert picture.regions[0].mask.sum() == pytest.approx(50 * 30, rel=0.05)
    assert [s.word for s in picture.regions[0].said] == ["cup", "blur"]
    assert np.argwhere(picture.regions[2].mask)[0].tolist() == [9, 8]
    assert [problem.reason for problem in picture.problems] == ["unknown_shape", "void"]
    assert Photographs(images).find(picture.name).name == "p0.png"


@pytest.mark.parametrize("crowd", [0, 1])
def test_coco_crowds_are_regions(images, tmp_path, crowd):
    """Run lengths, polygons and bare boxes are regions, whether a crowd or not; none is lost."""
    inner = [WIDTH * HEIGHT - 3, 3]
    shapes = [{"size": [HEIGHT, WIDTH], "counts": inner}, [[0, 0, 9, 0, 9, 9]], []]
    rows = [
        {
            "id": number,
            "image_id": 1,
            "category_id": 1,
            "segmentation": shape,
            "bbox": [5, 5, 10, 20],
            "iscrowd": crowd,
            "attributes": {"distortion": "blur"},
        }
        for number, shape in enumerate(shapes)
    ]
    file = tmp_path / "a.json"
    file.write_text(
        json.dumps(
            {
                "images": [{"id": 1, "file_name": "p0.png", "width": WIDTH, "height": HEIGHT}],
                "categories": [{"id": 1, "name": "people"}],
                "annotations": rows,
            }
        )
    )
    picture = only(file, images)
    assert (len(picture.regions), picture.problems) == (3, [])
    assert [int(region.mask.sum()) for region in picture.regions][::2] == [3, 200]
    assert {tuple(region.said) for region in picture.regions} == {
        (("", "people"), ("distortion", "blur"))
    }


def test_index_masks(images, tmp_path):
    """Each index of a PNG is a region; the table names them; zero is nothing."""
    index = np.zeros((HEIGHT, WIDTH), np.uint8)
    index[:50, :60], index[100:, 200:] = 1, 7
    cv2.imwrite(str(tmp_path / "p0.png"), index)
    (tmp_path / "t.txt").write_text("1 low light\n7 noise\n")
    picture = only(tmp_path / "p0.png", images, "index", tmp_path / "t.txt")
    assert [(r.said[0].word, int(r.mask.sum())) for r in picture.regions] == [
        ("low light", 3000),
        ("noise", 40000),
    ]


REAL = {
    "cvat": ("multi_2label/cvat1.1/annotations.xml", "multi_2label/images", 25),
    "via": ("multi_2label/via/via_region_data.json", "multi_2label/images", 42),
    "labelme": ("multi_2label/labelme/strawberry.json", "multi_2label/images", 17),
    "coco": ("multi_2label/coco1.0/instances_default.json", "multi_2label/images", 23),
    "coco instances": ("coco/instances.json", "coco/images", None),
}


@pytest.mark.parametrize("name", REAL)
def test_real_files_give_every_region(shared_data, spider, tmp_path, name):
    """Regions read, and what was skipped with a reason, add up to what the file holds."""
    file, images, expected = REAL[name]
    root = shared_data / "annotated"
    if expected is None:
        expected = len(json.loads((root / file).read_text())["annotations"])
    marked = list(read_file(root / file, "auto", Photographs(root / images)))
    assert all(isinstance(picture, MarkedPicture) for picture in marked)
    found = sum(len(picture.regions) + len(picture.problems) for picture in marked)
    assert found == expected
    done = spider("import", root / file, "--images", root / images, "--out", tmp_path / "a")
    assert done.returncode in (0, 3), done.stderr
