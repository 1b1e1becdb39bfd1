"""The demo's photographs have regions with names of their own."""

import json

import numpy as np

from annotators.regions.coco.masks import shape_mask
from flows.run.demo import PHOTOGRAPHS, REGIONS


def test_every_photograph_has_named_regions_that_do_not_overlap():
    """Each photograph has three regions or more, and no pixel is in two of them."""
    document = json.loads(REGIONS.read_text(encoding="utf-8"))
    names = {category["id"]: category["name"] for category in document["categories"]}
    assert [entry["file_name"] for entry in document["images"]] == list(PHOTOGRAPHS)
    assert REGIONS.stat().st_size < 60_000
    for entry in document["images"]:
        own = [one for one in document["annotations"] if one["image_id"] == entry["id"]]
        height, width = entry["height"], entry["width"]
        taken = sum(shape_mask(one["segmentation"], height, width).astype(np.int32) for one in own)
        assert len(own) >= 3
        assert taken.max() == 1
        assert not any("area" in names[one["category_id"]] for one in own)
