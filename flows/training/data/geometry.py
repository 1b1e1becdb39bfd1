"""A degraded picture mirrored or cropped, with everything that is recorded of it.

Pixels are moved or cut away and never touched: both keep what a viewer judges.

Our own design; source: detailed assessment rules, section 5.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from annotators.facts import PictureFacts
from flows.training.data.flip import can_flip, flip_text
from schemas import masks
from schemas.arrays import Image, Mask
from schemas.records import DegradedRegion
from schemas.streams import Stream

KEPT, LOST = 0.7, 0.02
"""A region keeps at least the first share of its mask, or less than the second is left."""
GRID = 8
"""Windows begin and end on this grid, on which blocks of compression lie."""
LEAST = 0.5
"""Smallest side of a window, as a share of the picture's."""
_TRIES = 30


class Moved(NamedTuple):
    """A picture in another geometry.

    Args:
        facts: Of the new picture.
        image: Its pixels.
    """

    facts: PictureFacts
    image: Image


def mirrored(facts: PictureFacts, image: Image) -> Moved | None:
    """The picture in a mirror; ``None`` where a name cannot be mirrored beyond doubt."""
    labels = {region.label_refined for region in facts.regions}
    if not all(map(can_flip, [*labels, *facts.references.values()])):
        return None
    image_id = f"{facts.image_id}-mirror"
    regions = [
        _moved(region, image_id, mask[:, ::-1], flip_text)
        for region, mask in zip(facts.regions, _masks(facts), strict=True)
    ]
    references = {key: flip_text(phrase) for key, phrase in facts.references.items()}
    made = replace(facts, image_id=image_id, regions=tuple(regions), references=references)
    return Moved(made, np.ascontiguousarray(image[:, ::-1]))


def cropped(facts: PictureFacts, image: Image, stream: Stream) -> Moved | None:
    """A window of the picture that cuts no region in two; ``None`` where none was found.

    Phrases are left out, since other things may now bear a name.
    """
    everything = _masks(facts)
    for _ in range(_TRIES):
        rows, columns = _span(image.shape[0], stream), _span(image.shape[1], stream)
        shares = [_share(mask, rows, columns) for mask in everything]
        whole = rows.stop - rows.start == image.shape[0]
        if whole and columns.stop - columns.start == image.shape[1]:
            continue
        if all(share >= KEPT or share < LOST for share in shares) and max(shares) >= KEPT:
            image_id = f"{facts.image_id}-crop"
            regions = [
                _moved(region, image_id, mask[rows, columns], str)
                for region, mask, share in zip(facts.regions, everything, shares, strict=True)
                if share >= KEPT
            ]
            part = np.ascontiguousarray(image[rows, columns])
            height, width = part.shape[:2]
            made = replace(
                facts,
                image_id=image_id,
                width=width,
                height=height,
                regions=tuple(regions),
                references={},
            )
            return Moved(made, part)
    return None


def _masks(facts: PictureFacts) -> list[Mask]:
    return [masks.decode(region.mask, facts.height, facts.width) for region in facts.regions]


def _span(side: int, stream: Stream) -> slice:
    """A part of a side, on the grid."""
    cells = side // GRID
    length = round(cells * stream.uniform(LEAST, 1.0))
    start = stream.below(cells - length + 1)
    return slice(start * GRID, (start + length) * GRID)


def _share(mask: Mask, rows: slice, columns: slice) -> float:
    inside, everything = int(np.count_nonzero(mask[rows, columns])), int(np.count_nonzero(mask))
    return inside / max(everything, 1)


def _moved(
    region: DegradedRegion, image_id: str, mask: Mask, words: Callable[[str], str]
) -> DegradedRegion:
    """A region with another mask and what follows from it."""
    mask = np.ascontiguousarray(mask)
    return region.model_copy(
        update={
            "image_id": image_id,
            "label": words(region.label),
            "label_refined": words(region.label_refined),
            "box": list(masks.bounding_box(mask)),
            "mask": masks.encode(mask),
            "area_fraction": float(np.float32(mask.mean())),
            "point": list(masks.pole(mask)),
        }
    )
