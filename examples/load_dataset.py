"""Read a finished dataset with no code of ours: ``python load_dataset.py DATASET``."""

import sys

import numpy as np
from datasets import load_dataset
from pycocotools import mask as coco

splits = load_dataset(sys.argv[1], "grounding")
rows = next(iter(splits.values()))  # a small dataset may have one split only
row = rows[0]
size = [row["height"], row["width"]]
mask = coco.decode({"size": size, "counts": row["mask"].encode()}).astype(bool)
region = np.asarray(row["image"])[mask]

print(row["question"])
print(row["answer"])
print(f"{row['image'].size} picture, {len(region)} pixels in the region {row['reference']!r}")
