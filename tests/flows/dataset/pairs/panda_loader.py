"""A reader of Panda's layout, written from its description and from what its own loader asks for.

Folders of variants, photographs under ``gt`` with the same names, ``stats/{split}_stats_{folder}``;
every ordered pair of folders is a pair. Masks are run lengths that are not compressed.
"""

import json
from itertools import permutations

import numpy as np
from PIL import Image
from pycocotools import mask as coco

CLASSES = (
    *("clean", "snow", "contrast_inc", "compression", "brightness", "oversharpen", "noise"),
    *("blur", "haze", "rain", "saturate_inc", "saturate_dec", "contrast_dec", "darken"),
    "pixelate",
)


def compared(anchor, target):
    """The relation of two scores, with Panda's thresholds."""
    difference = anchor - target
    if abs(difference) < 0.1:
        return "same"
    degree = "slightly" if abs(difference) < 0.3 else "significantly"
    return f"{degree}_{'better' if difference > 0 else 'worse'}"


def pairs(folder, split):
    """Anchor, target, name, both pictures and, region by region, what is recorded of both."""
    inner = {path.name for path in folder.iterdir() if path.is_dir()}
    assert {"gt", "stats", "depth"} <= inner
    variants = sorted(inner - {"gt", "stats", "depth"})
    stats = {
        name: json.loads((folder / "stats" / f"{split}_stats_{name}.json").read_text())
        for name in variants
    }
    for tag in sorted(path.name for path in (folder / "gt" / split).iterdir()):
        for anchor, target in permutations(variants, 2):
            images = [
                np.asarray(Image.open(folder / name / split / tag).convert("RGB"))
                for name in (anchor, target)
            ]
            held = [stats[name][tag]["regions"] for name in (anchor, target)]
            yield anchor, target, tag, images, list(zip(*held, strict=True))


def mask_of(region):
    """A region's mask, by COCO's own reader of plain run lengths."""
    found = region["segmentation_mask"]
    return coco.decode(coco.frPyObjects(found, *found["size"])).astype(bool)
