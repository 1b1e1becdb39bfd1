"""Named boxes in a text, in every notation that is read and written here.

``grid20`` is that of the method: ``[tower](<35, 319>)``, several boxes ``[cups](<1, 42>, <8, 9>)``.
The others carry the same names and boxes in the words of other models.

Source: grid: Grounding-IQA (arXiv 2411.17237), figure of samples. ``qwen2vl``, ``qwen25vl`` and
``internvl``: the models' own documentation of grounding; how ``float3`` stands in a text is ours.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from annotators.language.grid import Shares, decoded, encoded
from schemas.errors import ConfigError, UnknownNameError

NOTATIONS = ("grid20", "grid40", "float3", "qwen2vl", "qwen25vl", "internvl")
Size = tuple[int, int]
"""Width and height of a picture, pixels."""
_FACTOR, _FEWEST, _MOST = 28, 56 * 56, 12_845_056


class Cited(NamedTuple):
    """A named region in a text.

    Args:
        name: As it stands there, without markup.
        boxes: Its boxes.
    """

    name: str
    boxes: tuple[Shares, ...]


class Parsed(NamedTuple):
    """A text taken apart.

    Args:
        plain: With every mention replaced by its name.
        cited: The well-formed mentions, in order where they share a notation.
        malformed: Mentions whose boxes cannot be.
    """

    plain: str
    cited: tuple[Cited, ...]
    malformed: int


def write(cited: Cited, notation: str = "grid20", size: Size | None = None) -> str:
    """A mention in a notation.

    Args:
        cited: Name and boxes.
        notation: One of ``NOTATIONS``.
        size: Of the picture; ``qwen25vl`` counts pixels of the picture as the model resizes it.

    Raises:
        ConfigError: No such notation, or one that needs the picture's size.
    """
    name, boxes = cited
    if notation in _GRIDS:
        cells = (encoded(box, _GRIDS[notation]) for box in boxes)
        return f"[{name}]({', '.join(f'<{first}, {last}>' for first, last in cells)})"
    if notation == "float3":
        said = (", ".join(f"{side:.3f}" for side in box) for box in boxes)
        return f"[{name}]({', '.join(f'[{one}]' for one in said)})"
    if notation == "qwen2vl":
        spans = ("({},{}),({},{})".format(*_thousandths(box)) for box in boxes)
        said = (f"<|box_start|>{span}<|box_end|>" for span in spans)
        return f"<|object_ref_start|>{name}<|object_ref_end|>{''.join(said)}"
    if notation == "qwen25vl":
        width, height = resized(_needed(size))
        sides = (width, height, width, height)
        found = ([round(s * side) for s, side in zip(box, sides, strict=True)] for box in boxes)
        objects = ({"bbox_2d": pixels, "label": name} for pixels in found)
        return ", ".join(json.dumps(one, ensure_ascii=False) for one in objects)
    if notation == "internvl":
        return f"<ref>{name}</ref><box>{json.dumps([_thousandths(box) for box in boxes])}</box>"
    raise UnknownNameError("notation of boxes", notation, NOTATIONS)


def parse(text: str, notation: str = "", size: Size | None = None) -> Parsed:
    """The mentions of a text; what does not parse is text and no mention.

    Args:
        text: Any text.
        notation: One of ``NOTATIONS``; empty finds out, where grid cells are of ``grid20``.
        size: Of the picture, for ``qwen25vl``.

    Raises:
        ConfigError: No such notation, or one that needs the picture's size.
    """
    if notation and notation not in NOTATIONS:
        raise UnknownNameError("notation of boxes", notation, NOTATIONS)
    wanted = (notation,) if notation else tuple(n for n in NOTATIONS if n != "grid40")
    cited: list[Cited] = []
    plain, malformed = text, 0
    for name in wanted:
        found: list[Cited | None] = []
        plain = _PATTERNS[name].sub(_taken(name, size, found), plain)
        cited += [one for one in found if one is not None]
        malformed += sum(one is None for one in found)
    return Parsed(plain, tuple(cited), malformed)


def rewritten(text: str, cited: Sequence[Cited], notation: str, size: Size | None = None) -> str:
    """A text of grid cells with its mentions in another notation, from exact boxes.

    Args:
        text: In the method's own notation.
        cited: Exact boxes of its mentions, in order.
        notation: One of ``NOTATIONS``, or ``names`` for names without boxes.
        size: Of the picture.

    Raises:
        ValueError: Not as many mentions in the text as are given.
    """
    rest = list(cited)

    def put(_: re.Match[str]) -> str:
        if not rest:
            raise ValueError(f"more mentions than boxes: {text!r:.80}")
        one = rest.pop(0)
        return one.name if notation == "names" else write(one, notation, size)

    done = _PATTERNS["grid20"].sub(put, text)
    if rest:
        raise ValueError(f"fewer mentions than boxes: {text!r:.80}")
    return done


def resized(size: Size) -> Size:
    """Width and height after Qwen2.5-VL's resizing.

    Source: ``smart_resize`` of transformers' Qwen2-VL image processor, with the limits of
    Qwen2.5-VL's configuration: sides are multiples of 28, the area from 56 * 56 to 12845056.
    """
    width, height = size
    sides = [max(_FACTOR, round(side / _FACTOR) * _FACTOR) for side in size]
    area, now = width * height, sides[0] * sides[1]
    if _FEWEST <= now <= _MOST:
        return sides[0], sides[1]
    scale = (area / (_MOST if now > _MOST else _FEWEST)) ** 0.5
    if now > _MOST:
        sides = [max(_FACTOR, int(side / scale / _FACTOR) * _FACTOR) for side in size]
    else:
        sides = [-int(-side / scale // _FACTOR) * _FACTOR for side in size]
    return sides[0], sides[1]


def _thousandths(box: Shares) -> list[int]:
    return [min(1000, max(0, round(1000 * side))) for side in box]


def _needed(size: Size | None) -> Size:
    if size is None:
        raise ConfigError("boxes in pixels (qwen25vl) need the width and height of the picture")
    return size


def _taken(
    name: str, size: Size | None, found: list[Cited | None]
) -> Callable[[re.Match[str]], str]:
    """What replaces a match by its name and notes it; ``None`` for one that is malformed."""

    def take(match: re.Match[str]) -> str:
        label, numbers = _READ[name](match)
        try:
            boxes = tuple(_box(name, one, size) for one in numbers)
            found.append(Cited(label, boxes))
        except (ValueError, OverflowError):
            found.append(None)
        return label

    return take


def _box(name: str, numbers: Sequence[str], size: Size | None) -> Shares:
    """A box from what stands in the text.

    Raises:
        ValueError: It cannot be one.
    """
    if name in _GRIDS:
        first, last = numbers
        return decoded(int(first), int(last), _GRIDS[name])
    x0, y0, x1, y1 = (float(number) for number in numbers)
    if name == "qwen25vl":
        width, height = resized(_needed(size))
        x0, y0, x1, y1 = x0 / width, y0 / height, x1 / width, y1 / height
    elif name != "float3":
        x0, y0, x1, y1 = (side / 1000 for side in (x0, y0, x1, y1))
    if not (0 <= x0 <= x1 <= 1 and 0 <= y0 <= y1 <= 1):
        raise ValueError(f"no box: {numbers}")
    return x0, y0, x1, y1


_GRIDS: Mapping[str, int] = {"grid20": 20, "grid40": 40}
_NAME, _NUMBER = r"\[([^\[\]\n]+)\]", r"(-?\d+(?:\.\d+)?)"
_CELLS = r"<\s*-?\d+\s*,\s*-?\d+\s*>"
_FOUR = rf"\[\s*{_NUMBER}\s*,\s*{_NUMBER}\s*,\s*{_NUMBER}\s*,\s*{_NUMBER}\s*\]"
_ANY_FOUR = _FOUR.replace("(-?", "(?:-?")
_BEGIN = rf'\{{\s*"bbox_2d"\s*:\s*{_ANY_FOUR}\s*,\s*"label"\s*:\s*'
_OBJECTS = rf'{_BEGIN}("(?:[^"\\]|\\.)*")\s*\}}(?:\s*,\s*{_BEGIN}\1\s*\}})*'
_SPAN = r"<\|box_start\|>\s*\(\s*\d+\s*,\s*\d+\s*\)\s*,\s*\(\s*\d+\s*,\s*\d+\s*\)\s*<\|box_end\|>"
_GRID_PATTERN = re.compile(rf"{_NAME}\(\s*({_CELLS}(?:\s*,\s*{_CELLS})*)\s*\)")
_PATTERNS: Mapping[str, re.Pattern[str]] = {
    "grid20": _GRID_PATTERN,
    "grid40": _GRID_PATTERN,
    "float3": re.compile(rf"{_NAME}\(\s*({_ANY_FOUR}(?:\s*,\s*{_ANY_FOUR})*)\s*\)"),
    "qwen2vl": re.compile(
        rf"<\|object_ref_start\|>(.+?)<\|object_ref_end\|>((?:\s*{_SPAN})+)", re.DOTALL
    ),
    "qwen25vl": re.compile(_OBJECTS),
    "internvl": re.compile(
        rf"<ref>(.+?)</ref>\s*<box>\s*\[\s*({_ANY_FOUR}(?:\s*,\s*{_ANY_FOUR})*)\s*\]\s*</box>",
        re.DOTALL,
    ),
}


def _pairs(match: re.Match[str]) -> tuple[str, list[Sequence[str]]]:
    return match[1].strip(), re.findall(r"<\s*(-?\d+)\s*,\s*(-?\d+)\s*>", match[2])


def _fours(match: re.Match[str]) -> tuple[str, list[Sequence[str]]]:
    return match[1].strip(), re.findall(_FOUR, match[2])


def _corners(match: re.Match[str]) -> tuple[str, list[Sequence[str]]]:
    spans = re.findall(r"<\|box_start\|>(.*?)<\|box_end\|>", match[2], re.DOTALL)
    return match[1].strip(), [re.findall(r"\d+", span) for span in spans]


def _objects(match: re.Match[str]) -> tuple[str, list[Sequence[str]]]:
    """Objects of one name that follow each other are one mention."""
    return str(json.loads(match[1])), re.findall(_FOUR, match[0])


_READ: Mapping[str, Callable[[re.Match[str]], tuple[str, list[Sequence[str]]]]] = {
    "grid20": _pairs,
    "grid40": _pairs,
    "float3": _fours,
    "qwen2vl": _corners,
    "qwen25vl": _objects,
    "internvl": _fours,
}
