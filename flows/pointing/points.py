"""From the scores of rival words to a point in the picture.

Source: the paper, equations 2 to 4: a closed-set softmax over {left, right} and {top, bottom} with
temperature, whose expected value is the coordinate. Printed as ``e^chi / tau`` the temperature
cancels, so it is read ``softmax(chi / tau)``.
"""

import math
from typing import Literal, NamedTuple

from flows.pointing.words import SpokenPlace, Word

Status = Literal["point", "whole", "none"]


class Scored(NamedTuple):
    """An answer with the scores of its positional words.

    Args:
        answer: The text.
        place: Its words.
        horizontal: Score of the horizontal word less its rival's (logits, or summed
            log-probabilities of words of several tokens); ``None`` without a word.
        vertical: Likewise.
    """

    answer: str
    place: SpokenPlace
    horizontal: float | None
    vertical: float | None


class Point(NamedTuple):
    """Where an answer points.

    Args:
        status: ``point``, ``whole`` (the whole picture, no point) or ``none``.
        x: 0 (left edge) to 1 (right edge); 0.5 where only the other axis has a word.
        y: 0 (top edge) to 1 (bottom edge).
    """

    status: Status
    x: float = 0.5
    y: float = 0.5

    def pixels(self, width: int, height: int) -> tuple[float, float]:
        """In pixels of a picture; 1 is the last pixel, not the one after."""
        return self.x * (width - 1), self.y * (height - 1)


def to_point(scored: Scored, temperature: float) -> Point:
    """The expected position under the softmax of the words' scores.

    Args:
        scored: Words and scores.
        temperature: 1 puts a confident model's points into the corners; ``calibrate`` finds a
            value that suits a model.
    """
    status = scored.place.status
    if status == "whole" or status == "none":
        return Point(status)
    if status == "centre":
        return Point("point")
    return Point(
        "point",
        _far_share(scored.place.horizontal, scored.horizontal, temperature),
        _far_share(scored.place.vertical, scored.vertical, temperature),
    )


def _far_share(word: Word | None, gap: float | None, temperature: float) -> float:
    """Probability of the far word of a pair (right, bottom)."""
    if word is None or gap is None:
        return 0.5
    said = _sigmoid(gap / temperature)
    return said if word.far else 1 - said


def _sigmoid(value: float) -> float:
    """``1 / (1 + e^-value)``, the softmax of two, without overflow."""
    if value >= 0:
        return 1 / (1 + math.exp(-value))
    return math.exp(value) / (1 + math.exp(value))


def probabilities(scored: Scored, temperature: float) -> dict[str, float]:
    """Probability of left, right, top and bottom, as predictions store it."""
    point = to_point(scored, temperature)
    return {"left": 1 - point.x, "right": point.x, "top": 1 - point.y, "bottom": point.y}
