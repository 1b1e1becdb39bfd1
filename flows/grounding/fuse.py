"""Stage 4: boxes become cells, and names in the text become mentions."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from annotators.language.grid import Shares
from annotators.language.notation import Cited, write
from schemas.grounding import GroundedBox, GroundedText, SourceText, Triplet


class _Spot(NamedTuple):
    """Where a name stands in the text."""

    start: int
    end: int
    triplet: Triplet


def fused(
    text: SourceText, triplets: Sequence[Triplet], boxes: Mapping[int, Sequence[Shares]]
) -> tuple[GroundedText, list[GroundedBox], Counter[str]]:
    """A text with its mentions, their exact boxes, and what was dropped, by reason.

    The first occurrence of the name inside the phrase is replaced; of phrases that overlap the
    longer wins.

    Args:
        text: The text.
        triplets: What it speaks of.
        boxes: Number of a triplet to its boxes.
    """
    dropped: Counter[str] = Counter()
    spots: list[_Spot] = []
    taken: list[tuple[int, int]] = []
    for triplet in sorted(triplets, key=lambda one: (-len(one.phrase), one.number)):
        if not boxes.get(triplet.number):
            dropped["no_box"] += 1
            continue
        place = span(text.text, triplet.phrase)
        if any(place[0] < end and start < place[1] for start, end in taken):
            dropped["overlaps_another"] += 1
            continue
        taken.append(place)
        spots.append(_name(text.text, triplet, place))
    said, exact, at = [], list[GroundedBox](), 0
    for number, spot in enumerate(sorted(spots)):
        name, held = text.text[spot.start : spot.end], tuple(boxes[spot.triplet.number])
        said += [text.text[at : spot.start], write(Cited(name, held))]
        exact += [
            GroundedBox(text_id=text.text_id, mention=number, name=name, box=list(box))
            for box in held
        ]
        at = spot.end
    whole = "".join([*said, text.text[at:]])
    found = GroundedText(text_id=text.text_id, text=whole, mentions=len(spots))
    return found, exact, dropped


def _name(text: str, triplet: Triplet, place: tuple[int, int]) -> _Spot:
    """The name inside the phrase."""
    start, end = span(text[place[0] : place[1]], triplet.name)
    return _Spot(place[0] + start, place[0] + end, triplet)


def span(text: str, words: str) -> tuple[int, int]:
    """Where words first stand in a text, case aside."""
    found = re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text, re.IGNORECASE)
    if found is None:
        raise ValueError(f"{words!r} does not stand in {text!r:.80}")
    return found.span()
