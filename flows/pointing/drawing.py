"""Answer, point and mask on the picture they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL.Image import Image as PilImage

    from schemas.arrays import Image, Mask


MASK_COLOUR = np.array([250, 30, 200], np.float32)
TARGET = (40, 220, 90)
POINT = (255, 230, 0)
LINE = 18


def draw_grounding(
    image: Image,
    answer: str,
    point: tuple[float, float] | None,
    mask: Mask | None,
    target: Mask | None = None,
) -> PilImage:
    """A picture with its answer below.

    Args:
        image: ``(height, width, 3)`` uint8, RGB.
        answer: What was said.
        point: ``(x, y)`` in pixels, drawn as a ring with a cross.
        mask: What was grounded, tinted and outlined.
        target: What should have been grounded, outlined.
    """
    from PIL import Image as Pil
    from PIL import ImageDraw

    height, width = image.shape[:2]
    lines = _wrapped(answer, max(16, width // 7))
    sheet = Pil.new("RGB", (width, height + LINE * len(lines) + 8), "white")
    sheet.paste(marked(image, point, mask, target), (0, 0))
    draw = ImageDraw.Draw(sheet)
    for number, line in enumerate(lines):
        draw.text((4, height + 4 + LINE * number), line, fill="black")
    return sheet


def marked(
    image: Image,
    point: tuple[float, float] | None = None,
    mask: Mask | None = None,
    target: Mask | None = None,
) -> PilImage:
    """A picture with what was grounded on it; arguments as those of ``draw_grounding``."""
    from PIL import Image as Pil
    from PIL import ImageDraw

    shown = np.asarray(image).astype(np.float32)
    if mask is not None:
        shown[mask] = 0.55 * shown[mask] + 0.45 * MASK_COLOUR
    pixels = shown.round().astype(np.uint8)
    if mask is not None:
        pixels[_outline(mask)] = MASK_COLOUR.astype(np.uint8)
    if target is not None:
        pixels[_outline(target)] = TARGET
    picture = Pil.fromarray(pixels)
    if point is not None:
        _ring(ImageDraw.Draw(picture), point, max(7, min(image.shape[:2]) // 40))
    return picture


def _ring(draw: object, point: tuple[float, float], radius: int) -> None:
    x, y = point
    ellipse, line = draw.ellipse, draw.line  # type: ignore[attr-defined]
    for grown, colour in ((2, "black"), (0, POINT)):
        r = radius + grown // 2
        ellipse((x - r, y - r, x + r, y + r), outline=colour, width=2 + grown)
        line((x - r, y, x + r, y), fill=colour, width=1 + grown)
        line((x, y - r, x, y + r), fill=colour, width=1 + grown)


def _outline(mask: Mask) -> Mask:
    """Pixels of a mask beside pixels that are not in it, two wide."""
    import cv2

    raw = mask.astype(np.uint8)
    eroded = cv2.erode(raw, np.ones((3, 3), np.uint8), iterations=2, borderValue=0)
    outline: Mask = (raw > 0) & (eroded == 0)
    return outline


def _wrapped(text: str, width: int) -> list[str]:
    import textwrap

    return textwrap.wrap(text, width) or ["(no answer)"]
