"""Facts in a text: which distortions it asserts, how strongly, in which order, of which region.

The extractor is the one of the fact check (``annotators.mentions``), so it knows every word for a
distortion and what a text denies. It never splits at "and".
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from annotators.check.claims import order_contradictions
from annotators.language.mentions import Mention, mentioned
from flows.evaluation.truth import Bench
from schemas.families import Family
from schemas.records import DegradedRegion, Sample, Step

GRADES: Mapping[str, int] = {"mild": 1, "moderate": 2, "severe": 3}
WHOLE = "whole"

_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_ACROSS = {"left": "left", "right": "right"}
_DOWN = {"top": "top", "upper": "top", "bottom": "bottom", "lower": "bottom"}
_WHOLE = re.compile(r"\b(?:whole|entire|full) (?:image|picture|photo\w*)\b")


class Claims(NamedTuple):
    """What a text says of one region.

    Args:
        families: Asserted ones, in the order they are first named.
        grades: Family to the first grade the text gives it; absent where it gives none.
        found: Every mention, denied ones, too.
    """

    families: tuple[str, ...]
    grades: dict[str, str]
    found: tuple[Mention, ...]


class Spot(NamedTuple):
    """The place a grounding answer begins with.

    Args:
        x: left, right, whole or empty.
        y: top, bottom, whole or empty.
    """

    x: str
    y: str


def claims(text: str, families: Mapping[str, Family], ignore: Iterable[str] = ()) -> Claims:
    """What ``text`` asserts; phrases of ``ignore`` are names and no claims."""
    found = mentioned(text, families, ignore)
    grades: dict[str, str] = {}
    for mention in found:
        if not mention.denied and mention.grade:
            grades.setdefault(mention.family, mention.grade)
    asserted = dict.fromkeys(mention.family for mention in found if not mention.denied)
    return Claims(tuple(asserted), grades, tuple(found))


def says_order(text: str, said: Claims, chain: Sequence[Step]) -> bool:
    """Whether a text names exactly the families of a chain, in its order.

    The order of mention counts, unless the text turns it round in words ("severe noise on top of
    mild blur").
    """
    families = [step.family for step in chain]
    if sorted(said.families) != sorted(families):
        return False
    if order_contradictions(text, said.found, chain):
        return False
    turned = order_contradictions(text, said.found, chain[::-1])
    return list(said.families) == families or bool(turned)


def names(sample: Sample, bench: Bench, phrases: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Phrases and labels of the row's picture, which are names wherever they stand."""
    labels = [region.label_refined for region in bench.regions.get(sample.image_id, ())]
    own = [sample.reference, sample.label_refined]
    return [*phrases.get(sample.image_id, {}).values(), *labels, *own]


def spot(answer: str) -> Spot:
    """The place named in the first sentence; the first word across and the first word down."""
    first = re.split(r"[.!?\n]", answer.strip().lower(), maxsplit=1)[0]
    if _WHOLE.search(first):
        return Spot(WHOLE, WHOLE)
    words = re.findall(r"[a-z]+", first)
    x = next((_ACROSS[word] for word in words if word in _ACROSS), "")
    y = next((_DOWN[word] for word in words if word in _DOWN), "")
    return Spot(x, y)


def sentences(text: str) -> list[str]:
    """The sentences of a text."""
    return [part for part in _SENTENCE.split(text.strip()) if part]


def regions_in(
    sentence: str, regions: Sequence[DegradedRegion], phrases: Mapping[str, str]
) -> list[str]:
    """Ids of the regions a sentence names: by their phrase, else by a label no other has."""
    rest, found = sentence.lower(), []
    labels = [region.label_refined.lower() for region in regions]
    words = [(phrases[r.region_id].lower(), r.region_id) for r in regions if r.region_id in phrases]
    words += [
        (region.label_refined.lower(), region.region_id)
        for region in regions
        if labels.count(region.label_refined.lower()) == 1
    ]
    for phrase, region_id in sorted(words, key=lambda item: (-len(item[0]), item)):
        pattern = rf"(?<!\w){re.escape(phrase)}(?!\w)"
        if phrase and re.search(pattern, rest):
            rest = re.sub(pattern, "_", rest)
            found.append(region_id)
    return list(dict.fromkeys(found))
