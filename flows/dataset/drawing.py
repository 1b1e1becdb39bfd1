"""Drawing for people: outlines, points, text, bars. Plain PIL and OpenCV, no plotting library."""

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from PIL import Image as Pil
from PIL import ImageDraw, ImageFont

from schemas.arrays import Image, Mask

INK, PAPER, ACCENT, BLUE = (25, 25, 30), (255, 255, 255), (255, 80, 40), (50, 110, 200)
FONT_SIZE = 16


def outline(image: Image, mask: Mask, colour: tuple[int, int, int] = ACCENT) -> Image:
    """A copy with the mask's edge drawn over a dark line, so that it shows on any picture."""
    out = image.copy()
    found, _ = cv2.findContours(mask.view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(out, found, -1, (0, 0, 0), 4)
    cv2.drawContours(out, found, -1, colour, 2)
    return out


def cross(image: Image, x: float, y: float) -> Image:
    """A copy with a marked point."""
    out = image.copy()
    place = (round(x), round(y))
    cv2.drawMarker(out, place, (0, 0, 0), cv2.MARKER_CROSS, 18, 5)
    cv2.drawMarker(out, place, ACCENT, cv2.MARKER_CROSS, 16, 2)
    return out


def shrunk(image: Image, width: int, height: int) -> Image:
    """The picture no larger than ``width`` times ``height``; a small one is left as it is."""
    scale = min(1.0, width / image.shape[1], height / image.shape[0])
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def named(name: str, image: Image) -> Image:
    """The picture under a line that says what it is."""
    return below([paragraph([name], image.shape[1], 14), image])


def paragraph(lines: Sequence[str], width: int, size: int = FONT_SIZE) -> Image:
    """Wrapped text on paper, as wide as asked and as tall as needed."""
    font = ImageFont.load_default(size=size)
    wrapped = [part for line in lines for part in _wrap(line, font, width - 24)]
    step = round(size * 1.4)
    page = Pil.new("RGB", (width, step * len(wrapped) + 16), PAPER)
    draw = ImageDraw.Draw(page)
    for row, text in enumerate(wrapped):
        draw.text((12, 8 + row * step), text, fill=INK, font=font)
    return np.asarray(page)


def _wrap(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> list[str]:
    lines, line = [], ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if line and font.getlength(longer) > width:
            lines.append(line)
            longer = word
        line = longer
    return [*lines, line]


def bars(title: str, counts: Mapping[str, int], width: int = 640) -> Image:
    """A horizontal bar chart with numbers; names have the room they need."""
    font = ImageFont.load_default(size=13)
    row, left = 24, 24 + round(max([0.0, *map(font.getlength, counts)]))
    page = Pil.new("RGB", (width, 40 + row * max(1, len(counts))), PAPER)
    draw = ImageDraw.Draw(page)
    draw.text((12, 8), title, fill=INK, font=ImageFont.load_default(size=FONT_SIZE))
    most = max([1, *counts.values()])
    for index, (name, number) in enumerate(counts.items()):
        y = 36 + index * row
        draw.text((12, y + 2), name, fill=INK, font=font)
        length = round((width - left - 80) * number / most)
        draw.rectangle((left, y, left + length, y + row - 8), fill=BLUE)
        draw.text((left + length + 6, y + 1), str(number), fill=INK, font=font)
    return np.asarray(page)


def _padded(image: Image, height: int) -> Image:
    """A picture with paper below."""
    page = np.full((height, image.shape[1], 3), PAPER, np.uint8)
    page[: image.shape[0]] = image
    return page


def beside(images: Sequence[Image], gap: int = 8) -> Image:
    """Pictures in a row; below lower ones, whose captions have fewer lines, is paper."""
    height = max(image.shape[0] for image in images)
    between = np.full((height, gap, 3), PAPER, np.uint8)
    parts = [part for image in images for part in (_padded(image, height), between)][:-1]
    return np.concatenate(parts, axis=1)


def below(images: Sequence[Image]) -> Image:
    """Pictures of any width under each other."""
    width = max(image.shape[1] for image in images)
    rows = []
    for image in images:
        missing = width - image.shape[1]
        rows.append(np.pad(image, ((0, 0), (0, missing), (0, 0)), constant_values=255))
    return np.concatenate(rows, axis=0)
