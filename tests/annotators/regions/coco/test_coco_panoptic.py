"""Panoptic documents: label maps read through a reader, and maps that cannot be used."""

import io

import numpy as np
import pytest
from PIL import Image as Pillow

from annotators.regions.coco.source import CocoRegions
from schemas.errors import ConfigError, PictureError
from tests.annotators.regions.coco.documents import blank, document
from tests.doubles.records import picture


def label_map(ids):
    planes = np.stack([ids % 256, ids // 256 % 256, ids // 65536], axis=-1).astype(np.uint8)
    buffer = io.BytesIO()
    Pillow.fromarray(planes).save(buffer, "PNG")
    return buffer.getvalue()


def panoptic(*segments):
    parsed = document({"file_name": "a.png", "segments_info": list(segments)})
    parsed["categories"] += [
        {"id": 7, "name": "wall-brick", "isthing": 0},
        {"id": 8, "name": "sky-other-merged", "isthing": 0},
    ]
    return parsed


class TestPanoptic:
    def ids(self):
        ids = np.zeros((80, 100), np.int64)
        ids[:40], ids[40:, :30] = 70_000, 300
        return ids

    def test_segments_become_masks(self):
        """Ids are red + 256 green + 65536 blue; stuff is named as people say it."""
        parsed = panoptic({"id": 70_000, "category_id": 8}, {"id": 300, "category_id": 7})
        source = CocoRegions(parsed, lambda name: label_map(self.ids()))
        sky, wall = source.find(blank(), picture()).regions
        assert (sky.label, wall.label) == ("sky", "brick wall")
        assert np.array_equal(sky.mask, self.ids() == 70_000)
        assert np.array_equal(wall.mask, self.ids() == 300)

    def test_scaled_with_the_picture(self):
        """Label maps are scaled like masks, never blended."""
        source = CocoRegions(
            panoptic({"id": 300, "category_id": 4}), lambda name: label_map(self.ids())
        )
        (dog,) = source.find(blank(40, 50), picture()).regions
        assert np.array_equal(dog.mask, (self.ids() == 300)[::2, ::2])

    def test_missing_segments_are_reported_and_crowds_left_out(self):
        """An id without pixels is a problem, a crowd is not."""
        crowd = {"id": 300, "category_id": 4, "iscrowd": 1}
        source = CocoRegions(
            panoptic({"id": 5, "category_id": 4}, crowd), lambda name: label_map(self.ids())
        )
        found = source.find(blank(), picture())
        assert found.regions == []
        assert [p.reason for p in found.problems] == ["empty_segment"]

    def test_reader_is_needed(self):
        """Panoptic documents without a reader are refused at once."""
        with pytest.raises(ConfigError, match="reader of label maps"):
            CocoRegions(panoptic({"id": 5, "category_id": 4}))

    def test_bad_label_maps_reject_the_picture(self):
        """Missing, truncated, grey and wrongly sized maps reject the picture with one reason."""
        buffer = io.BytesIO()
        Pillow.fromarray(np.zeros((80, 100), np.uint8)).save(buffer, "PNG")
        whole = label_map(self.ids())

        def missing(name):
            raise FileNotFoundError(2, "No such file or directory", name)

        readers = [missing] + [
            lambda name, data=data: data
            for data in (b"", whole[:40], buffer.getvalue(), label_map(np.zeros((80, 99), int)))
        ]
        for reader in readers:
            source = CocoRegions(panoptic({"id": 300, "category_id": 4}), reader)
            with pytest.raises(PictureError) as raised:
                source.find(blank(), picture())
            assert raised.value.reason == "annotation_unreadable"
