"""Real files through other people's readers (extra ``peers``), and through ours: the same regions.

Label Studio's converter, datumaro and pycocotools read what they read; what they do not (ellipses,
picture-wide tags, LabelMe's JSON) is compared with what the tool itself exported.
"""

import json
import shutil
from collections import Counter

import numpy as np
import pytest
from pycocotools.coco import COCO

from annotators.human.shapes import brush, polygon, thick_line
from annotators.human.tool_projects import brush_runs
from flows.human.files import read_file
from flows.human.photographs import Photographs
from schemas.masks import bounding_box, iou

# other people's libraries warn about other people's libraries
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def annotated(shared_data):
    """The folder of real annotation files."""
    return shared_data / "annotated"


def ours(file, images):
    """What our reader finds, by file name of the picture."""
    pictures = read_file(file, "auto", Photographs(images))
    return {picture.name.rsplit("/", 1)[-1]: picture for picture in pictures}


def labels(picture):
    return Counter(region.said[0].word for region in picture.regions)


@pytest.fixture(scope="module")
def brushes():
    return pytest.importorskip("label_studio_sdk.converter.brush")


@pytest.mark.parametrize("share", [0.02, 0.5, 0.98])
@pytest.mark.parametrize("size", [(3, 5), (64, 48), (300, 400)])
def test_brushes_both_ways(brushes, share, size):
    """Its decoder reads our runs, our decoder reads its runs."""
    mask = np.random.default_rng(size[0]).random(size) < share
    mask[0, 0] = mask[-1:, -3:] = True
    theirs = brushes.decode_rle(brush_runs(mask)).reshape(*size, 4)
    assert np.array_equal(theirs[..., 3] > 0, mask)
    assert np.array_equal(brush(brushes.mask2rle(mask.astype(np.uint8) * 255), *size), mask)


def test_a_real_brush(brushes, annotated):
    """A mask of 6 megapixels that a person painted comes out the same."""
    file = annotated / "labelstudio" / "astro" / "annotations_1.json"
    document = json.loads(file.read_text())
    task = document[0] if isinstance(document, list) else document
    (result,) = task["annotations"][0]["result"]
    (picture,) = ours(file, file.parent).values()
    theirs = brushes.decode_rle(result["value"]["rle"])
    mask = theirs.reshape(picture.height, picture.width, 4)[..., 3] > 0
    assert np.array_equal(picture.regions[0].mask, mask)


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    """Label Studio's own conversion of a file to COCO."""
    converter = pytest.importorskip("label_studio_sdk.converter")

    def convert(file, config):
        out = tmp_path_factory.mktemp("converted")
        made = converter.Converter(config, project_dir=None, download_resources=False)
        made.convert_to_coco(str(file), str(out), is_dir=False)
        return COCO(out / "result.json")

    return convert


POLYGONS = """<View><Image name="image" value="$image"/>
<PolygonLabels name="label" toName="image"><Label value="x"/></PolygonLabels></View>"""


def test_real_polygons_of_label_studio(converted, annotated, photos):
    """441 polygons on 32 pictures: the same number on each, the same pixels in all but the rim."""
    file = annotated / "labelstudio" / "real_export_polygon" / "exported.json"
    theirs, found = converted(file, POLYGONS), ours(file, photos)
    assert (len(theirs.imgs), len(theirs.anns)) == (32, 441)
    for image in theirs.imgs.values():
        name = image["file_name"].rsplit("/", 1)[-1]
        masks = [theirs.annToMask(a) > 0 for a in theirs.imgToAnns[image["id"]]]
        own = [region.mask for region in found[name].regions]
        assert len(masks) == len(own)
        for one, two in zip(masks, own, strict=True):
            # COCO's rasteriser counts the outline half a pixel more generously
            rim = np.count_nonzero(one ^ two)
            assert rim <= 12 + 6 * np.sqrt(np.count_nonzero(one)), name


def test_rectangles_polygons_and_points_of_label_studio(converted, annotated, photos):
    """A turned rectangle has the converter's box, keypoints are rejects and say nothing."""
    folder = annotated / "labelstudio" / "sdk_fixtures"
    file = folder / "test_export_coco__data.json"
    theirs = converted(file, (folder / "test_export_coco__label_config.xml").read_text())
    (picture,) = ours(file, photos).values()
    boxes = [a["bbox"] for a in theirs.anns.values() if "keypoints" not in a]
    assert len(picture.regions) == len(boxes) == 2
    for region in picture.regions:
        box = bounding_box(region.mask)
        near = [np.abs(np.subtract((box.x0, box.y0, box.width, box.height), b)) for b in boxes]
        assert min(distance.max() for distance in near) < 2  # whole pixels, a thin tip
    assert [problem.reason for problem in picture.problems] == ["unknown_shape"] * 2
    assert picture.said == []


