"""Drawn shapes as masks.

Polygons are filled by the even-odd rule: where a line crosses itself, what is enclosed twice is
outside, which is what labelling tools show while one draws. OpenCV would add the outline, half a
pixel all around. What lies beyond the picture is cut.

Nothing is allocated before the sizes are looked at, and no shape may have more points than a person
or a tool that traces outlines makes.
"""

import base64
import binascii
import math
import struct
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from annotators.human.fill import fill_even_odd, unpack_brush
from schemas.arrays import Mask
from schemas.errors import AnnotationError

MOST_PIXELS = 100_000_000
MOST_POINTS = 100_000
FAR = 20
"""How many times the picture's side a coordinate may be."""
PNG_START = b"\x89PNG\r\n\x1a\n"


def whole(value: Any) -> int:
    """A count of pixels, whole or written as text or with a fraction.

    Raises:
        AnnotationError: ``bad_size``.
    """
    try:
        return int(float(value))
    except (OverflowError, TypeError, ValueError):
        raise AnnotationError("bad_size", f"no number of pixels: {value!r:.40}") from None


def require_size(height: int, width: int) -> None:
    """Refuse sizes that no photograph has.

    Raises:
        AnnotationError: ``no_size`` when nothing is known, else ``bad_size``.
    """
    if not height and not width:
        raise AnnotationError("no_size", "no size is stated and the picture is not at hand")
    if height < 1 or width < 1 or height * width > MOST_PIXELS:
        raise AnnotationError("bad_size", f"a picture of {width}x{height}"[:80])


def blank(height: int, width: int) -> Mask:
    """An empty mask; refuses sizes that no photograph has."""
    require_size(height, width)
    return np.zeros((height, width), np.bool_)


def _line(points: Any, height: int, width: int, least: int) -> NDArray[np.float64]:
    """Points ``(number, 2)`` after all checks."""
    require_size(height, width)
    if not isinstance(points, Sequence) or isinstance(points, str):
        raise AnnotationError("bad_polygon", f"no points x, y: {points!r:.60}")
    if len(points) > MOST_POINTS:
        raise AnnotationError("too_many_points", f"{len(points)} points, allowed {MOST_POINTS}")
    try:
        line = np.asarray([[float(x), float(y)] for x, y in points], np.float64)
    except (OverflowError, TypeError, ValueError):
        raise AnnotationError("bad_polygon", f"no points x, y: {points!r:.60}") from None
    if len(line) < least or not np.isfinite(line).all():
        raise AnnotationError("bad_polygon", f"{len(line)} points, or one that is not a number")
    if np.abs(line).max() > FAR * max(height, width):
        raise AnnotationError("outside", "coordinates lie far outside the picture")
    return line


def polygon(points: Sequence[Sequence[float]], height: int, width: int) -> Mask:
    """The inside of a closed line of ``(x, y)`` pixels.

    Raises:
        AnnotationError: ``bad_polygon``, ``too_many_points``, ``bad_size``, ``empty_mask`` or
            ``outside``.
    """
    # A pixel belongs to the shape when its centre does.
    line = _line(points, height, width, 3) - 0.5
    out = blank(height, width)
    left, top = (max(0, int(side)) for side in np.floor(line.min(axis=0)))
    right, bottom = (max(0, int(side) + 1) for side in np.ceil(line.max(axis=0)))
    part = np.ascontiguousarray(out[top:bottom, left:right]).view(np.uint8)
    if part.size:
        xs, ys = (np.ascontiguousarray(line[:, axis]) for axis in (0, 1))
        fill_even_odd(xs, ys, left, top, part)
        out[top:bottom, left:right] = part.view(np.bool_)
    return _some(out)


def rectangle(x: float, y: float, w: float, h: float, turn: float, height: int, width: int) -> Mask:
    """A box with its corner at ``(x, y)``, turned about that corner by degrees clockwise."""
    x, y, w, h, turn = _finite(x, y, w, h, turn)
    sine, cosine = math.sin(math.radians(turn)), math.cos(math.radians(turn))
    corners = [(0.0, 0.0), (w, 0.0), (w, h), (0.0, h)]
    return polygon(
        [(x + a * cosine - b * sine, y + a * sine + b * cosine) for a, b in corners], height, width
    )


