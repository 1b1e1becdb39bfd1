"""What can be said of an area in plain words: colour, tone, size, shape, place.

Each word is a claim with three answers: certain, open, or excluded. Only the pristine picture is
looked at, in a small copy.
"""

import math
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from annotators.language.positions import horizontal_word, vertical_word
from annotators.regions.appearance import PLAIN
from schemas.arrays import Mask
from schemas.boxes import Box

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

THIN: Final = 0.018
"""Radius of the largest disc inside a thin area, share of the picture's long side."""
TALL: Final = (1.9, 1.3)
"""Long over short side of the box of something tall or wide, and of what is not."""
ROUND: Final = (0.82, 0.6)
"""Share that an area fills of the circle about it, and of what is not round."""
EDGES: Final = {
    "along the top edge": (0, False),
    "along the bottom edge": (0, True),
    "along the left edge": (1, False),
    "along the right edge": (1, True),
}
"""Place to axis and whether its end is the far one."""
ALONG: Final = (0.6, 0.25)
"""Share of a side that an area touches that lies along it, and below which it does not."""
HALVES: Final = {
    "in the upper half": (0, False),
    "in the lower half": (0, True),
    "in the left half": (1, False),
    "in the right half": (1, True),
}
Truth = bool | None


class Area(NamedTuple):
    """An area's answers: word to True (certain), False (excluded) or None (open).

    ``rank`` is open of every area: whether it is the first depends on whom it is compared with,
    by ``measures`` (log of its share, across, down).
    """

    rank: dict[str, Truth]
    size: dict[str, Truth]
    shape: dict[str, Truth]
    tone: dict[str, Truth]
    colour: dict[str, Truth]
    noun: dict[str, Truth]
    place: dict[str, Truth]
    measures: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def of(self, kind: str) -> dict[str, Truth]:
        """The answers of a kind of words."""
        found: dict[str, Truth] = getattr(self, kind)
        return found

    @property
    def share(self) -> float:
        """Its share of the picture."""
        return math.exp(self.measures[0])


def is_thin(mask: Mask) -> bool:
    """Whether an area is a line rather than an area: a frame, a crack, a rope.

    Args:
        mask: In the small copy, bool ``(height, width)``.
    """
    padded = np.pad(mask, 1).view(np.uint8)
    deepest = float(cv2.distanceTransform(padded, cv2.DIST_L2, 3).max())
    return deepest < float(THIN * max(mask.shape))


def measured(mask: Mask, bits: NDArray[np.uint32], lightness: NDArray[np.uint8]) -> Area:
    """An area's answers from its mask in the small copy and what is seen there.

    Args:
        mask: Where it is, bool ``(height, width)``.
        bits: Colours of each pixel, see ``appearance.colour_bits``.
        lightness: 8-bit Lab lightness of each pixel.
    """
    rows, columns = np.nonzero(mask)
    if rows.size == 0:  # nothing of it is left in the small copy
        return Area({}, {}, {}, {}, {}, {}, {})
    inside, light = bits[mask], lightness[mask] * (100 / 255)
    height, width = mask.shape
    box = Box(int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1)
    share = rows.size / mask.size
    return Area(
        rank=dict.fromkeys(RANKS),
        size={
            "large": between(share, LARGE[0], share, LARGE[1]),
            "small": between(-share, -SMALL[0], -share, -SMALL[1]),
        },
        shape=_shapes(rows, columns, box),
        tone={
            "dark": _most(light <= DARK[0], light <= DARK[1]),
            "bright": _most(light >= BRIGHT[0], light >= BRIGHT[1]),
        },
        colour=_colours(inside),
        noun=_nouns(mask, box, rows.size),
        place=_places(rows / height, columns / width, box, mask),
        measures=(math.log(share), float(columns.mean()) / width, float(rows.mean()) / height),
    )


def _colours(inside: NDArray[np.uint32]) -> dict[str, Truth]:
    colour = {
        name: between(
            float(np.mean(inside >> n & 1)), CERTAIN, float(np.mean(inside >> n + 16 & 1)), EXCLUDED
        )
        for n, name in enumerate(PLAIN)
    }
    settled = any(colour.values())  # a red area may be called brownish, but nobody does
    for name, ish in ISH.items():
        may = float(np.mean(inside >> PLAIN.index(name) + 16 & 1))
        truth = between(may, MAYBE, may, EXCLUDED)
        colour[ish] = None if truth and settled else truth
    return colour


