"""Names for areas that a person would say and agree with: colour, place, size, shape.

Each word is a claim with three answers: certain, open, or excluded. An area is given a name only
if all of its words are certain of it and every other area of the picture has a word excluded; so
a name that is "nearly true" of two areas is given to neither. What no words tell apart has none.
Only the pristine picture is looked at, and nothing that a distortion changes (texture) is said.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from annotators.language.positions import horizontal_word, vertical_word
from annotators.regions.appearance import PLAIN, colour_bits
from schemas.arrays import Image, Mask
from schemas.boxes import Box

LONG_SIDE: Final = 320
"""Areas are looked at in a copy of about this long side, pixels."""
CERTAIN, EXCLUDED = 0.5, 0.3
"""Shares of an area from which a colour is certain, and below which it is excluded."""
ISH: Final = {
    "grey": "greyish",
    "white": "whitish",
    "red": "reddish",
    "brown": "brownish",
    "yellow": "yellowish",
    "green": "greenish",
    "blue": "bluish",
    "pink": "pinkish",
}
"""What an area is called most of which may be called by a colour."""
MAYBE: Final = 0.75
"""Share of an area that may be called by a colour from which it is called after it."""
DARK, BRIGHT = ((35, 48), (72, 60))
"""Lightness (0 to 100) on whose side most of an area lies, and hardly any of the others."""
LARGE, SMALL = ((0.22, 0.12), (0.035, 0.07))
"""Shares of the picture from which an area is large or small, and beyond which it is not."""
STRIP: Final = (0.3, 0.5)
"""Short over long side of the box of a strip, and of what is none."""
SIDES: Final = {
    "at the top": (0, False),
    "at the bottom": (0, True),
    "on the left": (1, False),
    "on the right": (1, True),
}
"""Place to axis and whether its end is the far one."""
CORNERS: Final = {
    "at the top left": ("at the top", "on the left"),
    "at the top right": ("at the top", "on the right"),
    "at the bottom left": ("at the bottom", "on the left"),
    "at the bottom right": ("at the bottom", "on the right"),
}
RANKS: Final = {
    "largest": (0, 1),
    "leftmost": (1, -1),
    "rightmost": (1, 1),
    "topmost": (2, -1),
    "lowest": (2, 1),
}
"""Superlative to what it measures (log area, across, down) and its sign."""
APART: Final = (0.35, 0.08, 0.08)
"""How far the first must lie before the second: log area, shares of the sides."""
KINDS: Final = (
    ("colour", "place"),
    ("tone", "colour", "place"),
    ("size", "colour"),
    ("colour",),
    ("tone", "place"),
    ("size", "colour", "place"),
    ("size", "tone", "place"),
    ("tone",),
    ("place",),
    ("rank", "colour"),
    ("rank", "tone", "colour"),
    ("rank", "tone"),
    ("rank", "colour", "place"),
    ("rank", "tone", "place"),
)
"""What a name is made of beside its noun, the plainest first."""
CHOICE: Final = 3
"""Of so many names that hold, one is taken, so that not all names sound alike."""

Truth = bool | None


class Area(NamedTuple):
    """An area's answers: word to True (certain), False (excluded) or None (open).

    ``rank`` is open of every area: whether it is the first depends on whom it is compared with,
    by ``measures`` (log of its share, across, down).
    """

    rank: dict[str, Truth]
    size: dict[str, Truth]
    tone: dict[str, Truth]
    colour: dict[str, Truth]
    noun: dict[str, Truth]
    place: dict[str, Truth]
    measures: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def of(self, kind: str) -> dict[str, Truth]:
        """The answers of a kind of words."""
        found: dict[str, Truth] = getattr(self, kind)
        return found


WORDS: Final = ("rank", "size", "tone", "colour", "noun", "place")
"""Kinds of words in the order in which they are said."""


def plain_names(image: Image, masks: Sequence[Mask]) -> list[str]:
    """A name for each area, lower case, without article; empty where there is none.

    Args:
        image: Pristine pixels, RGB, uint8 ``(height, width, 3)``.
        masks: The areas, ``(height, width)`` bool, which do not overlap.
    """
    stride = max(1, max(image.shape[:2]) // LONG_SIDE)
    soft = np.asarray(cv2.blur(np.ascontiguousarray(image), (stride, stride)), np.uint8)
    bits, lightness = colour_bits(np.ascontiguousarray(soft[::stride, ::stride]))
    areas = [_area(mask[::stride, ::stride], bits, lightness) for mask in masks]
    return [_name(number, areas, int(masks[number].sum())) for number in range(len(areas))]


def _name(number: int, areas: Sequence[Area], size: int) -> str:
    """One of the plainest names that hold of this area alone; its pixel count picks which."""
    others = [area for place, area in enumerate(areas) if place != number]
    found = []
    for words in _candidates(areas[number]):
        if all(_told(words, areas[number], other) for other in others):
            found.append(" ".join(words[kind] for kind in WORDS if kind in words))
        if len(found) == CHOICE:
            break
    return found[size % len(found)] if found else ""


def _told(words: dict[str, str], area: Area, other: Area) -> bool:
    """Whether a word is excluded of the other area, or the area surely comes before it."""
    if any(other.of(kind).get(word) is False for kind, word in words.items()):
        return True
    if "rank" not in words:
        return False
    which, sign = RANKS[words["rank"]]
    return sign * (area.measures[which] - other.measures[which]) >= APART[which]


def _candidates(area: Area) -> Iterator[dict[str, str]]:
    """Kinds of words to words that are certain, plainest first."""
    certain = {kind: [word for word, truth in area.of(kind).items() if truth] for kind in WORDS}
    certain["rank"] = list(area.rank)
    for kinds in KINDS:
        for noun in certain["noun"]:
            for words in product(*(certain[kind] for kind in kinds)):
                chosen = {"noun": noun, **dict(zip(kinds, words, strict=True))}
                if not _odd(chosen):
                    yield chosen


def _odd(words: dict[str, str]) -> bool:
    """Words that do not go together: dark black, a small patch, the leftmost at the right."""
    colour, tone, noun = words.get("colour"), words.get("tone"), words["noun"]
    doubled = colour in ("black", "white", "whitish") and tone is not None
    if noun == "corner":
        # Whatever its colour, everybody finds a corner; there is one of each.
        return doubled or words.get("place") not in CORNERS or "rank" in words or "size" in words
    # Nobody knows where a plain "area" ends: it needs a colour, or to be dark or bright.
    vague = colour is None and tone is None
    turned = "place" in words and words.get("rank", "largest") != "largest"
    return doubled or vague or turned or (noun == "patch" and "size" in words)


def _area(mask: Mask, bits: NDArray[np.uint32], lightness: NDArray[np.uint8]) -> Area:
    rows, columns = np.nonzero(mask)
    if rows.size == 0:  # nothing of it is left in the small copy
        return Area({}, {}, {}, {}, {}, {})
    inside, light = bits[mask], lightness[mask] * (100 / 255)
    height, width = mask.shape
    box = Box(int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1)
    share = rows.size / mask.size
    colour = {
        name: _between(
            float(np.mean(inside >> n & 1)), CERTAIN, float(np.mean(inside >> n + 16 & 1)), EXCLUDED
        )
        for n, name in enumerate(PLAIN)
    }
    settled = any(colour.values())  # a red area may be called brownish, but nobody does
    for name, ish in ISH.items():
        may = float(np.mean(inside >> PLAIN.index(name) + 16 & 1))
        truth = _between(may, MAYBE, may, EXCLUDED)
        colour[ish] = None if truth and settled else truth
    tone = {
        "dark": _most(light <= DARK[0], light <= DARK[1]),
        "bright": _most(light >= BRIGHT[0], light >= BRIGHT[1]),
    }
    size = {
        "large": _between(share, LARGE[0], share, LARGE[1]),
        "small": _between(-share, -SMALL[0], -share, -SMALL[1]),
    }
    thin = min(box.width, box.height) / max(box.width, box.height)
    fill = rows.size / box.area
    place = _places(rows / height, columns / width, box, height, width)
    noun: dict[str, Truth] = {
        "corner": _is_corner(mask, share),
        "strip": True if thin <= STRIP[0] and fill >= 0.5 else False if thin > STRIP[1] else None,
        "patch": True if share <= SMALL[0] and thin > STRIP[1] and fill > 0.4 else None,
        "area": True,
    }
    measures = (math.log(share), float(columns.mean()) / width, float(rows.mean()) / height)
    return Area(dict.fromkeys(RANKS), size, tone, colour, noun, place, measures)


def _between(value: float, yes: float, other: float, no: float) -> Truth:
    return True if value >= yes else False if other < no else None


def _most(surely: NDArray[np.bool_], perhaps: NDArray[np.bool_]) -> Truth:
    return _between(float(surely.mean()), 0.65, float(perhaps.mean()), 0.35)


def _is_corner(mask: Mask, share: float) -> Truth:
    """A corner is small enough and holds the picture's own corner."""
    holds = any(mask[row, column] for row in (0, -1) for column in (0, -1))
    return holds and share < 0.12


def _places(
    down: NDArray[np.float64], across: NDArray[np.float64], box: Box, height: int, width: int
) -> dict[str, Truth]:
    """Where most of the area lies; never another side than that of the box's centre."""
    ends = {horizontal_word(box, width), vertical_word(box, height)}
    found: dict[str, Truth] = {}
    for place, (axis, far) in SIDES.items():
        along = (down, across)[axis]
        reach = 1 - along if far else along
        near, half = float(np.mean(reach < 0.45)), float(np.mean(reach < 0.5))
        truth = _between(near, 0.75, half, 0.35)
        found[place] = truth if truth is not True or place.split()[-1] in ends else None
    central = (abs(down - 0.5) < 0.25) & (abs(across - 0.5) < 0.25)
    found["in the middle"] = _between(float(central.mean()), 0.7, float(central.mean()), 0.3)
    for corner, sides in CORNERS.items():
        truths = [found[side] for side in sides]
        found[corner] = all(truths) or (False if False in truths else None)
    # The corner says more than the side, and comes first where both hold.
    return dict(sorted(found.items(), key=lambda item: item[0] not in CORNERS))
