"""Names for areas that a person would say and agree with: colour, place, size, shape, neighbours.

Each word is a claim with three answers: certain, open, or excluded (``areas``). An area is given a
name only if all of its words are certain of it and every other area of the picture has a word
excluded; so a name that is "nearly true" of two areas is given to neither. What no words tell
apart has none, nor has a line (a frame, a crack) that nobody would call an area. Only the pristine
picture is looked at, and nothing that a distortion changes (texture) is said.
"""

from collections.abc import Iterator, Sequence
from itertools import islice, product
from typing import Final

import cv2
import numpy as np

from annotators.regions.appearance import colour_bits
from annotators.regions.areas import (
    CORNERS,
    EDGES,
    RANKS,
    Area,
    Truth,
    is_thin,
    measured,
)
from annotators.regions.neighbours import relations
from schemas.arrays import Image, Mask

LONG_SIDE: Final = 320
"""Areas are looked at in a copy of about this long side, pixels."""
APART: Final = (0.35, 0.08, 0.08)
"""How far the first must lie before the second: log area, shares of the sides."""
KINDS: Final = (
    ("colour", "place"),
    ("tone", "colour", "place"),
    ("size", "colour"),
    ("shape", "colour"),
    ("colour",),
    ("colour", "beside"),
    ("tone", "place"),
    ("size", "colour", "place"),
    ("shape", "colour", "place"),
    ("size", "tone", "place"),
    ("tone",),
    ("shape", "tone"),
    ("tone", "beside"),
    ("place",),
)
"""What a name is made of beside its noun, the plainest first."""
RANKED: Final = (
    ("rank", "colour"),
    ("rank", "tone", "colour"),
    ("rank", "tone"),
    ("rank", "colour", "place"),
    ("rank", "tone", "place"),
)
"""The same with a superlative, where nothing else will do."""
ANCHORS: Final = (
    ("colour",),
    ("tone", "colour"),
    ("tone",),
    ("size", "colour"),
    ("shape", "colour"),
)
"""What the name of a neighbour is made of, by which an area is found."""
ANCHOR_SHARE: Final = 0.05
"""Smallest share of the picture of such a neighbour."""
CHOICE: Final = 5
"""Of so many kinds of names that hold, one is taken, so that not all names sound alike."""
NOUNS: Final = 2
"""Names of a kind that come into question; later ones say less of the place."""
WORDS: Final = ("rank", "size", "shape", "tone", "colour", "noun", "place", "beside")
"""Kinds of words in the order in which they are said."""

Words = dict[str, str]


def plain_names(image: Image, masks: Sequence[Mask]) -> list[str]:
    """A name for each area, lower case, without article; empty where there is none.

    Args:
        image: Pristine pixels, RGB, uint8 ``(height, width, 3)``.
        masks: The areas, ``(height, width)`` bool, which do not overlap.
    """
    stride = max(1, max(image.shape[:2]) // LONG_SIDE)
    soft = np.asarray(cv2.blur(np.ascontiguousarray(image), (stride, stride)), np.uint8)
    bits, lightness = colour_bits(np.ascontiguousarray(soft[::stride, ::stride]))
    small = [mask[::stride, ::stride] for mask in masks]
    scene = _Scene(small, [measured(mask, bits, lightness) for mask in small])
    return [
        "" if is_thin(small[number]) else scene.name(number, int(np.count_nonzero(masks[number])))
        for number in range(len(masks))
    ]


class _Scene:
    """The areas of a picture, how they lie to each other, and what tells them apart."""

    def __init__(self, masks: Sequence[Mask], areas: Sequence[Area]) -> None:
        self.areas = areas
        everyone = range(len(areas))
        found = relations(masks, areas)
        anchors = {
            n: next(self._holding(n, ANCHORS, {}), "") for n in everyone if _is_anchor(areas[n])
        }
        self.beside: list[dict[str, Truth]] = [
            {
                f"{word} the {name}": truth
                for other, name in anchors.items()
                if name
                for word, truth in found[one][other].items()
            }
            for one in everyone
        ]

    def name(self, number: int, size: int) -> str:
        """One of the plainest names that hold of this area alone; its pixel count picks which."""
        found: list[str] = []
        for kinds in (*KINDS, *RANKED):
            if found and kinds in RANKED:
                break
            of_kind = list(islice(self._holding(number, (kinds,), self.beside[number]), NOUNS))
            found += [of_kind[size // CHOICE % len(of_kind)]] if of_kind else []
            if len(found) == CHOICE:
                break
        return found[size % len(found)] if found else ""

    def _holding(
        self, number: int, kinds: Sequence[Sequence[str]], beside: dict[str, Truth]
    ) -> Iterator[str]:
        """Names of some kinds that are certain of an area and excluded of every other."""
        others = [place for place in range(len(self.areas)) if place != number]
        for words in _candidates(self.areas[number], kinds, beside):
            if all(self._told(words, number, other) for other in others):
                yield " ".join(words[kind] for kind in WORDS if kind in words)

    def _told(self, words: Words, number: int, other: int) -> bool:
        """Whether a word is excluded of the other area, or the area surely comes before it."""
        area, second = self.areas[number], self.areas[other]
        for kind, word in words.items():
            answers = self.beside[other] if kind == "beside" else second.of(kind)
            if answers.get(word) is False:
                return True
        if "rank" not in words:
            return False
        which, sign = RANKS[words["rank"]]
        return sign * (area.measures[which] - second.measures[which]) >= APART[which]


def _is_anchor(area: Area) -> bool:
    corner = area.noun.get("corner") is not False
    return not corner and area.share >= ANCHOR_SHARE


def _candidates(
    area: Area, kinds: Sequence[Sequence[str]], beside: dict[str, Truth]
) -> Iterator[Words]:
    """Kinds of words to words that are certain, plainest first."""
    certain = {
        kind: [word for word, truth in area.of(kind).items() if truth] for kind in WORDS[:-1]
    }
    certain["rank"] = list(area.rank)
    certain["beside"] = [word for word, truth in beside.items() if truth]
    for one in kinds:
        for noun in certain["noun"]:
            for words in product(*(certain[kind] for kind in one)):
                chosen = {"noun": noun, **dict(zip(one, words, strict=True))}
                if not _odd(chosen):
                    yield chosen


def _odd(words: Words) -> bool:
    """Words that do not go together: dark black, a small patch, the leftmost at the right."""
    colour, tone, noun = words.get("colour"), words.get("tone"), words["noun"]
    doubled = colour in ("black", "white", "whitish") and tone is not None
    if noun == "corner":
        # Whatever its colour, everybody finds a corner; there is one of each.
        other = {"rank", "size", "shape", "beside"} & set(words)
        return doubled or words.get("place") not in CORNERS or bool(other)
    # Nobody knows where a plain "area" ends: it needs a colour, or to be dark or bright.
    vague = colour is None and tone is None
    turned = "place" in words and words.get("rank", "largest") != "largest"
    long = noun in ("strip", "band")
    shaped = long and ("shape" in words or "size" in words)
    edge = words.get("place") in EDGES and not long and "size" in words
    return doubled or vague or turned or shaped or edge or (noun == "patch" and "size" in words)
