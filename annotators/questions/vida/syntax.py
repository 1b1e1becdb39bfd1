"""How answers in the shape of ViDA-UGC write boxes: groups of a severity, a class and its boxes.

Boxes are ``[x0, y0, x1, y1]`` in thousandths of the picture's sides. A group is
``<|object_ref_start|>Severe noise<|object_ref_end|>`` followed by one or more
``<|box_start|>(x0,y0),(x1,y1)<|box_end|>``, the tokens of Qwen2-VL.

Source: ViDA-UGC (arXiv 2508.12605) and the example predictions of its challenge.
"""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from annotators.questions.vida.vocabulary import Vocabulary, plain

SCALE = 1000
NOTHING = "No distortion affects this region."
CLOSING = "the quality of the image is {level}"
END_OF_TURN = "<|im_end|>"
_BOX = r"<\|box_start\|>\((\d+),\s*(\d+)\),\s*\((\d+),\s*(\d+)\)<\|box_end\|>"
_GROUP = re.compile(
    rf"<\|object_ref_start\|>(?P<words>[^<]*)<\|object_ref_end\|>\s*(?P<boxes>(?:{_BOX}\s*)+)"
)
_ONE = re.compile(_BOX)
Coordinates = tuple[int, int, int, int]


class Found(NamedTuple):
    """A distortion that an answer or a record places.

    Args:
        distortion: Its class.
        severity: The word for it; empty where none was given.
        box: In thousandths.
    """

    distortion: str
    severity: str
    box: Coordinates

    def listed(self) -> dict[str, Any]:
        """As the benchmark's files list it, predictions and truth alike."""
        return {
            "distortion": self.distortion,
            "severity": self.severity,
            "coordinates": list(self.box),
        }


def thousandths(box: Sequence[int], width: int, height: int) -> Coordinates:
    """A box in pixels as rounded thousandths of a picture of this size.

    Halves are rounded outwards, so that mirroring the picture and rounding may change places.
    """
    x0, y0, x1, y1 = box
    return _down(x0, width), _down(y0, height), _up(x1, width), _up(y1, height)


def _down(pixels: int, side: int) -> int:
    """The nearest thousandth, the lower one of two."""
    return -((side - 2 * SCALE * pixels) // (2 * side))


def _up(pixels: int, side: int) -> int:
    """The nearest thousandth, the upper one of two."""
    return (2 * SCALE * pixels + side) // (2 * side)


def pixels_inside(box: Sequence[int], width: int, height: int) -> tuple[slice, slice]:
    """Rows and columns of the pixels whose middle lies within a box in thousandths."""
    x0, y0, x1, y1 = box
    return _inside(y0, y1, height), _inside(x0, x1, width)


def _inside(first: int, last: int, side: int) -> slice:
    """Indices ``i`` with ``first < SCALE * (i + 1/2) / side < last``."""
    start = (2 * first * side - SCALE) // (2 * SCALE) + 1
    stop = -((SCALE - 2 * last * side) // (2 * SCALE))
    return slice(max(start, 0), max(min(stop, side), 0))


def box_text(box: Sequence[int]) -> str:
    """A box with its tokens."""
    x0, y0, x1, y1 = box
    return f"<|box_start|>({x0},{y0}),({x1},{y1})<|box_end|>"


def group_text(severity: str, distortion: str, boxes: Sequence[Sequence[int]]) -> str:
    """A severity and a class with their boxes; the first letter is that of the severity."""
    words = f"{severity} {distortion.lower()}".strip()
    return f"<|object_ref_start|>{words}<|object_ref_end|>" + "".join(map(box_text, boxes))


def detection_text(found: Sequence[Found], order: Sequence[str], inline: bool = False) -> str:
    """An answer that lists distortions: classes in ``order``, severities as they come.

    Args:
        found: What is there; nothing gives the sentence that says so.
        order: Classes in the order they are written in.
        inline: A group on the line of its class, as answers about a region have it.
    """
    if not found:
        return NOTHING
    lines = []
    for name in order:
        groups: dict[str, list[Coordinates]] = {}
        for one in found:
            if one.distortion == name:
                groups.setdefault(one.severity, []).append(one.box)
        if groups:
            text = "".join(group_text(word, name, boxes) for word, boxes in groups.items())
            lines.append(f"{name}:{' ' if inline else chr(10)}{text}")
    return "\n".join(lines) + "."


def read_groups(text: str, vocabulary: Vocabulary) -> list[Found]:
    """Every group of an answer, box by box; a class that is unknown keeps the words it has."""
    found = []
    for group in _GROUP.finditer(text):
        severity, name = split_words(group["words"], vocabulary)
        for box in read_boxes(group["boxes"]):
            found.append(Found(name, severity, box))
    return found


def split_words(words: str, vocabulary: Vocabulary) -> tuple[str, str]:
    """``Moderate low clarity`` as its severity and its class."""
    first, _, rest = words.strip().partition(" ")
    rank = vocabulary.severity_rank(first)
    if rank is None:
        return "", vocabulary.known(words) or plain(words)
    return vocabulary.severities[rank].name, vocabulary.known(rest) or plain(rest)


def read_boxes(text: str) -> list[Coordinates]:
    """Every box of a text in its order."""
    return [(int(one[1]), int(one[2]), int(one[3]), int(one[4])) for one in _ONE.finditer(text)]


def read_described(text: str, vocabulary: Vocabulary) -> list[Found]:
    """The distortions of a description: groups before the lines of the key ones and the level."""
    lines = [line for line in text.replace(END_OF_TURN, "").split("\n") if line.strip()]
    return read_groups("\n".join(lines[:-2]), vocabulary)


def read_level(text: str, vocabulary: Vocabulary) -> str:
    """The level that the last line of a description states; empty where it states none."""
    last = text.replace(END_OF_TURN, "").strip().rsplit("\n", 1)[-1].lower()
    _, at, rest = last.partition(CLOSING.format(level=""))
    word = rest.strip().rstrip(".").strip()
    return word if at and word in {level.name for level in vocabulary.levels} else ""


def read_keys(text: str, vocabulary: Vocabulary) -> list[Found]:
    """The key distortions: groups in the first sentence of the line before the last one."""
    lines = [line for line in text.replace(END_OF_TURN, "").split("\n") if line.strip()]
    if len(lines) < 2:
        return []
    return read_groups(re.split(r"(?<=[.!?])\s+(?=[A-Z])", lines[-2])[0], vocabulary)
