"""What was said of one photograph, and the records it becomes."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from annotators.human.consensus import Agreed, Marked, agree, groups
from flows.koniq import Opinion
from schemas import masks
from schemas.human import HumanFlaw, HumanPicture, HumanRegion, Scope


@dataclass
class Work:
    """All that was said of one photograph."""

    path: str
    content: str
    width: int
    height: int
    regions: list[Marked] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)
    people: set[str] = field(default_factory=set)
    whole: list[HumanFlaw] = field(default_factory=list)
    scopes: list[str] = field(default_factory=list)
    brief: list[str] = field(default_factory=list)


def picture_record(work: Work, opinion: Opinion | None) -> HumanPicture:
    """The picture, with what a table of opinions says of it."""
    flaws = {flaw.family: flaw for flaw in work.whole}
    return HumanPicture(
        picture_id=work.content[:16],
        content_hash=work.content,
        path=work.path,
        width=work.width,
        height=work.height,
        scope=_scope(work),
        flaws=[flaws[family] for family in sorted(flaws)],
        brief=" ".join(work.brief),
        annotators=sorted(work.people),
        mos=float(np.float32(opinion.mos)) if opinion else None,
        official_split=opinion.split if opinion else "",
        votes=opinion.votes if opinion else "",
    )


def _scope(work: Work) -> Scope:
    if any(region.flaws for region in work.regions):
        return "regional"
    if work.whole or "uniform" in work.scopes:
        return "uniform"
    return "clean" if "clean" in work.scopes else "regional"


def region_records(work: Work) -> list[HumanRegion]:
    """Each person's regions."""
    return [
        _region(work, f"h{number}", marked.annotator, marked.mask, marked.label, marked.flaws, said)
        for number, (marked, said) in enumerate(zip(work.regions, work.texts, strict=True))
    ]


def agreed_records(work: Work, share: float) -> list[HumanRegion]:
    """What people agree on; ``share`` as in ``consensus.agree``."""
    raters = max(1, len({region.annotator for region in work.regions}))
    found: list[Agreed] = []
    for group in groups(work.regions):
        agreed = agree(group, raters, share)
        if agreed is not None and agreed.mask.any():
            found.append(agreed)
    return [
        _region(work, f"h{number}", "consensus", one.mask, one.label, one.flaws, ("", ""))
        for number, one in enumerate(found)
    ]


def _region(
    work: Work,
    index: str,
    who: str,
    mask: np.ndarray,
    label: str,
    flaws: Sequence[HumanFlaw],
    said: tuple[str, str],
) -> HumanRegion:
    return HumanRegion(
        picture_id=work.content[:16],
        region_id=f"{work.content[:16]}/{index}",
        annotator=who,
        label=label,
        flaws=list(flaws),
        box=list(masks.bounding_box(mask)),
        mask=masks.encode(mask),
        text=said[0],
        time=said[1],
    )