def _shapes(rows: NDArray[np.intp], columns: NDArray[np.intp], box: Box) -> dict[str, Truth]:
    """Tall, wide, round: of the box, where the area fills it."""
    upright, filled = box.height / box.width, rows.size / box.area >= 0.5
    slant = math.sqrt(0.5)
    lines = ((rows + columns) * slant, (rows - columns) * slant)
    reach = max(box.height, box.width, *(float(np.ptp(line)) + 1 for line in lines))
    disc = rows.size / (math.pi / 4 * reach * reach)
    found: dict[str, Truth] = {
        "tall": between(upright, TALL[0], upright, TALL[1]),
        "wide": between(1 / upright, TALL[0], 1 / upright, TALL[1]),
        "round": between(disc, ROUND[0], disc, ROUND[1]),
    }
    return {word: None if truth and not filled else truth for word, truth in found.items()}


def _nouns(mask: Mask, box: Box, size: int) -> dict[str, Truth]:
    share, fill = size / mask.size, size / box.area
    thin = min(box.width, box.height) / max(box.width, box.height)
    strip: Truth = True if thin <= STRIP[0] and fill >= 0.5 else False if thin > STRIP[1] else None
    spans = box.width == mask.shape[1] or box.height == mask.shape[0]
    return {
        "corner": _is_corner(mask, share),
        "band": strip if spans else False,
        "strip": strip,
        "patch": True if share <= SMALL[0] and thin > STRIP[1] and fill > 0.4 else None,
        "area": True,
    }


def between(value: float, yes: float, other: float, no: float) -> Truth:
    """Certain from ``yes`` up; excluded where ``other`` is below ``no``; else open."""
    return True if value >= yes else False if other < no else None


def _most(surely: NDArray[np.bool_], perhaps: NDArray[np.bool_]) -> Truth:
    return between(float(surely.mean()), 0.65, float(perhaps.mean()), 0.35)


def _is_corner(mask: Mask, share: float) -> Truth:
    """A corner is small enough and holds the picture's own corner."""
    holds = any(mask[row, column] for row in (0, -1) for column in (0, -1))
    return bool(holds and share < 0.12)


def _places(
    down: NDArray[np.float64], across: NDArray[np.float64], box: Box, mask: Mask
) -> dict[str, Truth]:
    """Where most of the area lies; never another side than that of the box's centre."""
    height, width = mask.shape
    ends = {horizontal_word(box, width), vertical_word(box, height)}
    found: dict[str, Truth] = {}
    for place, (axis, far) in SIDES.items():
        near, half = _near((down, across)[axis], far, 0.45), _near((down, across)[axis], far, 0.5)
        truth = between(near, 0.75, half, 0.35)
        found[place] = truth if truth is not True or place.split()[-1] in ends else None
    for place, (axis, far) in HALVES.items():
        inside, half = (_near((down, across)[axis], far, reach) for reach in (0.47, 0.5))
        found[place] = between(inside, 0.9, half, 0.35)
    for place, (axis, far) in EDGES.items():
        line = np.take(mask, -1 if far else 0, axis)
        touching, near = float(line.mean()), _near((down, across)[axis], far, 0.3)
        found[place] = between(min(touching, near), ALONG[0], touching, ALONG[1])
    central = (abs(down - 0.5) < 0.25) & (abs(across - 0.5) < 0.25)
    found["in the middle"] = between(float(central.mean()), 0.7, float(central.mean()), 0.3)
    for corner, sides in CORNERS.items():
        truths = [found[side] for side in sides]
        found[corner] = all(truths) or (False if False in truths else None)
    if any(found[place] for place in (*SIDES, *CORNERS, *EDGES, "in the middle")):
        # Whoever knows a nearer place does not say "half".
        found |= {place: None for place in HALVES if found[place]}
    # The corner and the edge say more than the side, and come first where both hold.
    return dict(sorted(found.items(), key=lambda item: item[0] not in {**CORNERS, **EDGES}))


def _near(along: NDArray[np.float64], far: bool, reach: float) -> float:
    """Share of the pixels that lie within ``reach`` of an end."""
    return float(np.mean((1 - along if far else along) < reach))
