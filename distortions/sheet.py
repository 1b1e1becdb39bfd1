"""Contact sheets: types down, severities across, to be looked at by a person."""

from collections.abc import Sequence

import cv2
import numpy as np

from distortions.chain import Link
from distortions.region import composite, degrade_region
from distortions.registry import SEVERITIES, Distortion
from schemas.arrays import Image
from schemas.streams import derive_key

CELL = 192
GUTTER = 6
LABEL = 18


def contact_sheet(image: Image, types: Sequence[Distortion], seed: int = 0) -> Image:
    """Every type at every severity on the middle of ``image``, names on the left.

    Types that look far (zoom) are applied to the whole picture and then cropped, so what is seen
    is what a region would get.

    Returns:
        uint8 RGB; one row per type: the source, then severities 1 to 5.
    """
    height, width = image.shape[:2]
    side = min(CELL, height, width)
    top, left = (height - side) // 2, (width - side) // 2
    window = np.zeros((height, width), np.bool_)
    window[top : top + side, left : left + side] = True
    rows = []
    for entry in types:
        cells = [image]
        for severity in SEVERITIES:
            link = Link(entry, severity, derive_key(seed, entry.name, severity))
            cells.append(composite(image, [degrade_region(image, window, [link])]))
        strip = [_cell(c[top : top + side, left : left + side]) for c in cells]
        rows.append(_titled(f"{entry.family}: {entry.name}", np.concatenate(strip, axis=1)))
    return np.concatenate(rows, axis=0)


def _cell(crop: Image) -> Image:
    framed = np.full((crop.shape[0] + GUTTER, crop.shape[1] + GUTTER, 3), 255, np.uint8)
    framed[: crop.shape[0], : crop.shape[1]] = crop
    return framed


def _titled(title: str, strip: Image) -> Image:
    head = np.full((LABEL, strip.shape[1], 3), 255, np.uint8)
    place, font = (4, LABEL - 5), cv2.FONT_HERSHEY_SIMPLEX
    cv2.putText(head, title, place, font, 0.42, (0, 0, 0), 1, cv2.LINE_AA)
    return np.concatenate([head, strip], axis=0)
