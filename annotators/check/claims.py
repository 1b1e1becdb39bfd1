"""Does a text claim another order than the one the distortions were applied in?"""

import re
from collections.abc import Sequence
from itertools import pairwise

from annotators.facts import PictureFacts, Violation
from annotators.language.mentions import Mention
from annotators.language.positions import horizontal_word, vertical_word
from schemas.boxes import Box
from schemas.records import DegradedRegion, Step

_FORWARD = re.compile(
    r"\b(?:then|followed by|before|afterwards|after (?:that|which)|subsequently|later|came first|"
    r"finally|second)\b"
)
# Only just before the second mention: "over a light blur", not "scatters dots over the surface".
_BACKWARD = re.compile(
    r"\bcame last\b|"
    r"\b(?:after(?! that| which)|over|on top of|preceded by|following)(?:\s+[\w-]+){0,3}\s*$"
)


def order_contradictions(
    text: str, found: Sequence[Mention], chain: Sequence[Step]
) -> list[Violation]:
    """Claims like "A, then B" or "B on top of A" that the chain contradicts.

    Only what stands between two neighbouring mentions of different distortions of the chain is
    read; "after" and "on top of" directly between them turn the order round.
    """
    place = {step.family: index for index, step in enumerate(chain)}
    known = [m for m in found if not m.denied and m.family in place]
    violations = []
    for first, second in pairwise(known):
        if first.family == second.family:
            continue
        between = text[first.end : second.start].lower()
        forward, backward = _FORWARD.search(between), _turned(between)
        if bool(forward) == backward:
            continue
        if (place[first.family] < place[second.family]) == backward:
            later = "before" if forward else "after"
            detail = f"says {first.family} came {later} {second.family}"
            violations.append(Violation("wrong_order", detail))
    return violations


def _turned(between: str) -> bool:
    """Whether the last words before the second mention put it first: "after", "on top of"."""
    return bool(_BACKWARD.search(between)) and "came first" not in between


_WORDS = {
    "left": "left",
    "right": "right",
    "top": "top",
    "upper": "top",
    "bottom": "bottom",
    "lower": "bottom",
}
# "left" is also a verb, "right" an adjective, "lower" a verb; only words of place count.
_PLACE = re.compile(
    r"\b(?!on top\b)(?:in|on|at|along|near|to|towards|from|across)\s+"
    r"(?:the\s+)?(?:far\s+|very\s+)?"
    r"((?:upper|lower|top|bottom|left|right)(?:[\s-]+(?:upper|lower|top|bottom|left|right))?)\b"
)
_SPANS = re.compile(r"from (?:left to right|right to left|top to bottom|bottom to top)")


def contradicts_place(
    text: str, regions: Sequence[DegradedRegion], facts: PictureFacts
) -> list[Violation]:
    """Places that are those of no region's box centre.

    Args:
        text: The text without the phrases that name regions.
        regions: Those it can be about; nothing is checked without any, or for the whole picture.
        facts: For the size.
    """
    if not regions or any(region.role == "whole" for region in regions):
        return []
    boxes = [Box(*region.box) for region in regions]
    places = [
        {horizontal_word(box, facts.width), vertical_word(box, facts.height)} for box in boxes
    ]
    said = [
        [_WORDS[word] for word in re.split(r"[\s-]+", match.group(1))]
        for match in _PLACE.finditer(_SPANS.sub("", text.lower()))
    ]
    wrong = {" ".join(words) for words in said if not any(place >= {*words} for place in places)}
    return [
        Violation("wrong_position", f"the region is not at the {name}") for name in sorted(wrong)
    ]
