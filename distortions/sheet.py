"""Contact sheets: types down, severities across, to be looked at by a person."""

from collections.abc import Sequence

import cv2
import numpy as np

from distortions.registry import SEVERITIES, Distortion
from schemas.arrays import Image
from schemas.boxes import Box

CELL = 192
GUTTER = 6
LINE = 18
STRIDE = 8
"""Windows for the detail start at multiples of this many pixels."""
EDGE = 48
"""A gradient counts as this at most, so that one hard edge is not taken for texture."""


def contact_sheet(image: Image, types: Sequence[Distortion], seed: int = 0) -> Image:
    """Every type at every severity: the whole picture above, a detail of it below.

    The picture is degraded as a whole and only then scaled down and cut, so that both show what
    a region would get. Where it is no larger than a cell there is no detail.

    Returns:
        uint8 RGB; a title, a line of captions and one or two strips for each type: the source,
        then severities 1 to 5.
    """
    window = textured_window(image)
    return np.concatenate([_strips(image, entry, seed, window) for entry in types], axis=0)


def textured_window(image: Image, side: int = CELL) -> Box:
    """The square of ``side`` pixels (less in a smaller picture) where the picture has most texture.

    Texture is the sum of horizontal and vertical steps of luma, large ones cut; ties go to the
    first in row order.
    """
    height, width = image.shape[:2]
    tall, wide = min(side, height), min(side, width)
    luma = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY).astype(np.int16)
    steps = np.zeros((height, width), np.int64)
    steps[:, 1:] += np.minimum(np.abs(np.diff(luma, axis=1)), EDGE)
    steps[1:] += np.minimum(np.abs(np.diff(luma, axis=0)), EDGE)
    sums = np.pad(steps.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    rows = np.arange(0, height - tall + 1, STRIDE)[:, None]
    columns = np.arange(0, width - wide + 1, STRIDE)
    texture = (
        sums[rows + tall, columns + wide]
        - sums[rows, columns + wide]
        - sums[rows + tall, columns]
        + sums[rows, columns]
    )
    row, column = np.unravel_index(int(texture.argmax()), texture.shape)
    y, x = int(rows[row, 0]), int(columns[column])
    return Box(x, y, x + wide, y + tall)


def _strips(image: Image, entry: Distortion, seed: int, window: Box) -> Image:
    pictures = [image, *(entry(image, severity, seed=seed) for severity in SEVERITIES)]
    captions = ["source", *(_caption(entry, severity) for severity in SEVERITIES)]
    strips = [np.concatenate([_cell(_fitted(picture)) for picture in pictures], axis=1)]
    if max(image.shape[:2]) > CELL:
        details = [_cell(picture[window.slices]) for picture in pictures]
        strips.append(np.concatenate(details, axis=1))
    wide = strips[0].shape[1]
    title = _line([(4, f"{entry.family}: {entry.name}")], wide)
    numbers = _line([(4 + i * (CELL + GUTTER), text) for i, text in enumerate(captions)], wide)
    return np.concatenate([title, numbers, *strips], axis=0)


def _caption(entry: Distortion, severity: int) -> str:
    """The severity and the values of its level, as many as fit."""
    fixed = [name for name in entry.parameters if name not in entry.draws]
    level = zip(fixed, entry.levels[severity - 1], strict=True)
    text = f"{severity}  ({', '.join(f'{name} {value:g}' for name, value in level)})"
    return text if fixed and len(text) <= 28 else str(severity)


def _fitted(picture: Image) -> Image:
    height, width = picture.shape[:2]
    scale = min(1.0, CELL / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _cell(crop: Image) -> Image:
    """``crop`` in a white cell; all cells have the same width."""
    framed = np.full((crop.shape[0] + GUTTER, CELL + GUTTER, 3), 255, np.uint8)
    framed[: crop.shape[0], : crop.shape[1]] = crop
    return framed


def _line(texts: Sequence[tuple[int, str]], width: int) -> Image:
    """Texts on white, each from its own column on."""
    line = np.full((LINE, width, 3), 255, np.uint8)
    for left, text in texts:
        place, font = (left, LINE - 5), cv2.FONT_HERSHEY_SIMPLEX
        cv2.putText(line, text, place, font, 0.42, (0, 0, 0), 1, cv2.LINE_AA)
    return line
