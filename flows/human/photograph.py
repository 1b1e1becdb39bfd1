"""What was said of one photograph, and the records it becomes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

import numpy as np

from annotators.human.consensus import Agreed, Marked, agree, agreed_flaws, groups
from flows.human.opinion_table import OpinionRow
from schemas import masks
from schemas.human import HumanFlaw, HumanPicture, HumanRegion, Scope


@dataclass
class AnnotatedPhotograph:
    """All that was said of one photograph."""

    path: str
    content: str
    width: int
    height: int
    regions: list[Marked] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)
    people: set[str] = field(default_factory=set)
    whole: dict[str, dict[str, HumanFlaw]] = field(default_factory=dict)
    scopes: set[tuple[str, Scope]] = field(default_factory=set)
    brief: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """File name, as tables of opinions have it."""
        return PurePosixPath(self.path).name

    def flawed(self, who: str, flaws: Sequence[HumanFlaw]) -> None:
        """Somebody named flaws of the whole."""
        if flaws:
            self.whole.setdefault(who, {}).update({flaw.family: flaw for flaw in flaws})

    def heard(self) -> int:
        """How many people said where flaws are or that there are none; silence is no vote."""
        marked = {region.annotator for region in self.regions}
        return len(marked | set(self.whole) | {who for who, _ in self.scopes})


def picture_record(
    work: AnnotatedPhotograph, agreed: Sequence[HumanRegion], opinion: OpinionRow | None
) -> HumanPicture:
    """The picture as most see it, with what a table of opinions says of it."""
    flaws = agreed_flaws([list(own.values()) for own in work.whole.values()], work.heard())
    return HumanPicture(
        picture_id=work.content[:16],
        content_hash=work.content,
        path=work.path,
        width=work.width,
        height=work.height,
        scope=_scope(work, agreed, flaws),
        flaws=flaws,
        brief=" ".join(work.brief),
        annotators=sorted(work.people),
        mos=float(np.float32(opinion.mos)) if opinion else None,
        official_split=opinion.split if opinion else "",
        votes=opinion.votes if opinion else "",
    )


def _scope(
    work: AnnotatedPhotograph, agreed: Sequence[HumanRegion], flaws: Sequence[HumanFlaw]
) -> Scope:
    if any(region.flaws for region in agreed):
        return "regional"
    said = Counter(scope for _, scope in work.scopes)
    if flaws or 2 * said["uniform"] >= max(1, work.heard()):
        return "uniform"
    return "clean" if 2 * said["clean"] >= max(1, work.heard()) else "regional"


def region_records(work: AnnotatedPhotograph) -> list[HumanRegion]:
    """Each person's regions."""
    return [
        _region(work, f"h{number}", marked.annotator, marked.mask, marked.label, marked.flaws, said)
        for number, (marked, said) in enumerate(zip(work.regions, work.texts, strict=True))
    ]


def agreed_records(work: AnnotatedPhotograph, share: float) -> list[HumanRegion]:
    """What people agree on; ``share`` as in ``consensus.agree``."""
    found: list[Agreed] = []
    for group in groups(work.regions):
        agreed = agree(group, work.heard(), share)
        if agreed is not None and agreed.mask.any():
            found.append(agreed)
    return [
        _region(work, f"h{number}", "consensus", one.mask, one.label, one.flaws, ("", ""))
        for number, one in enumerate(found)
    ]


def _region(
    work: AnnotatedPhotograph,
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
