"""Does a text claim another order than the one the distortions were applied in?"""

import re
from collections.abc import Sequence
from itertools import pairwise

from annotators.facts import Violation
from annotators.mentions import Mention
from schemas.records import Step

_FORWARD = re.compile(
    r"\b(?:then|followed by|before|afterwards|after (?:that|which)|subsequently|later|came first|"
    r"finally|second)\b"
)
_BACKWARD = re.compile(
    r"\b(?:after(?! that| which)|over|on top of|preceded by|following|came last)\b"
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
