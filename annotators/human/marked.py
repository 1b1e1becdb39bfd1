"""What a reader makes of a tool's file, before names are mapped and pictures looked for.

A tool's file may hold anything anywhere, so readers trust no value: whatever they read of a region
or a picture, they read through ``tried``, and what cannot be read is left out with its reason.
"""

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias, TypeVar

import cv2

from annotators.regions.source import SkippedAnnotation
from schemas.arrays import Mask
from schemas.errors import AnnotationError, PictureError
from schemas.masks import decode, encode

ReadT = TypeVar("ReadT")

Size = Callable[[str], tuple[int, int] | None]
"""A picture's name to its width and height, where the picture is at hand."""

ODD = (
    AnnotationError,
    PictureError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
    cv2.error,
)
"""All that a value of the wrong kind makes code raise."""

MOST_DRAWN = 10_000_000_000
"""Pixels of all masks of one picture: a hundred regions of the largest picture there may be."""

MOST_REGIONS = 3_000
"""Regions by one person in one picture."""

LONGEST_WORD = 10_000
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def clean(text: object) -> str:
    """A value of a file as text that any table and any terminal can hold.

    Control characters, marks that turn the direction of writing and halves of characters become
    U+FFFD; more than ``LONGEST_WORD`` characters are cut.
    """
    return _CONTROL.sub("\ufffd", str(text)[:LONGEST_WORD])


class Remark(NamedTuple):
    """A word a person attached to a region or picture.

    Args:
        key: The control, attribute or tag it was said in, lower case; empty for the label itself.
        word: What was said.
    """

    key: str
    word: str


def remark(key: object, word: object) -> Remark:
    """A remark of any two values of a file."""
    return Remark(clean(key).lower(), clean(word))


def tried(subject: str, read: Callable[[], ReadT]) -> ReadT | SkippedAnnotation:
    """What ``read`` gives, or why it gives nothing."""
    try:
        return read()
    except (AnnotationError, PictureError) as error:
        return SkippedAnnotation(clean(subject), error.reason, clean(error.detail))
    except ODD as error:
        said = clean(error)[:200]
        return SkippedAnnotation(clean(subject), "bad_value", f"{type(error).__name__}: {said}")


@dataclass
class MarkedRegion:
    """A region as drawn; its mask is kept as run lengths.

    Args:
        runs: COCO compressed run lengths at the size that the picture had in the tool.
        height: Pixels in the tool.
        width: Pixels in the tool.
        said: Everything attached to it.
        time: When, as the tool states it.
    """

    runs: str
    height: int
    width: int
    said: list[Remark] = field(default_factory=list)
    time: str = ""

    @property
    def mask(self) -> Mask:
        """Bool ``(height, width)``."""
        return decode(self.runs, self.height, self.width)


@dataclass
class MarkedPicture:
    """One person's work on one picture.

    Args:
        name: File name or path as the tool states it; never opened as it is.
        width: Pixels in the tool.
        height: Pixels in the tool.
        annotator: Who; empty when the tool does not say.
        regions: What was drawn.
        said: What was said of the picture as a whole.
        problems: What had to be skipped.
        original: The name it had before a project of ours was made of it; empty otherwise.
    """

    name: str
    width: int
    height: int
    annotator: str = ""
    regions: list[MarkedRegion] = field(default_factory=list)
    said: list[Remark] = field(default_factory=list)
    problems: list[SkippedAnnotation] = field(default_factory=list)
    original: str = ""
    _drawn: int = 0

    def add(
        self, subject: str, read: Callable[[], tuple[Mask, list[Remark]]], time: str = ""
    ) -> MarkedRegion | None:
        """Add a region, or the reason why it cannot be one."""
        found = tried(subject, read)
        if isinstance(found, SkippedAnnotation):
            self.problems.append(found)
            return None
        mask, said = found
        self._drawn += mask.size
        if self._drawn > MOST_DRAWN or len(self.regions) >= MOST_REGIONS:
            detail = f"allowed in one picture: {MOST_REGIONS} regions, {MOST_DRAWN} pixels of masks"
            self.problems.append(SkippedAnnotation(clean(subject), "too_many", detail))
            return None
        height, width = mask.shape
        region = MarkedRegion(encode(mask), height, width, said, clean(time))
        self.regions.append(region)
        return region


Found: TypeAlias = MarkedPicture | SkippedAnnotation
"""A picture of a file, or why it cannot be read."""
