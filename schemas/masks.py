"""Masks in memory and as text: bool arrays, COCO run lengths, boxes, inside points."""

from typing import Any

import cv2
import numpy as np
from pycocotools import mask as coco

from schemas.arrays import Mask
from schemas.boxes import Box
from schemas.errors import ContractError


def encode(mask: Mask) -> str:
    """COCO compressed run-length counts of a bool mask ``(height, width)``."""
    fortran = np.asfortranarray(mask.view(np.uint8) if mask.flags.c_contiguous else mask, np.uint8)
    return _as_text(coco.encode(fortran)["counts"])


def decode(counts: str, height: int, width: int) -> Mask:
    """The bool mask ``(height, width)`` of compressed counts; wrong length raises."""
    if _run_total(counts) != height * width:
        raise ContractError(f"mask runs cover {_run_total(counts)} pixels, not {width}x{height}")
    return np.ascontiguousarray(coco.decode(_rle(counts, height, width))).view(np.bool_)


def _rle(counts: str, height: int, width: int) -> Any:
    return {"size": [height, width], "counts": counts.encode("ascii")}


def _as_text(counts: Any) -> str:
    return counts.decode("ascii") if isinstance(counts, bytes) else str(counts)


def _run_total(counts: str) -> int:
    """Pixels a compressed run-length string covers (the format of the COCO API's rleToString)."""
    runs: list[int] = []
    at = 0
    while at < len(counts):
        value, shift, more = 0, 0, True
        while more:
            if at >= len(counts):
                raise ContractError("mask counts end in the middle of a number")
            code = ord(counts[at]) - 48
            value |= (code & 31) << shift
            more, at, shift = bool(code & 32), at + 1, shift + 5
            if not more and code & 16:
                value |= -1 << shift
        runs.append(value + (runs[-2] if len(runs) > 2 else 0))
    return sum(runs)


def area(counts: str, height: int, width: int) -> int:
    """Pixels set in compressed counts."""
    return int(coco.area(_rle(counts, height, width)))


def bounding_box(mask: Mask) -> Box:
    """Smallest box that holds the mask; an empty mask raises ``ContractError``."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if rows.size == 0:
        raise ContractError("an empty mask has no bounding box")
    return Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def pole(mask: Mask) -> tuple[float, float]:
    """``(x, y)`` of the inside pixel farthest from the edge; ties go to the first in row order.

    The picture's border counts as edge. Distances are exact Euclidean.
    """
    box = bounding_box(mask)
    inside = np.pad(mask[box.slices].view(np.uint8), 1)
    distance = cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    row, column = np.unravel_index(int(np.argmax(np.round(distance, 3))), distance.shape)
    return float(box.x0 + column - 1), float(box.y0 + row - 1)


def iou(first: Mask, second: Mask) -> float:
    """Intersection over union; two empty masks give 1."""
    union = int(np.count_nonzero(first | second))
    return int(np.count_nonzero(first & second)) / union if union else 1.0


def largest_part(mask: Mask) -> Mask:
    """The largest 8-connected component; ties go to the first in row order."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=8)
    if count <= 2:
        return mask
    best = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    return np.asarray(labels == best)
