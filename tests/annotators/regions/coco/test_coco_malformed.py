"""COCO documents with something wrong in them."""

import pytest

from annotators.regions.coco.masks import shape_mask
from annotators.regions.coco.source import CocoRegions
from schemas.errors import AnnotationError, ConfigError
from schemas.masks import encode
from tests.annotators.regions.coco.documents import SQUARE, blank, document, field
from tests.doubles.records import picture


class TestMalformed:
    @pytest.mark.parametrize(
        ("parsed", "message"),
        [
            ({}, "expected a list 'categories', got nothing"),
            ([], "expected a list 'categories', got nothing"),
            ({"categories": {}, "images": [], "annotations": []}, "'categories', got dict"),
            (
                {"categories": [], "images": [], "annotations": [7]},
                r"annotations\[0\] is no object",
            ),
        ],
    )
    def test_no_coco_document(self, parsed, message):
        """What is no COCO document at all is the user's mistake, in one line."""
        with pytest.raises(ConfigError, match=message) as raised:
            CocoRegions(parsed)
        assert "\n" not in str(raised.value)

    @pytest.mark.parametrize(
        ("row", "reason"),
        [
            ({"segmentation": []}, "no_shape"),
            ({}, "no_shape"),
            ({"segmentation": SQUARE, "category_id": 99}, "unknown_category"),
            ({"segmentation": SQUARE, "category_id": None}, "bad_annotation"),
            ({"segmentation": SQUARE, "image_id": 99}, "unknown_image"),
            ({"segmentation": SQUARE, "image_id": "1"}, "bad_annotation"),
            ({"segmentation": [[1, 2, 3, 4]]}, "bad_polygon"),
            ({"segmentation": [[1, 2, 3, 4, 5, 6, 7]]}, "bad_polygon"),
            ({"segmentation": [10, 10, 50, 10, 50, 40]}, "bad_polygon"),
            ({"segmentation": "polygon"}, "bad_polygon"),
            ({"segmentation": [[1, 2, 3, 4, 5, None]]}, "bad_polygon"),
            ({"segmentation": [[1, 2, 3, 4, 5, float("nan")]]}, "bad_polygon"),
            ({"segmentation": [[1, 2, 3, 4, 5, 1e18]]}, "bad_polygon"),
            ({"segmentation": [[-9, -9, -8, -9, -8, -8]]}, "empty_mask"),
            ({"segmentation": {"size": [80, 100], "counts": [8000]}}, "empty_mask"),
            ({"segmentation": {"size": [80, 99], "counts": encode(field())}}, "bad_rle"),
            ({"segmentation": {"size": [80, 100], "counts": [5, -5, 8000]}}, "bad_rle"),
            ({"segmentation": {"size": [80, 100], "counts": [7999]}}, "bad_rle"),
            ({"segmentation": {"size": [80, 100], "counts": encode(field())[:-1]}}, "bad_rle"),
            ({"segmentation": {"size": [80, 100], "counts": "o" * 40}}, "bad_rle"),
            ({"segmentation": {"size": [80, 100], "counts": " é"}}, "bad_rle"),
            ({"segmentation": {"size": [80, 100]}}, "bad_rle"),
        ],
    )
    def test_one_bad_annotation_is_skipped_and_reported(self, row, reason):
        """The others of the picture are proposed all the same."""
        source = CocoRegions(document({"segmentation": SQUARE}, row))
        found = source.find(blank(), picture())
        assert len(found.regions) == 1
        ((subject, got, detail),) = [*source.problems, *found.problems]
        assert (subject, got) == ("annotation 1", reason)
        assert detail
        assert "\n" not in detail

    def test_bad_entries_and_categories_are_reported(self):
        """An image without size or a category without name is skipped and reported."""
        parsed = document({"segmentation": SQUARE})
        parsed["images"].append({"id": 5, "file_name": "b.jpg"})
        parsed["categories"].append({"id": 6})
        source = CocoRegions(parsed)
        assert not source.knows("b.jpg")
        assert [p[:2] for p in source.problems] == [
            ("category 6", "bad_category"),
            ("image 5", "bad_image"),
        ]

    def test_truncated_counts_never_reach_the_decoder(self):
        """Every prefix of valid counts is refused by reason, not by a crash."""
        counts = encode(field())
        for length in range(len(counts)):
            with pytest.raises(AnnotationError, match=r"bad_rle|empty_mask"):
                shape_mask({"size": [80, 100], "counts": counts[:length]}, 80, 100)
