"""COCO documents: instances, run lengths, panoptic maps, and what is wrong with some."""

import copy
import json

import numpy as np
import pytest
from pycocotools import mask as coco

from annotators.regions.coco.masks import resized, shape_mask
from annotators.regions.coco.source import CocoRegions
from annotators.regions.partition import partition
from schemas.errors import PictureError
from schemas.masks import encode
from schemas.settings.config import RegionConfig
from tests.annotators.regions.coco.documents import SQUARE, blank, document, field
from tests.doubles.records import picture


class TestInstances:
    def test_polygon(self):
        """A polygon becomes the mask of its inside, under its category's plain name."""
        (proposal,) = (
            CocoRegions(document({"segmentation": SQUARE})).find(blank(), picture()).regions
        )
        assert proposal.label == "traffic light"
        assert np.array_equal(proposal.mask, field())

    def test_polygons_of_one_annotation_are_united(self):
        """Several polygons make one mask."""
        shape = [*SQUARE, [60, 50, 80, 50, 80, 70, 60, 70]]
        (proposal,) = (
            CocoRegions(document({"segmentation": shape})).find(blank(), picture()).regions
        )
        assert proposal.mask.sum() == 30 * 40 + 20 * 20

    def test_both_kinds_of_run_lengths(self):
        """Compressed and plain run lengths give the same mask."""
        plain = [10 * 80 + 10, *[30, 50] * 39, 30, 49 * 80 + 80 - 40 + 0]
        plain[-1] = 8000 - sum(plain[:-1])
        shapes = [{"size": [80, 100], "counts": counts} for counts in (encode(field()), plain)]
        source = CocoRegions(document(*[{"segmentation": shape} for shape in shapes]))
        first, second = source.find(blank(), picture()).regions
        assert np.array_equal(first.mask, field())
        assert np.array_equal(second.mask, field())

    def test_run_lengths_read_as_pycocotools_reads_them(self):
        """Random masks survive our reading of the compressed form."""
        generator = np.random.Generator(np.random.Philox(3))
        for share in (0.001, 0.1, 0.5, 0.99):
            mask = generator.random((67, 91)) < share
            mask[3, 4] = True
            counts = coco.encode(np.asfortranarray(mask, np.uint8))["counts"].decode()
            shape = {"size": [67, 91], "counts": counts}
            assert np.array_equal(shape_mask(shape, 67, 91), mask)

    def test_crowds_are_left_out(self):
        """A crowd is neither a region nor a problem."""
        crowd = {"segmentation": {"size": [80, 100], "counts": encode(field())}, "iscrowd": 1}
        source = CocoRegions(document(crowd, {"segmentation": SQUARE}))
        assert len(source.find(blank(), picture()).regions) == 1
        assert source.problems == []

    def test_document_is_left_alone(self):
        """Reading does not change the parsed JSON."""
        parsed = document({"segmentation": SQUARE})
        before = copy.deepcopy(parsed)
        CocoRegions(parsed).find(blank(), picture())
        assert parsed == before


class TestMatching:
    @pytest.mark.parametrize(
        ("file_name", "path", "known"),
        [
            ("a.jpg", "a.jpg", True),
            ("a.jpg", "deep/folder/a.jpg", True),
            ("val/a.jpg", "a.jpg", True),
            ("val\\a.jpg", "x/val/a.jpg", True),
            ("a.jpg", "pack.tar!val/a.jpg", True),
            ("a.jpg", "pack.tar!a.jpg", True),
            ("a.jpg", "ba.jpg", False),
            ("a.jpg", "a.png", False),
        ],
    )
    def test_by_base_name(self, file_name, path, known):
        """Folders may differ, the file's name may not."""
        source = CocoRegions(document({"segmentation": SQUARE}, file_name=file_name))
        assert source.knows(path) is known
        assert len(source.find(blank(), picture(path)).regions) == known

    def test_folders_decide_between_namesakes(self):
        """With two entries of one base name the path must say which is meant."""
        parsed = document({"segmentation": SQUARE}, file_name="train/a.jpg")
        parsed["images"].append({"id": 2, "file_name": "val/a.jpg", "width": 100, "height": 80})
        source = CocoRegions(parsed)
        assert len(source.find(blank(), picture("set/train/a.jpg")).regions) == 1
        assert source.knows("val/a.jpg")
        assert source.find(blank(), picture("val/a.jpg")).regions == []
        assert not source.knows("a.jpg")
        assert not source.knows("test/a.jpg")


class TestSizes:
    def test_masks_follow_a_picture_scaled_down(self):
        """Half the size gives half the mask; rounding of the sides is allowed for."""
        source = CocoRegions(document({"segmentation": SQUARE}))
        (half,) = source.find(blank(40, 50), picture()).regions
        assert np.array_equal(half.mask, field()[::2, ::2])
        (third,) = source.find(blank(27, 33), picture()).regions
        assert third.mask.shape == (27, 33)
        assert third.mask.mean() == pytest.approx(field().mean(), rel=0.1)

    def test_nearest_neighbour_takes_pixel_centres(self):
        """Scaling down by three takes the middle pixel of each block."""
        array = np.arange(81).reshape(9, 9)
        assert np.array_equal(resized(array, 3, 3), array[1::3, 1::3])
        assert np.array_equal(resized(resized(array, 18, 18), 9, 9), array)

    def test_other_shape_is_refused(self):
        """A picture of another aspect ratio is not the annotated one."""
        source = CocoRegions(document({"segmentation": SQUARE}))
        with pytest.raises(
            PictureError, match=r"annotated at 100x80, the picture is 90x80$"
        ) as raised:
            source.find(blank(80, 90), picture())
        assert raised.value.reason == "annotation_size_mismatch"

    def test_turned_picture_is_refused_and_named(self):
        """Sizes that match only transposed are refused, and the message says so."""
        source = CocoRegions(document({"segmentation": SQUARE}))
        with pytest.raises(PictureError, match="transposed"):
            source.find(blank(100, 80), picture())


class TestRealDocument:
    def test_every_annotation_becomes_a_mask_of_its_area(self, shared_data):
        """Masks of real COCO annotations have the area the document states."""
        parsed = json.loads((shared_data / "annotated/coco/instances.json").read_text())
        source = CocoRegions(parsed)
        checked = 0
        for entry in parsed["images"]:
            stated = [
                row["area"]
                for row in parsed["annotations"]
                if row["image_id"] == entry["id"] and not row["iscrowd"]
            ]
            image = blank(entry["height"], entry["width"])
            found = source.find(image, picture("val2017/" + entry["file_name"])).regions
            regions, rejects = partition(found, picture(), image, RegionConfig(), "coco")
            assert len(regions) + len(rejects) == len(found) == len(stated)
            for area, proposal in zip(stated, found, strict=True):
                perimeter = 4 * np.sqrt(area) * 3
                assert abs(proposal.mask.sum() - area) <= perimeter
                checked += 1
        assert checked > 300
        assert source.problems == []
