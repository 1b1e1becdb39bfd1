"""The one augmentation that keeps every label true: a mirrored picture with mirrored words.

Nothing photometric is ever changed: brightness, contrast, noise and sharpness are the labels.
"""

import re
from typing import Any

_WORD = re.compile(r"(?<![A-Za-z])(left|right)(?![A-Za-z])", re.IGNORECASE)
_SIDED = re.compile(
    # "right" that is no side, and what changes when a picture is mirrored but no swap can mend
    r"\b(right (amount|level|degree|exposure|balance|now|away|way)|(just|all|about|is|not|looks?|"
    r"seems?) right(?! (side|half|part|edge|corner|hand|of))|right\?|left (over|out|behind|with|"
    r"intact|clean|untouched|as|alone|unchanged)|(is|are|was|were|been|has|have) left|"
    r"clockwise|text|letters?|words?|signs?|"
    r"reads?|written|number plate)\b",
    re.IGNORECASE,
)
_SWAP = {"left": "right", "right": "left"}


def can_flip(text: str) -> bool:
    """Whether mirroring the picture and swapping the words keeps a text true."""
    return not _SIDED.search(text)


def flip_text(text: str) -> str:
    """``left`` and ``right`` swapped, case kept.

    >>> flip_text("Top left. The cup on the Right")
    'Top right. The cup on the Left'
    """
    return _WORD.sub(lambda found: _like(_SWAP[found[0].lower()], found[0]), text)


def _like(word: str, model: str) -> str:
    if model.isupper():
        return word.upper()
    return word.capitalize() if model[0].isupper() else word


def flip_image(image: Any) -> Any:
    """A PIL image, mirrored."""
    from PIL import ImageOps

    return ImageOps.mirror(image)


def flip_box(box: list[int], width: int) -> list[int]:
    """``[x0, y0, x1, y1]`` in a picture ``width`` wide, mirrored."""
    x0, y0, x1, y1 = box
    return [width - x1, y0, width - x0, y1]


def flip_point(point: tuple[float, float], width: int) -> tuple[float, float]:
    """A pixel position ``(x, y)``, mirrored."""
    return width - 1 - point[0], point[1]
