"""Drawn shapes as masks.

Polygons are filled by the even-odd rule (scikit-image): where a line crosses itself, what is
enclosed twice is outside, which is what labelling tools show while one draws. OpenCV would add the
outline, half a pixel all around. What lies beyond the picture is cut.
"""

import base64
import math
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from skimage import draw

from schemas.arrays import Mask
from schemas.errors import AnnotationError

MOST_PIXELS = 200_000_000


def blank(height: int, width: int) -> Mask:
    """An empty mask; refuses sizes that no photograph has."""
    if height < 1 or width < 1 or height * width > MOST_PIXELS:
        raise AnnotationError("bad_size", f"a picture of {width}x{height}")
    return np.zeros((height, width), np.bool_)


def polygon(points: Sequence[Sequence[float]], height: int, width: int) -> Mask:
    """The inside of a closed line of ``(x, y)`` pixels.

    Raises:
        AnnotationError: ``bad_polygon``, ``empty_mask`` or ``outside``.
    """
    try:
        line = np.asarray([[float(x), float(y)] for x, y in points], np.float64)
    except (TypeError, ValueError):
        raise AnnotationError("bad_polygon", f"no points x, y: {points!r:.60}") from None
    if len(line) < 3 or not np.isfinite(line).all():
        raise AnnotationError("bad_polygon", f"{len(line)} points, or one that is no number")
    if np.abs(line).max() > 20 * max(height, width):
        raise AnnotationError("outside", "coordinates lie far outside the picture")
    # A pixel belongs to the shape when its centre does.
    out = blank(height, width)
    fill: Any = draw.polygon
    rows, columns = fill(line[:, 1] - 0.5, line[:, 0] - 0.5, out.shape)
    out[rows, columns] = True
    return _some(out)


def rectangle(x: float, y: float, w: float, h: float, turn: float, height: int, width: int) -> Mask:
    """A box with its corner at ``(x, y)``, turned about that corner by degrees clockwise."""
    if not all(map(math.isfinite, (x, y, w, h, turn))):
        raise AnnotationError("bad_box", "a number is none")
    sine, cosine = math.sin(math.radians(turn)), math.cos(math.radians(turn))
    corners = [(0.0, 0.0), (w, 0.0), (w, h), (0.0, h)]
    return polygon(
        [(x + a * cosine - b * sine, y + a * sine + b * cosine) for a, b in corners], height, width
    )


def centred_rectangle(
    x: float, y: float, w: float, h: float, turn: float, height: int, width: int
) -> Mask:
    """A box whose corner was at ``(x, y)`` before it was turned about its middle."""
    sine, cosine = math.sin(math.radians(turn)), math.cos(math.radians(turn))
    across, down = (w * cosine - h * sine) / 2, (w * sine + h * cosine) / 2
    return rectangle(x + w / 2 - across, y + h / 2 - down, w, h, turn, height, width)


def ellipse(x: float, y: float, rx: float, ry: float, turn: float, height: int, width: int) -> Mask:
    """An ellipse about ``(x, y)``."""
    angles = np.linspace(0, 2 * math.pi, 180, endpoint=False)
    sine, cosine = math.sin(math.radians(turn)), math.cos(math.radians(turn))
    across, down = rx * np.cos(angles), ry * np.sin(angles)
    points = np.stack([x + across * cosine - down * sine, y + across * sine + down * cosine], 1)
    return polygon(points.tolist(), height, width)


def thick_line(points: Sequence[Sequence[float]], height: int, width: int, size: int = 3) -> Mask:
    """An open line, three pixels thick: people draw scratches and edges so."""
    line = np.round(np.asarray(points, np.float64)).astype(np.int32)
    out = blank(height, width).view(np.uint8)
    cv2.polylines(out, [line], False, 1, size)
    return _some(out.view(np.bool_))


def inside_box(
    runs: Sequence[int], box: tuple[int, int, int, int], height: int, width: int
) -> Mask:
    """CVAT's run lengths: row by row inside a box ``x, y, w, h``, zeros first.

    Raises:
        AnnotationError: ``bad_rle`` when they do not fill the box, ``outside``.
    """
    left, top, w, h = box
    if w < 1 or h < 1 or sum(runs) != w * h or min(runs, default=0) < 0:
        raise AnnotationError("bad_rle", f"runs of {sum(runs)} pixels for a box of {w}x{h}")
    if left < 0 or top < 0 or left + w > width or top + h > height:
        raise AnnotationError("outside", f"box {left},{top} {w}x{h} in {width}x{height}")
    values = np.arange(len(runs)) % 2 == 1
    out = blank(height, width)
    out[top : top + h, left : left + w] = np.repeat(values, runs).reshape(h, w)
    return _some(out)


def brush(rle: Sequence[int], height: int, width: int) -> Mask:
    """Label Studio's own run lengths: bit-packed RGBA, of which the last channel is the brush.

    Read here because the tool's own package brings forty others for these lines; the tests compare
    with it where it is installed.

    Raises:
        AnnotationError: ``bad_rle`` when they end early or are of another size.
    """
    try:
        bits = np.unpackbits(np.asarray(rle, np.uint8))
    except (OverflowError, TypeError, ValueError):
        raise AnnotationError("bad_rle", "a brush of numbers beyond a byte") from None
    reader = _Bits(bits)
    size = reader.take(32)
    if size != height * width * 4:
        raise AnnotationError("bad_rle", f"brush of {size // 4} pixels for {width}x{height}")
    word = reader.take(5) + 1
    lengths = [reader.take(4) + 1 for _ in range(4)]
    out, at = np.zeros(size, np.uint8), 0
    while at < size:
        run = reader.take(1)
        count = reader.take(lengths[reader.take(2)]) + 1
        if at + count > size:
            raise AnnotationError("bad_rle", "a run beyond the picture")
        if run:
            out[at : at + count] = reader.take(word)
        else:
            out[at : at + count] = [reader.take(word) for _ in range(count)]
        at += count
    return _some(out.reshape(height, width, 4)[..., 3] > 0)


class _Bits:
    def __init__(self, bits: np.ndarray) -> None:
        self._bits, self._at = bits, 0
        self._weights = 1 << np.arange(32, dtype=np.int64)[::-1]

    def take(self, count: int) -> int:
        part = self._bits[self._at : self._at + count]
        if len(part) < count:
            raise AnnotationError("bad_rle", "a brush that ends early")
        self._at += count
        return int(part @ self._weights[32 - count :])


def png_mask(text: str, x: float, y: float, height: int, width: int) -> Mask:
    """LabelMe's mask: a base64 PNG laid at ``(x, y)``."""
    try:
        data = np.frombuffer(base64.b64decode(text, validate=True), np.uint8)
        small = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
    except (ValueError, cv2.error):
        small = None
    if small is None:
        raise AnnotationError("bad_mask", "no PNG in base64")
    left, top = round(x), round(y)
    if left < 0 or top < 0:
        raise AnnotationError("outside", f"a mask at {left},{top}")
    out = blank(height, width)
    part = small[: height - top, : width - left] > 0
    out[top : top + part.shape[0], left : left + part.shape[1]] = part
    return _some(out)


def _some(mask: Mask) -> Mask:
    if not mask.any():
        raise AnnotationError("empty_mask", "the shape covers no pixel of the picture")
    return mask