def centred_rectangle(
    x: float, y: float, w: float, h: float, turn: float, height: int, width: int
) -> Mask:
    """A box whose corner was at ``(x, y)`` before it was turned about its middle."""
    x, y, w, h, turn = _finite(x, y, w, h, turn)
    sine, cosine = math.sin(math.radians(turn)), math.cos(math.radians(turn))
    across, down = (w * cosine - h * sine) / 2, (w * sine + h * cosine) / 2
    return rectangle(x + w / 2 - across, y + h / 2 - down, w, h, turn, height, width)


def _finite(*values: Any) -> tuple[float, ...]:
    try:
        numbers = tuple(map(float, values))
    except (OverflowError, TypeError, ValueError):
        numbers = (math.nan,)
    if not all(map(math.isfinite, numbers)):
        raise AnnotationError("bad_box", f"not numbers: {values!r:.80}")
    if max(map(abs, numbers)) > FAR * MOST_PIXELS:
        raise AnnotationError("outside", "coordinates lie far outside the picture")
    return numbers


def ellipse(x: float, y: float, rx: float, ry: float, turn: float, height: int, width: int) -> Mask:
    """An ellipse about ``(x, y)``."""
    x, y, rx, ry, turn = _finite(x, y, rx, ry, turn)
    angles = np.linspace(0, 2 * math.pi, 180, endpoint=False)
    sine, cosine = math.sin(math.radians(turn)), math.cos(math.radians(turn))
    across, down = rx * np.cos(angles), ry * np.sin(angles)
    points = np.stack([x + across * cosine - down * sine, y + across * sine + down * cosine], 1)
    return polygon(points.tolist(), height, width)


def thick_line(points: Sequence[Sequence[float]], height: int, width: int, size: int = 3) -> Mask:
    """An open line, three pixels thick: people draw scratches and edges so."""
    line = np.round(_line(points, height, width, 1)).astype(np.int32)
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
    require_size(height, width)
    if left < 0 or top < 0 or left + w > width or top + h > height:
        detail = f"box {left},{top} {w}x{h} in {width}x{height}"
        raise AnnotationError("outside", detail[:120])
    if w < 1 or h < 1 or sum(runs) != w * h or min(runs, default=0) < 0:
        detail = f"runs of {sum(runs)} pixels for a box of {w}x{h}"
        raise AnnotationError("bad_rle", detail[:120])
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
    require_size(height, width)
    try:
        data = np.asarray(rle, np.uint8).ravel()
    except (OverflowError, TypeError, ValueError):
        raise AnnotationError("bad_rle", "a brush of numbers beyond a byte") from None
    if data.size < 7:
        raise AnnotationError("bad_rle", "a brush that ends early")
    head = int.from_bytes(data[:7].tobytes(), "big")
    size = head >> 24
    if size != height * width * 4:
        raise AnnotationError("bad_rle", f"brush of {size // 4} pixels for {width}x{height}")
    word = (head >> 19 & 31) + 1
    lengths = np.array([(head >> shift & 15) + 1 for shift in (15, 11, 7, 3)], np.uint8)
    out = np.zeros(size, np.uint8)
    failed = unpack_brush(data, 53, word, lengths, out)
    if failed:
        why = "a brush that ends early" if failed == 1 else "a run beyond the picture"
        raise AnnotationError("bad_rle", why)
    return _some(out.reshape(height, width, 4)[..., 3] > 0)


def png_mask(text: str, x: float, y: float, height: int, width: int) -> Mask:
    """LabelMe's mask: a base64 PNG laid at ``(x, y)``."""
    require_size(height, width)
    x, y = _finite(x, y)
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, TypeError, ValueError):
        data = b""
    if data[:8] != PNG_START or len(data) < 24:
        raise AnnotationError("bad_mask", "no PNG in base64")
    # The header is looked at before decoding: a small file may claim a gigantic picture.
    across, down = struct.unpack(">II", data[16:24])
    require_size(down, across)
    small = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    if small is None:
        raise AnnotationError("bad_mask", "a PNG that cannot be decoded")
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
