"""Names of areas by what can be seen: texture, lightness and colour, never what the thing is.

``smooth pale blue area``, ``finely textured dark green area``. The name follows from integer
statistics of the area alone, so areas that look alike in these respects share a name; telling
them apart by position is the asker's work.
"""

import math
from typing import Final, NamedTuple

import cv2
import numpy as np

from schemas.arrays import Image, Mask, require_image, require_mask
from schemas.boxes import Box
from schemas.errors import ContractError

EDGE: Final = 3
"""Pixels along the area's border that are not counted as its texture."""
TEXTURES: Final = ((40, "smooth"), (150, "finely textured"))
"""Mean absolute Laplacian of the luma, tenths of a grey level, below which a word holds."""
ROUGHEST: Final = "strongly textured"
MOTLEY: Final = 22
"""Standard deviation of Lab ``a`` and ``b`` together from which no one colour is named."""

GREYS: Final = ((12, "black"), (38, "dark grey"), (62, "grey"), (86, "pale grey"))
"""Lab lightness (0 to 100) below which a neutral colour has the name; lighter is white."""
GREY_CHROMA: Final = 5
"""Lab chroma below which a colour is neutral."""
HUES: Final = (
    (12, "rose"),
    (42, "red"),
    (52, "orange-red"),
    (74, "orange"),
    (104, "yellow"),
    (124, "yellow-green"),
    (172, "green"),
    (222, "turquoise"),
    (306, "blue"),
    (334, "purple"),
    (350, "pink"),
    (361, "rose"),
)
"""Lab hue angle in degrees below which a hue has the name."""
TINTS: Final = {
    "pink": "pinkish grey",
    "rose": "reddish grey",
    "red": "reddish grey",
    "orange-red": "reddish grey",
    "orange": "brownish grey",
    "yellow": "yellowish grey",
    "yellow-green": "greenish grey",
    "green": "greenish grey",
    "turquoise": "bluish grey",
    "blue": "bluish grey",
    "purple": "purplish grey",
}
"""What a grey is called that leans to a hue."""


class Appearance(NamedTuple):
    """How an area looks.

    Args:
        texture: ``smooth``, ``finely textured`` or ``strongly textured``.
        colour: Everyday name of the mean colour, e.g. ``dark green``.
    """

    texture: str
    colour: str

    @property
    def label(self) -> str:
        """The name, lower case, without article."""
        return f"{self.texture} {self.colour} area"

    @property
    def alternatives(self) -> tuple[str, ...]:
        """Shorter names that are true as well."""
        return (f"{self.colour} area",)


def describe(image: Image, mask: Mask) -> Appearance:
    """How the masked area of the picture looks; an empty mask raises ``ContractError``."""
    require_image(image)
    require_mask(mask, *image.shape[:2])
    x, y, width, height = cv2.boundingRect(np.ascontiguousarray(mask).view(np.uint8))
    if width == 0:
        raise ContractError("an empty mask has no appearance")
    here = Box(x, y, x + width, y + height).slices
    crop, inside = image[here], np.ascontiguousarray(mask[here]).view(np.uint8)
    mean, spread = cv2.meanStdDev(cv2.cvtColor(crop, cv2.COLOR_RGB2LAB), mask=inside)
    lightness, a, b = (round(float(value)) for value in mean[:, 0])
    if round(math.hypot(spread[1, 0], spread[2, 0]), 3) >= MOTLEY:
        return Appearance(_texture(crop, inside), "multicoloured")
    colour = colour_name(round(lightness * 100 / 255), a - 128, b - 128)
    return Appearance(_texture(crop, inside), colour)


def _texture(crop: Image, inside: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> str:
    """The word for the mean absolute Laplacian inside the area, away from its border."""
    laplacian = cv2.Laplacian(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), cv2.CV_16S)
    core = cv2.erode(inside, np.ones((2 * EDGE + 1, 2 * EDGE + 1), np.uint8))
    used = core if core.any() else inside
    tenths = round(10 * cv2.mean(cv2.absdiff(laplacian, np.zeros_like(laplacian)), used)[0])
    return next((word for limit, word in TEXTURES if tenths < limit), ROUGHEST)


def colour_name(lightness: int, a: int, b: int) -> str:
    """Everyday name of a CIE Lab colour: lightness 0 to 100, ``a`` and ``b`` about -128 to 127."""
    squared = a * a + b * b
    if squared < GREY_CHROMA**2:
        return next((name for limit, name in GREYS if lightness < limit), "white")
    if lightness < 8:
        return "black"
    degrees = round(math.degrees(math.atan2(b, a))) % 360
    hue = next(name for limit, name in HUES if degrees < limit)
    # Dark colours reach little chroma, and yellow needs more than others to be seen as such.
    tint = min(16, 6 + lightness // 4) + (3 if hue.startswith("yellow") else 0)
    if squared < tint**2:
        return _tinted(hue, lightness)
    return _chromatic(hue, lightness, squared)


def _tinted(hue: str, lightness: int) -> str:
    if hue in ("orange", "yellow", "yellow-green") and lightness >= 84:
        return "cream"
    return _shaded(TINTS[hue], lightness, 38, 68)


def _chromatic(hue: str, lightness: int, squared: int) -> str:
    """Name of a colour that is no grey."""
    muted, dull = squared < 28**2, squared < 42**2
    if hue in ("pink", "rose", "red", "orange-red"):
        return _reddish(hue, lightness, muted, dull)
    if hue in ("orange", "yellow", "yellow-green"):
        return _yellowish(hue, lightness, muted, dull)
    # Blue and purple are darker than other hues at their most vivid.
    deep = hue in ("blue", "purple")
    dark, pale = (36 if dull else 26, 66) if deep else (36, 76)
    return _shaded(hue, lightness, dark, pale if dull else 101)


def _reddish(hue: str, lightness: int, muted: bool, dull: bool) -> str:
    if hue == "orange-red":
        if lightness < 62 and dull:
            return _shaded("reddish brown", lightness, 30, 101)
        hue = "red" if lightness < 46 else "orange"
        return _shaded(hue, lightness, 30, 101 if not dull else 62)
    if hue == "rose":
        hue = "red" if lightness < 48 else "pink"
    if hue == "pink" and lightness < 48:
        return _shaded("purple", lightness, 36, 101)
    if hue == "pink" or lightness >= 62:
        return _shaded("pink", lightness, 0, 78)
    return _shaded("reddish brown" if muted else "red", lightness, 30, 101)


def _yellowish(hue: str, lightness: int, muted: bool, dull: bool) -> str:
    """Brown, beige, cream and olive are what dull orange to green is called."""
    if dull and lightness >= (80 if hue == "yellow-green" else 68):
        return "cream" if lightness >= 86 else "beige"
    if hue == "orange" and (dull or lightness < 52):
        return _shaded("brown", lightness, 30, 58)
    if hue == "yellow" and lightness < 68:
        return _shaded("yellowish brown" if muted else "olive", lightness, 38, 101)
    if hue == "yellow-green" and dull:
        return _shaded("olive green", lightness, 38, 68)
    return _shaded(hue, lightness, 36, 101)


def _shaded(name: str, lightness: int, dark: int, pale: int) -> str:
    if lightness < dark:
        return f"dark {name}"
    return f"pale {name}" if lightness >= pale else name
