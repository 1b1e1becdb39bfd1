"""A mirrored picture with mirrored words and, where they are understood, mirrored boxes.

Nothing photometric is ever changed: brightness, contrast, noise and sharpness are the labels.
"""

import re
from typing import Any

from annotators.questions.vida.syntax import SCALE

_W = "(?:left|right)"
_WORD = re.compile(
    r"(?<![A-Za-z])(left|right)(?=(?:most|wards?|hand(?:ed)?|side)?(?![A-Za-z]))", re.IGNORECASE
)
_HEIGHT = "(?:top|bottom|upper|lower|middle|mid|cent(?:er|re)|far)"
_PART = (
    "(?:sides?|half|halves|parts?|thirds?|quarters?|corners?|edges?|ends?|portions?|areas?|regions?"
    "|sections?|borders?|margins?|foreground|background|of|hand(?:ed)?)"
)
_CLAUSE = (
    r"\s*(?:[.,;:!?)]|$|(?:and|or|is|are|was|were|has|have|in|with|than|looks?|seems?|appears?|"
    r"shows?|suffers?|that|which|but|while|where)\b)"
)
_SIDE = re.compile(
    # where the words are surely sides; elsewhere they may mean a label, a remainder or an adverb
    rf"(?<![a-z])(?:{_W}(?:most|wards?|hand(?:ed)?|side)"
    rf"|{_HEIGHT}[ -]{_W}|{_W}[ -]{_HEIGHT}|{_W}(?:[ -]hand)?[ -]{_PART}"
    rf"|{_W}(?: and | or | to |/)(?:the )?{_W}"
    rf"|(?:on|to|at|from|towards?|near|in|than|of|by)(?: (?:the|its|his|her|their|far))* {_W}"
    rf"(?={_CLAUSE}))(?![a-z])"
    rf"|(?:^|\b[A-H][.):]) *{_W}(?=\.? *$)",
    re.IGNORECASE | re.MULTILINE,
)
_FIXED = re.compile(
    # what changes when a picture is mirrored but no swap can mend
    r"\b((is|are|was|were|been|has|have) left|(counter|anti)?-?clockwise|text|letters?|words?|"
    r"signs?|reads?|written|writing|logos?|captions?|inscriptions?|number plate)\b|o'clock"
    # coordinates
    r"|[\[(<{]\s*-?\d+(\.\d+)?\s*,\s*-?\d|\b[xy] ?[=:] ?\d|</?\|?(box|point|quad|ref)",
    re.IGNORECASE,
)
_MARKUP = re.compile(
    # boxes in thousandths, the only coordinates that a mirror keeps exact, and the groups before
    r"<\|box_start\|>\((?P<x0>\d+),(?P<y0>\d+)\),\((?P<x1>\d+),(?P<y1>\d+)\)<\|box_end\|>"
    r"|<\|object_ref_(?:start|end)\|>"
)
_SWAP = {"left": "right", "right": "left"}


def can_flip(text: str) -> bool:
    """Whether mirroring the picture, swapping the words and moving the boxes keeps a text true.

    Every ``left`` and ``right`` has to be a side beyond doubt, and every coordinate part of a box
    in the notation of Qwen2-VL; a row that is not mirrored is lost to nobody.
    """
    words = _MARKUP.sub("", text)
    return not _FIXED.search(words) and not _WORD.search(_SIDE.sub("", words))


def flip_text(text: str) -> str:
    """``left`` and ``right`` swapped, case kept; boxes in thousandths mirrored.

    >>> flip_text("Top left. The cup on the Right")
    'Top right. The cup on the Left'
    >>> flip_text("<|box_start|>(100,0),(300,500)<|box_end|>")
    '<|box_start|>(700,0),(900,500)<|box_end|>'
    """
    words = _WORD.sub(lambda found: _like(_SWAP[found[0].lower()], found[0]), text)
    return _MARKUP.sub(_mirrored, words)


def _mirrored(found: re.Match[str]) -> str:
    if found["x0"] is None:
        return found[0]
    x0, y0, x1, y1 = (int(found[name]) for name in ("x0", "y0", "x1", "y1"))
    return f"<|box_start|>({SCALE - x1},{y0}),({SCALE - x0},{y1})<|box_end|>"


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
