"""COCO shapes as arrays: polygons and run lengths, label maps, scaling by nearest neighbour."""

import struct
from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco

from schemas.arrays import Mask
from schemas.errors import AnnotationError, PictureError

LabelT = TypeVar("LabelT", bound=np.generic)
PNG_START = b"\x89PNG\r\n\x1a\n"
MOST_TURNS = 50
"""An outline is at most so many times as long as the picture's width and height together; the
rasteriser keeps a hundred bytes for each of its pixels."""


def shape_mask(shape: Any, height: int, width: int) -> Mask:
    """The mask of polygons, or of run lengths (list or compressed text).

    Raises:
        AnnotationError: ``bad_polygon``, ``bad_rle`` or ``empty_mask``.
    """
    if isinstance(shape, dict):
        runs = _run_lengths(shape, height, width)
    else:
        runs = _polygons(shape, height, width)
    try:
        mask = np.ascontiguousarray(coco.decode(runs)).astype(np.bool_)
    except ValueError as error:
        raise AnnotationError("bad_rle", f"run lengths cannot be decoded: {error}") from None
    if not mask.any():
        raise AnnotationError("empty_mask", "the shape covers no pixel")
    return mask


def _polygons(shape: Any, height: int, width: int) -> Any:
    if not isinstance(shape, list):
        raise AnnotationError("bad_polygon", f"expected a list of polygons, got {shape!r:.40}")
    polygons: Any = [_polygon(points, height, width) for points in shape]
    return coco.merge(coco.frPyObjects(polygons, height, width))


def _polygon(points: Any, height: int, width: int) -> list[float]:
    """The coordinates as floats; COCO's rasteriser trusts what it is given, so look first."""
    if not isinstance(points, list) or len(points) < 6 or len(points) % 2:
        raise AnnotationError("bad_polygon", f"expected x, y of at least 3 points: {points!r:.40}")
    # no conversion before the comparison: a whole number may be too large for a float
    if not all(isinstance(value, (int, float)) and value - value == 0 for value in points):
        raise AnnotationError("bad_polygon", "a coordinate is not a finite number")
    if min(points) < -max(width, height) or max(points) > 2 * max(width, height):
        raise AnnotationError("bad_polygon", f"coordinates lie far outside {width}x{height}")
    corners = np.array(points, np.float64).reshape(-1, 2)
    around = np.abs(corners - np.roll(corners, 1, axis=0)).max(axis=1).sum()
    if around > MOST_TURNS * (width + height):
        raise AnnotationError("bad_polygon", f"an outline of {around:.0f} pixels is no region's")
    return [float(value) for value in points]


def _run_lengths(shape: dict[str, Any], height: int, width: int) -> Any:
    counts, size = shape.get("counts"), shape.get("size")
    if size != [height, width]:
        raise AnnotationError("bad_rle", f"size must be {[height, width]}, got {size!r:.40}")
    if isinstance(counts, str):
        runs = _runs(counts)
    elif isinstance(counts, list) and all(type(run) is int for run in counts):
        runs = counts
    else:
        raise AnnotationError("bad_rle", f"counts must be text or whole numbers: {counts!r:.40}")
    if min(runs, default=0) < 0 or sum(runs) != height * width:
        raise AnnotationError("bad_rle", f"runs do not add up to {height * width} pixels")
    plain: Any = {"size": [height, width], "counts": runs}
    return coco.frPyObjects(plain, height, width)


def _runs(counts: str) -> list[int]:
    """Run lengths of compressed counts: base 32, low digits first, deltas from the third on.

    Source: ``rleToString`` of the COCO API.
    """
    runs: list[int] = []
    value, shift = 0, 0
    for character in counts:
        code = ord(character) - 48
        if not 0 <= code < 64 or shift > 30:
            raise AnnotationError("bad_rle", f"{character!r} cannot stand here in counts")
        value |= (code & 31) << shift
        shift += 5
        if not code & 32:
            value -= (1 << shift) if code & 16 else 0
            runs.append(value + (runs[-2] if len(runs) > 2 else 0))
            value, shift = 0, 0
    if shift:
        raise AnnotationError("bad_rle", "counts end in the middle of a number")
    return runs


def map_ids(data: bytes, height: int, width: int) -> NDArray[np.int32]:
    """Segment ids ``R + 256 G + 65536 B`` of a panoptic PNG, ``(height, width)``.

    Raises:
        PictureError: ``annotation_unreadable``.
    """
    if data[:8] != PNG_START or len(data) < 24:
        raise PictureError("annotation_unreadable", "the label map is no PNG file")
    # The header is looked at before decoding: a small file may claim a gigantic picture.
    size = struct.unpack(">II", data[16:24])
    if size != (width, height):
        detail = f"the label map is {size[0]}x{size[1]}, its entry says {width}x{height}"
        raise PictureError("annotation_unreadable", detail)
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if decoded is None or decoded.ndim != 3 or decoded.dtype != np.uint8:
        raise PictureError("annotation_unreadable", "the label map is no 8-bit RGB picture")
    blue, green, red = (decoded[..., channel].astype(np.int32) for channel in range(3))
    return np.asarray(red + 256 * green + 65536 * blue)


def labelled(ids: NDArray[np.int32], numbers: list[int]) -> dict[int, Mask]:
    """The masks of the given ids that occur."""
    present = set(np.unique(ids).tolist())
    return {number: np.asarray(ids == number) for number in numbers if number in present}


def resized(array: NDArray[LabelT], height: int, width: int) -> NDArray[LabelT]:
    """Nearest neighbour at pixel centres, in whole numbers."""
    if array.shape == (height, width):
        return array
    rows = (2 * np.arange(height) + 1) * array.shape[0] // (2 * height)
    columns = (2 * np.arange(width) + 1) * array.shape[1] // (2 * width)
    return np.ascontiguousarray(array[rows][:, columns])
