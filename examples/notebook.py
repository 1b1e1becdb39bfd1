"""From a picture to rows, cell by cell: paste it into a notebook, or run it as it stands."""

# %% Degrade a region of a photograph
from pathlib import Path

import numpy as np
import skimage.data

import iqa_spider

photo = skimage.data.astronaut()
face = np.zeros(photo.shape[:2], bool)
face[60:180, 170:280] = True
worse = iqa_spider.degrade(photo, "noise:gaussian_noise:3,blur:gaussian_blur:2", mask=face, seed=1)
print(f"{np.any(worse != photo, axis=2).sum()} of {face.sum()} pixels of the face changed")

# %% Build a dataset from a photograph
file = Path(skimage.data.__file__).with_name("astronaut.png")
summary = iqa_spider.build(file, "notebook-dataset", variants=2, **{"plan.clean_share": 0})
print(f"{summary.images} degraded pictures, {sum(summary.rows.values())} rows")

# %% Look at its rows
for row in iqa_spider.open("notebook-dataset").filter(task="grounding")[:3]:
    pixels = 0 if row.mask is None else int(row.mask.sum())
    print(f"{row.question}\n  {row.answer}\n  {pixels} pixels of {row.image.shape}")
