"""Masks in memory and as text: bool arrays, COCO run lengths, boxes, inside points."""

import importlib
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco

from schemas.arrays import Mask
from schemas.boxes import Box
from schemas.errors import ContractError


def encode(mask: Mask) -> str:
    """COCO compressed run-length counts of a bool mask ``(height, width)``."""
    box = _tight(mask)
    return encode_part(mask[box.slices], box, *mask.shape)


def encode_part(part: Mask, box: Box, height: int, width: int) -> str:
    """The counts of a mask ``(height, width)`` that has pixels in ``box`` only.

    Args:
        part: What the mask holds in the box.
        box: Where that is.
        height: Of the mask.
        width: Of the mask.
    """
    # Runs go down columns; a row of zeros above and below each column keeps columns apart.
    turned = np.zeros((box.width, box.height + 2), np.uint8)
    turned[:, 1:-1] = np.ascontiguousarray(part).view(np.uint8).T
    edges = np.flatnonzero(turned.ravel()[1:] != turned.ravel()[:-1])
    if edges.size == 0:
        return _compressed(np.array([height * width], np.int64))
    column, row = np.divmod(edges, box.height + 2)
    at = (column + box.x0) * height + row + box.y0
    if box.height == height:  # a run may go on at the top of the next column
        ends, starts = at[1:-1:2], at[2::2]
        apart = np.repeat(ends != starts, 2)
        at = np.concatenate([at[:1], at[1:-1][apart], at[-1:]])
    if at[-1] < height * width:
        at = np.append(at, height * width)
    return _compressed(np.diff(at, prepend=0))


def decode(counts: str, height: int, width: int) -> Mask:
    """The bool mask ``(height, width)`` of compressed counts; wrong length raises."""
    runs = _runs(counts)
    if (total := int(runs.sum())) != height * width:
        raise ContractError(f"mask runs cover {total} pixels, not {width}x{height}")
    values = np.zeros(runs.size, np.uint8)
    values[1::2] = 1
    columns = np.repeat(values, runs).reshape(width, height)
    return np.asarray(cv2.transpose(columns)).view(np.bool_)


def _rle(counts: str, height: int, width: int) -> Any:
    return {"size": [height, width], "counts": counts.encode("ascii")}


# A number is written in digits of five bits, the lowest first, as characters from "0" on; a sixth
# bit says that another digit follows, and the highest bit of the last digit is the sign. From the
# fourth number on it is the difference to the run before the last. (COCO API, rleToString.)
_MOST_DIGITS = 12


def _compressed(runs: NDArray[np.int64]) -> str:
    """Run lengths as text."""
    left = runs.copy()
    left[3:] -= runs[1:-2]
    digits: list[NDArray[np.int64]] = []
    used: list[NDArray[np.bool_]] = []
    more = np.ones(runs.size, np.bool_)
    while more.any():
        used.append(more)
        digit, left = left & 31, left >> 5
        more = more & np.where(digit & 16, left != -1, left != 0)
        digits.append(digit + 48 + 32 * more)
    text = np.stack(digits, axis=1)[np.stack(used, axis=1)]
    return str(text.astype(np.uint8).tobytes(), "ascii")


def _runs(counts: str) -> NDArray[np.int64]:
    """Run lengths of the text; what is not such a text raises ``ContractError``."""
    if not counts:
        return np.zeros(0, np.int64)
    digits = np.frombuffer(counts.encode("ascii", "replace"), np.uint8).astype(np.int64) - 48
    last = np.flatnonzero((digits & 32) == 0)
    if last.size == 0 or last[-1] != digits.size - 1:
        raise ContractError("mask counts end in the middle of a number")
    start = np.concatenate([[0], last[:-1] + 1])
    length = last - start + 1
    if digits.min() < 0 or digits.max() > 63 or length.max() > _MOST_DIGITS:
        raise ContractError("mask counts are no run lengths")
    place = np.arange(digits.size) - np.repeat(start, length)
    runs = np.add.reduceat((digits & 31) << 5 * place, start)
    runs -= ((digits[last] & 16) != 0) * (1 << 5 * length)
    runs[1::2], runs[2::2] = np.cumsum(runs[1::2]), np.cumsum(runs[2::2])
    if runs.min() < 0:
        raise ContractError("mask counts have a run below zero")
    return runs


def run_lengths(counts: str) -> list[int]:
    """Compressed counts as COCO's plain ones: pixels off, on, off and so on, down the columns."""
    return [int(run) for run in _runs(counts)]


def area(counts: str, height: int, width: int) -> int:
    """Pixels set in compressed counts."""
    return int(coco.area(_rle(counts, height, width)))


def bounding_box(mask: Mask) -> Box:
    """Smallest box that holds the mask; an empty mask raises ``ContractError``."""
    box = _tight(mask)
    if box.area == 0:
        raise ContractError("an empty mask has no bounding box")
    return box


def _tight(mask: Mask) -> Box:
    """The bounding box; ``Box(0, 0, 0, 0)`` of an empty mask."""
    x, y, width, height = cv2.boundingRect(np.ascontiguousarray(mask).view(np.uint8))
    return Box(x, y, x + width, y + height) if width else Box(0, 0, 0, 0)


def pole(mask: Mask) -> tuple[float, float]:
    """``(x, y)`` of the inside pixel farthest from the edge; ties go to the first in row order.

    The picture's border counts as edge. Distances are exact Euclidean; those that agree to three
    decimals tie.
    """
    compiled = importlib.import_module("schemas.pole")  # importing numba takes half a second
    box = bounding_box(mask)
    column = compiled.columns(np.ascontiguousarray(mask[box.slices]).view(np.uint8))
    least = best = compiled.farthest(column)
    while _thousandths(least - 1) == _thousandths(best):
        least -= 1
    row, place = compiled.first(column, least)
    return float(box.x0 + place), float(box.y0 + row)


def _thousandths(squared: int) -> float:
    return float(np.round(np.sqrt(np.float32(squared)), 3))


def iou(first: Mask, second: Mask) -> float:
    """Intersection over union; two empty masks give 1."""
    union = int(np.count_nonzero(first | second))
    return int(np.count_nonzero(first & second)) / union if union else 1.0


def largest_part(mask: Mask) -> Mask:
    """The largest 8-connected component; ties go to the first in row order."""
    count, labels = cv2.connectedComponents(mask.view(np.uint8), connectivity=8)
    if count <= 2:
        return mask
    best = 1 + int(np.argmax(np.bincount(labels.ravel())[1:]))
    return np.asarray(labels == best)
