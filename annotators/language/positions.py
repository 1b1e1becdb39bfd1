"""Where a box lies in its picture, in words.

The spatial answer knows four words. Everything else said here, the finer place and the phrases
that tell regions of the same name apart, never contradicts them: nothing is called left whose
box centre is in the right half. All comparisons are between whole numbers.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias

from schemas.boxes import Box

WHOLE_IMAGE: Final = "The whole image."
"""The spatial answer of a target that covers the picture."""
PLACE_WORDS: Final = frozenset(
    (
        *("left", "right", "top", "bottom", "middle", "centre", "upper", "lower", "higher"),
        *("farther", "leftmost", "rightmost", "topmost", "lowest"),
    )
)
"""Words of a name that say where the thing is."""
MARGIN: Final = 8
"""Box centres nearer to each other than this percentage of the side are not told apart."""


def horizontal_word(box: Box, width: int) -> str:
    """``left`` when the box centre lies in the left half, else ``right``; the middle is right."""
    return "left" if box.x0 + box.x1 < width else "right"


def vertical_word(box: Box, height: int) -> str:
    """``top`` when the box centre lies in the upper half, else ``bottom``; the middle is bottom."""
    return "top" if box.y0 + box.y1 < height else "bottom"


def spatial_answer(box: Box, width: int, height: int) -> str:
    """``Top left.``, ``Top right.``, ``Bottom left.`` or ``Bottom right.``; of the box centre.

    Source: the reading of positions in the dataset specification, section 3.
    """
    return f"{vertical_word(box, height).capitalize()} {horizontal_word(box, width)}."


def place_phrase(box: Box, width: int, height: int) -> str:
    """A finer place for prose, e.g. ``in the upper left`` or ``along the bottom edge``.

    A box is placed by the third its centre lies in; a box that spans three quarters of a side
    is placed along the other.
    """
    wide, tall = 4 * box.width >= 3 * width, 4 * box.height >= 3 * height
    row, column = _third(box.y0 + box.y1, height), _third(box.x0 + box.x1, width)
    if wide and tall:
        return "across most of the picture"
    if wide:
        edges = (box.y0 == 0, box.y1 == height)
        return _along(row, edges, ("top", "bottom"), ("upper", "lower"), "from side to side")
    if tall:
        edges = (box.x0 == 0, box.x1 == width)
        return _along(column, edges, ("left", "right"), ("left", "right"), "from top to bottom")
    return _CELLS[row][column]


_CELLS: Final = (
    ("in the upper left", "in the upper middle", "in the upper right"),
    ("on the left", "near the centre", "on the right"),
    ("in the lower left", "in the lower middle", "in the lower right"),
)


def _third(doubled_centre: int, side: int) -> int:
    """0, 1 or 2: the third of the side a centre lies in, given twice the centre."""
    return min(2, 3 * doubled_centre // (2 * side))


def _along(
    third: int,
    touches: tuple[bool, bool],
    edges: tuple[str, str],
    parts: tuple[str, str],
    run: str,
) -> str:
    """Place of a long box by the third it runs in and the edges it touches."""
    if third == 1:
        return f"across the middle, {run}"
    side = third // 2
    if touches[side]:
        return f"along the {edges[side]} edge"
    return f"across the {parts[side]} part, {run}"


def relative_phrases(
    boxes: Sequence[Box],
    width: int,
    height: int,
    points: Sequence[Sequence[float]] | None = None,
) -> list[str | None]:
    """For each box a phrase that is true of it alone among the given, or ``None``.

    Where inside points ``(x, y)`` are given, a side is named only if the point lies on it too: a
    region that winds around others may have its box centre where it has no pixel.

    Side by side is tried first, then one above the other, corners, and, for two, which is nearer
    the middle or higher up. The first of these views that names most boxes names them all, so no
    two phrases come from different views. Boxes whose centres are within ``MARGIN`` percent of
    the side of each other are never told apart along it.
    """
    across, down = [b.x0 + b.x1 for b in boxes], [b.y0 + b.y1 for b in boxes]
    views = [
        _in_line(across, width, "on the left", "on the right"),
        _in_line(down, height, "at the top", "at the bottom"),
        _in_corners(across, down, width, height),
        _within_half(across, width),
        _stacked(down, height),
    ]
    best = max(views, key=lambda view: sum(phrase is not None for phrase in view))
    if points is None:
        return best
    return [
        phrase if phrase and _borne_out(phrase, point, width, height) else None
        for phrase, point in zip(best, points, strict=True)
    ]


def _borne_out(phrase: str, point: Sequence[float], width: int, height: int) -> bool:
    """Whether an inside point lies on the sides that the phrase names."""
    x_word = "left" if 2 * point[0] < width else "right"
    y_words = ("top", "upper") if 2 * point[1] < height else ("bottom", "lower")
    words = set(phrase.split()) & {"left", "right", "top", "upper", "bottom", "lower"}
    return words <= {x_word, *y_words}


Phrases: TypeAlias = list[str | None]


def _clear(first: int, second: int, side: int) -> bool:
    """Whether two doubled centres are far enough apart to be told from each other."""
    return 100 * abs(first - second) > 2 * MARGIN * side


def _in_line(centres: list[int], side: int, low: str, high: str) -> Phrases:
    """Names the only one in a half; of three in a row also the middle one."""
    phrases: Phrases = [None] * len(centres)
    for phrase, is_high in ((low, False), (high, True)):
        half = [i for i, centre in enumerate(centres) if (centre >= side) == is_high]
        if len(half) == 1 and _clear_of_all(half[0], centres, side):
            phrases[half[0]] = phrase
    if len(centres) == 3:
        first, middle, last = sorted(range(3), key=centres.__getitem__)
        apart = all(_clear(centres[middle], centres[i], side) for i in (first, last))
        central = side <= 2 * centres[middle] < 3 * side
        if apart and central and centres[first] < side <= centres[last]:
            phrases[first], phrases[middle], phrases[last] = low, "in the middle", high
    return phrases


def _clear_of_all(index: int, centres: list[int], side: int) -> bool:
    return all(_clear(centres[index], c, side) for i, c in enumerate(centres) if i != index)


def _in_corners(across: list[int], down: list[int], width: int, height: int) -> Phrases:
    """Names whatever is alone in its quarter and clear of the others."""
    phrases: Phrases = []
    for i, (x, y) in enumerate(zip(across, down, strict=True)):
        alone = all(
            ((x < width) != (u < width) and _clear(x, u, width))
            or ((y < height) != (v < height) and _clear(y, v, height))
            for j, (u, v) in enumerate(zip(across, down, strict=True))
            if j != i
        )
        corner = f"in the {'upper' if y < height else 'lower'} {'left' if x < width else 'right'}"
        phrases.append(corner if alone else None)
    return phrases


def _within_half(centres: list[int], width: int) -> Phrases:
    """Names two in the same half by which is nearer the middle."""
    if len(centres) != 2 or not _clear(centres[0], centres[1], width):
        return [None] * len(centres)
    side = "left" if max(centres) < width else "right"
    if side == "right" and min(centres) < width:
        return [None, None]
    outer = f"farther to the {side}"
    first_is_outer = (centres[0] < centres[1]) == (side == "left")
    return [outer, "nearer the middle"] if first_is_outer else ["nearer the middle", outer]


def _stacked(centres: list[int], height: int) -> Phrases:
    """Names two by which is higher up.

    Not "lower down": the word "lower" would place a region of the upper half in the other one.
    """
    if len(centres) != 2 or not _clear(centres[0], centres[1], height):
        return [None] * len(centres)
    return (
        ["higher up", "farther down"] if centres[0] < centres[1] else ["farther down", "higher up"]
    )
