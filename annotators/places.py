"""Does a text put a region where it is not?"""

import re

from annotators.facts import PictureFacts, Violation
from annotators.positions import horizontal_word, vertical_word
from schemas.boxes import Box
from schemas.records import DegradedRegion

_WORDS = {
    "left": "left", "right": "right", "top": "top", "upper": "top", "bottom": "bottom",
    "lower": "bottom",
}  # fmt: skip
# "left" is also a verb, "right" an adjective, "lower" a verb; only words of place count.
_PLACE = re.compile(
    r"\b(?!on top\b)(?:in|on|at|along|near|to|towards|from|across)\s+"
    r"(?:the\s+)?(?:far\s+|very\s+)?"
    r"((?:upper|lower|top|bottom|left|right)(?:[\s-]+(?:upper|lower|top|bottom|left|right))?)\b"
)
_SPANS = re.compile(r"from (?:left to right|right to left|top to bottom|bottom to top)")


def contradicts_place(
    text: str, region: DegradedRegion | None, facts: PictureFacts
) -> list[Violation]:
    """Place words that name another half of the picture than the one of the box centre.

    Args:
        text: The text without the phrases that name regions.
        region: The region it speaks of; nothing is checked for the whole picture.
        facts: For the size.
    """
    if region is None or region.role == "whole":
        return []
    box = Box(*region.box)
    true = {horizontal_word(box, facts.width), vertical_word(box, facts.height)}
    said = [
        _WORDS[word]
        for match in _PLACE.finditer(_SPANS.sub("", text.lower()))
        for word in re.split(r"[\s-]+", match.group(1))
    ]
    wrong = sorted(set(said) - true)
    return [Violation("wrong_position", f"the region is not at the {word}") for word in wrong]
