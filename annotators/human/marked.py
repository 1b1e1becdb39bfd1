"""What a reader makes of a tool's file, before names are mapped and pictures looked for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from annotators.regions.source import SkippedAnnotation
from schemas.arrays import Mask

Size = Callable[[str], tuple[int, int] | None]
"""A picture's name to its width and height, where the picture is at hand."""


class Remark(NamedTuple):
    """A word a person attached to a region or picture.

    Args:
        key: The control, attribute or tag it was said in, lower case; empty for the label itself.
        word: What was said.
    """

    key: str
    word: str


@dataclass
class MarkedRegion:
    """A region as drawn.

    Args:
        mask: bool, of the size the picture had in the tool.
        said: Everything attached to it.
        time: When, as the tool states it.
    """

    mask: Mask
    said: list[Remark] = field(default_factory=list)
    time: str = ""


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
    """

    name: str
    width: int
    height: int
    annotator: str = ""
    regions: list[MarkedRegion] = field(default_factory=list)
    said: list[Remark] = field(default_factory=list)
    problems: list[SkippedAnnotation] = field(default_factory=list)
