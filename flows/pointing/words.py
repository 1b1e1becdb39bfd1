"""Where an answer says where: its positional words, found by character.

Source: the paper's closed set {left, right}, {top, bottom}. Words a free answer may use instead
(upper, lower) have their own rival; a middle has none and is the middle.
"""

import re
from typing import Literal, NamedTuple

Axis = Literal["horizontal", "vertical"]

RIVALS: dict[Axis, tuple[tuple[str, str], ...]] = {
    "horizontal": (("left", "right"),),
    "vertical": (("top", "bottom"), ("upper", "lower")),
}
"""Pairs of words for small and large coordinates."""

_WHOLE = re.compile(
    # not what is said of its quality, which every answer may end with
    r"\b(entire|whole|full|overall)\s+(image|picture|photo|photograph|frame|scene)\b(?!\s+quality)"
    r"|\b(throughout|across)\s+the\s+(image|picture|photo|photograph|frame|scene)\b"
    r"|\bglobal(ly)?\b|\beverywhere\b",
    re.IGNORECASE,
)
_NO_PLACE = (
    r"[A-Za-z]|\s+(?:amounts?|levels?|degree|exposure|balance|mix|now|away|over|out|alone|intact|"
    r"unchanged|untouched|untreated)\b|[ -](?:notch|quality)\b"
)
"""What follows a word that means something else: the right amount, nothing left over."""
_CENTRE = re.compile(r"\b(cent(re|er|ral)|middle)\b", re.IGNORECASE)


class Word(NamedTuple):
    """A positional word in a text.

    Args:
        axis: Which way it points.
        text: As it stands there.
        rival: Its opposite, in the same letter case.
        start: First character.
        end: Character after the last.
        far: Whether it is the word for the large coordinate (right, bottom, lower).
    """

    axis: Axis
    text: str
    rival: str
    start: int
    end: int
    far: bool


class SpokenPlace(NamedTuple):
    """What an answer says of the place.

    Args:
        status: ``words`` (at least one positional word), ``whole`` (the whole picture), ``centre``
            (the middle and no side) or ``none``.
        horizontal: Its word, if any.
        vertical: Its word, if any.
    """

    status: Literal["words", "whole", "centre", "none"]
    horizontal: Word | None
    vertical: Word | None


def find_place(text: str) -> SpokenPlace:
    """The horizontal and vertical word of an answer that stand closest together.

    "A right amount of light; the noise is in the bottom left" is bottom left: of all pairs the
    closest within a sentence is taken, the earlier one when two are equally close. With words of
    one axis only, the first is taken.

    >>> place = find_place("The noise is in the top-left corner.")
    >>> place.vertical.text, place.horizontal.text
    ('top', 'left')
    """
    across, down = _words(text, "horizontal"), _words(text, "vertical")
    if across and down:
        left, top = min(
            ((a, b) for a in across for b in down),
            key=lambda pair: (_apart(text, *pair), _gap(*pair), min(pair[0].start, pair[1].start)),
        )
        # Words far apart say nothing of one place when the text says it is everywhere.
        if _gap(left, top) <= _NEAR or not _WHOLE.search(text):
            return SpokenPlace("words", left, top)
    if _WHOLE.search(text):
        return SpokenPlace("whole", None, None)
    if across or down:
        return SpokenPlace("words", across[0] if across else None, down[0] if down else None)
    return SpokenPlace("centre" if _CENTRE.search(text) else "none", None, None)


_NEAR = 12
"""Characters between two words of one place, e.g. "left side of the top" has 13."""


def _words(text: str, axis: Axis) -> list[Word]:
    found = []
    for near, far in RIVALS[axis]:
        for match in re.finditer(rf"(?<![A-Za-z])({near}|{far})(?!{_NO_PLACE})", text, re.I):
            is_far = match[0].lower() == far
            rival = _like(near if is_far else far, match[0])
            found.append(Word(axis, match[0], rival, match.start(), match.end(), is_far))
    return sorted(found, key=lambda word: word.start)


def _apart(text: str, one: Word, other: Word) -> bool:
    """Whether a sentence ends between two words."""
    between = text[min(one.end, other.end) : max(one.start, other.start)]
    return bool(re.search(r"[.;!?]", between))


def _gap(one: Word, other: Word) -> int:
    return max(one.start - other.end, other.start - one.end)


def _like(word: str, model: str) -> str:
    if model.isupper():
        return word.upper()
    return word.capitalize() if model[0].isupper() else word
