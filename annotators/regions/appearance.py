"""Everyday names of colours, and how much of an area bears one beyond doubt.

A colour is said of an area only where most of it could be called nothing else, and denied of it
only where hardly any could be called so; what lies between, bluish grey or olive, says nothing.
"""

import math
from functools import cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from schemas.arrays import Image

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

PLAIN: Final = (
    "black",
    "grey",
    "white",
    "red",
    "orange",
    "brown",
    "yellow",
    "green",
    "turquoise",
    "blue",
    "purple",
    "pink",
    "beige",
)
"""The colours that areas are named by."""
# Last word of a colour's name to the plain name, and to whatever else it may be called.
_CALLED: Final = {
    "black": ("black", ()),
    "grey": ("grey", ()),
    "white": ("white", ()),
    "red": ("red", ("pink", "orange", "brown")),
    "orange": ("orange", ("brown", "red", "yellow")),
    "brown": ("brown", ("orange", "red", "yellow")),
    "yellow": ("yellow", ("orange", "beige")),
    "yellow-green": ("green", ("yellow",)),
    "green": ("green", ()),
    "turquoise": ("turquoise", ("blue", "green")),
    "blue": ("blue", ("purple", "turquoise")),
    "purple": ("purple", ("blue", "pink")),
    "pink": ("pink", ("red", "purple")),
    "beige": ("beige", ("brown", "white", "yellow", "pink")),
    "cream": ("", ("beige", "white", "yellow")),
    "olive": ("", ("green", "brown", "yellow")),
}
_TINTED: Final = {
    "reddish": "red",
    "brownish": "brown",
    "yellowish": "yellow",
    "greenish": "green",
    "bluish": "blue",
    "purplish": "purple",
    "pinkish": "pink",
    "olive": "brown",
}
STEP: Final = 8
"""Levels of 8-bit Lab that share an entry of the table."""


def plain_colours(name: str) -> tuple[str, frozenset[str]]:
    """The plain colour a name stands for beyond doubt, else empty; and all it may be called."""
    words = name.split()
    plain, others = _CALLED[words[-1]]
    may = {plain, *others, *(_TINTED[word] for word in words[:-1] if word in _TINTED)}
    if "purplish" in words or name == "dark purple":  # the night sky is blue to most
        may, plain = may | {"blue"}, ""
    if words[0] == "dark":
        may |= {"black"}
    if words[-1] == "grey" and len(words) > 1:
        may |= {"white"} if words[0] == "pale" else set()
        plain = "grey" if name == "pale grey" else ""
    return plain, frozenset(may - {""})


@cache
def _table() -> NDArray[np.uint32]:
    """Per Lab cell: bit of the certain colour, and of the possible ones above.

    Cells lie about multiples of ``STEP``, so that neutral pixels are in the middle of theirs.
    """
    cells = 256 // STEP + 1
    table = np.zeros((cells, cells, cells), np.uint32)
    for index in np.ndindex(table.shape):
        lightness, a, b = (STEP * place for place in index)
        certain, may = plain_colours(
            colour_name(round(min(lightness, 255) / 2.55), a - 128, b - 128)
        )
        bits = sum(1 << (16 + PLAIN.index(name)) for name in may)
        table[index] = bits | (1 << PLAIN.index(certain) if certain else 0)
    return table


def colour_bits(image: Image) -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
    """Bits of ``_table`` and 8-bit Lab lightness of each pixel, ``(height, width)``."""
    lab = np.asarray(cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2LAB), np.uint8)
    cell = (lab.astype(np.int16) + STEP // 2) // STEP
    return _table()[cell[..., 0], cell[..., 1], cell[..., 2]], lab[..., 0]


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
