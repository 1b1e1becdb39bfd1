"""What was said of one photograph, and the records it becomes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from annotators.human.consensus import Agreed, Marked, agree, agreed_flaws, groups
from flows.human.opinion_table import FAIR, GOOD, OpinionRow
from flows.ingest.picture_list import readable_name
from schemas import masks
from schemas.human import HumanFlaw, HumanPicture, HumanRegion, Scope, Verdict


class MarkedBy(NamedTuple):
    """A region as one person marked it; the mask as run lengths, for there may be many pictures.

    Args:
        annotator: Who.
        runs: COCO compressed run lengths at the photograph's size.
        label: What is there.
        flaws: Distortions.
        clean: Whether the person said that nothing is wrong with it.
        text: What the person wrote.
        time: When, as the tool states it.
    """

    annotator: str
    runs: str
    label: str
    flaws: Sequence[HumanFlaw]
    clean: bool
    text: str
    time: str

    @property
    def spoke(self) -> bool:
        """Whether the person said anything of its quality."""
        return self.clean or bool(self.flaws)


@dataclass
class AnnotatedPhotograph:
    """All that was said of one photograph."""

    path: str
    original: str
    content: str
    width: int
    height: int
    regions: list[MarkedBy] = field(default_factory=list)
    people: set[str] = field(default_factory=set)
    whole: dict[str, dict[str, HumanFlaw]] = field(default_factory=dict)
    scopes: set[tuple[str, Scope]] = field(default_factory=set)
    brief: list[str] = field(default_factory=list)

    def flawed(self, who: str, flaws: Sequence[HumanFlaw]) -> None:
        """Somebody named flaws of the whole."""
        if flaws:
            self.whole.setdefault(who, {}).update({flaw.family: flaw for flaw in flaws})

    def heard(self) -> int:
        """How many people said anything of the quality; silence is no vote."""
        spoke = {region.annotator for region in self.regions if region.spoke}
        return len(spoke | set(self.whole) | {who for who, _ in self.scopes})

    def raters(self) -> int:
        """How many people marked a region or said anything of the quality."""
        marked = {region.annotator for region in self.regions}
        return len(marked | set(self.whole) | {who for who, _ in self.scopes})

    def marked(self) -> list[Marked]:
        """Everybody's regions with their masks."""
        return [
            Marked(one.annotator, self._mask(one), one.label, one.flaws, one.clean)
            for one in self.regions
        ]

    def _mask(self, one: MarkedBy) -> np.ndarray:
        return masks.decode(one.runs, self.height, self.width)


class PhotographRecords(NamedTuple):
    """The picture, each person's regions, and what people agree on."""

    picture: HumanPicture
    regions: list[HumanRegion]
    agreed: list[HumanRegion]


def photograph_records(
    work: AnnotatedPhotograph, marked: Sequence[Marked], opinion: OpinionRow | None, share: float
) -> PhotographRecords:
    """The picture as most see it, with what a table of opinions says of it.

    Args:
        work: What was said.
        marked: Its regions with their masks.
        opinion: What the table says.
        share: As in ``consensus.agree``.
    """
    agreed = _agreed(work, marked, share)
    flaws = agreed_flaws([list(own.values()) for own in work.whole.values()], work.heard())
    said = _scope(work, agreed, flaws)
    scope = _weighed(said, work, opinion)
    if said == scope == "clean":  # who says so of the picture says so of all that is in it
        agreed = [one._replace(verdict="clean") for one in agreed]
    picture = HumanPicture(
        picture_id=work.content[:16],
        content_hash=work.content,
        path=readable_name(work.path),
        original=readable_name(work.original),
        width=work.width,
        height=work.height,
        scope=scope,
        flaws=flaws if scope == "uniform" else [],
        brief=" ".join(work.brief),
        annotators=sorted(work.people),
        mos=float(np.float32(opinion.mos)) if opinion else None,
        official_split=opinion.split if opinion else "",
        votes=opinion.votes if opinion else "",
    )
    own = [
        _region(work, number, region.mask, one, _verdict(one), one.text, one.time)
        for number, (region, one) in enumerate(zip(marked, work.regions, strict=True))
    ]
    common = [
        _region(work, number, one.mask, one, one.verdict) for number, one in enumerate(agreed)
    ]
    return PhotographRecords(picture, own, common)


def _agreed(work: AnnotatedPhotograph, marked: Sequence[Marked], share: float) -> list[Agreed]:
    raters = work.raters()
    found = (agree(group, raters, share) for group in groups(marked))
    return [one for one in found if one is not None and one.mask.any()]


def _scope(
    work: AnnotatedPhotograph, agreed: Sequence[Agreed], flaws: Sequence[HumanFlaw]
) -> Scope:
    """What people said of the picture; somebody who said nothing said neither good nor bad."""
    verdicts = {region.verdict for region in agreed}
    if "flawed" in verdicts:
        return "regional"
    if flaws:
        return "uniform"
    praised = Counter(scope for _, scope in work.scopes)["clean"]
    if praised and 2 * praised >= work.heard():
        return "clean"
    return "regional" if "clean" in verdicts else "unsaid"


def _weighed(said: Scope, work: AnnotatedPhotograph, opinion: OpinionRow | None) -> Scope:
    """The scope where many people gave the picture a score.

    A mean below ``FAIR`` speaks against one who found nothing wrong; one of ``GOOD`` and more
    speaks for a picture of which nobody named a flaw.
    """
    if opinion is None:
        return said
    if said == "clean" and opinion.mos < FAIR:
        return "unsaid"
    if said == "unsaid" and opinion.mos >= GOOD and not work.heard():
        return "clean"
    return said


def _verdict(one: MarkedBy) -> Verdict:
    return "flawed" if one.flaws else "clean" if one.clean else "unsaid"


def _region(
    work: AnnotatedPhotograph,
    number: int,
    mask: np.ndarray,
    one: MarkedBy | Agreed,
    verdict: Verdict,
    text: str = "",
    time: str = "",
) -> HumanRegion:
    return HumanRegion(
        picture_id=work.content[:16],
        region_id=f"{work.content[:16]}/h{number}",
        annotator=one.annotator if isinstance(one, MarkedBy) else "consensus",
        label=one.label,
        flaws=list(one.flaws),
        verdict=verdict,
        box=list(masks.bounding_box(mask)),
        mask=masks.encode(mask),
        text=text,
        time=time,
    )