CVAT = {
    "masks and turned boxes": (
        "cvat/annotations_subset8.xml",
        "cvat/images",
        {"Mask": 139, "Bbox": 20, "RotatedBbox": 6},
    ),
    "lines": (
        "multi_2label/cvat1.1/annotations.xml",
        "multi_2label/images",
        {"Bbox": 18, "Polygon": 3, "PolyLine": 2},
    ),
}


def drawn(shape, height, width):
    """A shape of datumaro's as a mask, by our rasteriser where it has none."""
    if type(shape).__name__ == "Mask":
        return np.asarray(shape.image) > 0
    if type(shape).__name__ == "PolyLine":
        return thick_line(np.reshape(shape.points, (-1, 2)), height, width)
    return polygon(np.reshape(shape.as_polygon(), (-1, 2)), height, width)


@pytest.mark.parametrize("name", CVAT)
def test_real_cvat_files(annotated, tmp_path, name):
    """Shape by shape the same pixels: masks, turned boxes, polygons, lines; none has ellipses."""
    datumaro = pytest.importorskip("datumaro")
    file, images, expected = CVAT[name]
    shutil.copy(annotated / file, tmp_path / "default.xml")
    (tmp_path / "images").symlink_to(annotated / images)
    theirs = {
        item.media.path.rsplit("/", 1)[-1]: item.annotations
        for item in datumaro.Dataset.import_from(str(tmp_path), "cvat")
    }
    seen = Counter()
    for picture in read_file(annotated / file, "cvat", Photographs(annotated / images)):
        shapes = [shape for shape in theirs[picture.name] if type(shape).__name__ != "Label"]
        own = [region.mask for region in picture.regions if region.said[0].word != "ellipse"]
        for shape, mask in zip(shapes, own, strict=True):
            # boxes of few pixels differ by a row where a corner is rounded
            assert iou(drawn(shape, picture.height, picture.width), mask) > 0.95
        seen.update(type(shape).__name__ for shape in shapes)
        assert picture.problems == []
    assert seen == expected


COCO_FILES = {
    "coco/instances.json": "coco/images",
    "multi_2label/coco1.0/instances_default.json": "multi_2label/images",
}


@pytest.mark.parametrize("file", COCO_FILES)
def test_real_coco_files(annotated, file):
    """Every annotation, crowds among them, has the pixels that pycocotools gives it."""
    theirs, found = COCO(annotated / file), ours(annotated / file, annotated / COCO_FILES[file])
    assert sum(len(picture.regions) for picture in found.values()) == len(theirs.anns)
    for image in theirs.imgs.values():
        own = [region.mask for region in found[image["file_name"].rsplit("/", 1)[-1]].regions]
        for mask, annotation in zip(own, theirs.imgToAnns[image["id"]], strict=True):
            if annotation["segmentation"]:
                assert np.array_equal(mask, theirs.annToMask(annotation) > 0)
            else:  # a rectangle, of which pycocotools makes no mask
                x, y, w, h = annotation["bbox"]
                assert mask.sum() == pytest.approx(w * h, rel=0.05)
                assert mask[round(y + h / 2), round(x + w / 2)]


def test_real_coco_files_with_datumaro(annotated, tmp_path):
    """Datumaro counts as many annotations of each category in each picture."""
    datumaro = pytest.importorskip("datumaro")
    (tmp_path / "annotations").mkdir()
    (tmp_path / "images").symlink_to(annotated / "coco" / "images")
    file = annotated / "coco" / "instances.json"
    shutil.copy(file, tmp_path / "annotations" / "instances_all.json")
    data = datumaro.Dataset.import_from(str(tmp_path), "coco_instances")
    names = data.categories()[datumaro.AnnotationType.label]
    found = ours(file, annotated / "coco" / "images")
    for item in data:
        parts = {(part.label, part.group) for part in item.annotations}
        theirs = Counter(names[label].name for label, _ in parts)
        assert labels(found[f"{item.id}.jpg"]) == theirs


def test_labelme_as_it_exports_itself(annotated):
    """Its own export to COCO has our regions: groups joined, what is to be ignored left out."""
    folder = annotated / "labelme" / "instance_segmentation"
    theirs = COCO(folder / "coco_export_annotations.json")
    assert len(theirs.anns) == 12
    for image in theirs.imgs.values():
        stem = image["file_name"].rsplit("/", 1)[-1].removesuffix(".jpg")
        (picture,) = read_file(folder / f"{stem}.json", "labelme", Photographs(folder))
        exported = [theirs.annToMask(a) > 0 for a in theirs.imgToAnns[image["id"]]]
        assert len(picture.regions) == len(exported)
        assert {problem.reason for problem in picture.problems} <= {"void"}
        for region in picture.regions:
            assert max(iou(region.mask, mask) for mask in exported) > 0.93
