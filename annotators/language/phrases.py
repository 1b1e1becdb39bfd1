"""Small pieces of English grammar."""

from collections import Counter
from collections.abc import Iterator, Sequence

from annotators.facts import PictureFacts
from annotators.language.positions import (
    WHOLE_IMAGE,
    relative_phrases,
    spatial_answer,
)
from schemas.boxes import Box
from schemas.families import Family
from schemas.records import DegradedRegion, Step


def capitalised(text: str) -> str:
    """First letter large, the rest as it is."""
    return text[:1].upper() + text[1:]


def joined(items: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def with_article(noun: str) -> str:
    """``a dog``, ``an area``; by the first letter, which is right for the labels we have."""
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def step_phrase(step: Step, family: Family) -> str:
    """``mild blur``; ``blur`` where nobody said how strong it is."""
    return f"{step.grade} {family.noun}".strip()


def short_answer(chain: Sequence[Step], facts: PictureFacts) -> str:
    """``Mild blur, moderate brightening.``; grade and noun in chain order."""
    parts = [step_phrase(step, facts.families[step.family]) for step in chain]
    return f"{capitalised(', '.join(parts))}."


def spatial_part(region: DegradedRegion, facts: PictureFacts) -> str:
    """``Top left.`` or ``The whole image.``."""
    if region.role == "whole":
        return WHOLE_IMAGE
    return spatial_answer(Box(*region.box), facts.width, facts.height)


WHOLE = "the whole image"


def references(regions: Sequence[DegradedRegion], width: int, height: int) -> dict[str, str]:
    """Region id to phrase; regions that cannot be told apart are absent.

    No two regions share a phrase, even where a label of its own reads like another's label with
    a place ("person on the left"). A label that names a kind ("person") is no name beside one of
    that kind ("young person") unless a place tells them apart.

    Args:
        regions: Everything that has a name in the picture, also what is not asked about.
        width: Picture width, pixels.
        height: Picture height, pixels.
    """
    by_label: dict[str, list[DegradedRegion]] = {}
    named: dict[str, str] = {}
    for region in regions:
        if region.role == "whole":
            named[region.region_id] = WHOLE
        elif region.label_refined:
            by_label.setdefault(region.label_refined, []).append(region)
    for label, same in by_label.items():
        kin = [one for other in by_label if is_kind_of(other, label) for one in by_label[other]]
        for region, phrase in _told_apart([*same, *kin], width, height):
            if region.label_refined == label:
                named[region.region_id] = f"the {label} {phrase}".rstrip()
    taken = Counter(named.values())
    return {region_id: phrase for region_id, phrase in named.items() if taken[phrase] == 1}


def is_kind_of(label: str, kind: str) -> bool:
    """Whether one label names a special kind of what another names: a young person, a person."""
    return label.endswith(f" {kind}")


def _told_apart(
    same: Sequence[DegradedRegion], width: int, height: int
) -> Iterator[tuple[DegradedRegion, str]]:
    """Regions of one label with the place that tells them apart; none is needed for one."""
    if len(same) == 1:
        yield same[0], ""
        return
    boxes = [Box(*region.box) for region in same]
    points = [(region.point[0], region.point[1]) for region in same]
    phrases = relative_phrases(boxes, width, height, points)
    yield from ((region, p) for region, p in zip(same, phrases, strict=True) if p)
