"""One picture's whole road: regions, plans, chains, gates, questions, answers.

A pure function of the picture, the configuration and the registry: nothing here touches the disk
or knows of shards. Every draw is keyed by (seed, content hash, variant, region, purpose).
"""

from collections.abc import Sequence

import numpy as np

from annotators.answers.rewording import draft_question
from annotators.facts import PictureFacts
from annotators.language.phrases import references
from annotators.questions.ask import ask_picture
from annotators.regions.lookalikes import lookalikes
from annotators.regions.partition import partition
from annotators.regions.source import SkippedAnnotation
from distortions.gate import Judged, judge
from distortions.plan import DrawnStep, draw_chain, draw_kind, draw_targets, link_chain
from distortions.region import Patch, composite
from distortions.registry import FAMILIES
from flows.picture.degraded import degraded_region, untouched_region, whole_region
from flows.picture.outcome import PictureOutcome, PictureTools, Variant
from flows.picture.rows import answer_all
from schemas.arrays import Image, Mask
from schemas.errors import PictureError
from schemas.masks import decode
from schemas.records import DegradedRegion, Picture, Region, Reject, Sample
from schemas.streams import KeyPart, Stream


def degrade_and_ask(picture: Picture, image: Image, tools: PictureTools) -> PictureOutcome:
    """Make every variant of a picture.

    Args:
        picture: Its record.
        image: Its decoded pixels, of the record's size.
        tools: What is made once per process.
    """
    outcome = PictureOutcome(picture)
    try:
        with outcome.timings("regions"):
            problems: list[SkippedAnnotation] = []
            proposals = tools.regions.propose(image, picture, problems)
            outcome.regions, rejected = partition(
                proposals, picture, image, tools.config.regions, tools.regions.name
            )
    except PictureError as error:
        outcome.rejects.append(_reject("regions", picture.picture_id, error.reason, error.detail))
        return outcome
    outcome.rejects += rejected
    outcome.rejects += [
        _reject("regions", f"{picture.picture_id}:{p.subject}", p.reason, p.detail)
        for p in problems
    ]
    outcome.lookalikes = lookalikes(proposals, outcome.regions, picture)
    outcome.counts["regions.proposed"] += len(proposals)
    outcome.counts["regions.kept"] += len(outcome.regions)
    outcome.counts["regions.rejected"] += len(rejected)
    for number in range(tools.config.variants):
        _Degrading(picture, image, tools, outcome, number).run()
    return outcome


def _reject(stage: str, subject: str, reason: str, detail: str) -> Reject:
    return Reject(stage=stage, subject=subject, reason=reason, detail=detail)


class _Degrading:
    """Makes one variant and puts it into the outcome."""

    def __init__(
        self,
        picture: Picture,
        image: Image,
        tools: PictureTools,
        outcome: PictureOutcome,
        number: int,
    ) -> None:
        self.picture, self.image, self.tools, self.outcome = picture, image, tools, outcome
        self.image_id = f"{picture.picture_id}-v{number}"
        self.key: tuple[KeyPart, ...] = (tools.config.seed, picture.content_hash, number)

    def stream(self, *purpose: KeyPart) -> Stream:
        """The stream of one purpose in this variant."""
        return Stream(*self.key, *purpose)

    def run(self) -> None:
        kind = draw_kind(self.stream("kind"), self.tools.config.plan)
        self.outcome.counts["images.planned"] += 1
        if kind == "regions" and not self.outcome.regions:
            self._refuse("plan", "no_regions", "no eligible region to degrade")
            return
        with self.outcome.timings("degrade"):
            make = {"clean": self._clean, "uniform": self._uniform, "regions": self._regions}
            image, regions, asked = make[kind]()
        if kind != "clean" and not any(region.chain for region in regions):
            self._refuse("gate", "nothing_visible", "no chain passed the perceptibility gate")
            return
        with self.outcome.timings("ask"):
            samples = self._ask(image, asked, regions)
        self.outcome.counts[f"images.{kind}"] += 1
        self.outcome.variants.append(Variant(self.image_id, image, regions, samples))

    def _refuse(self, stage: str, reason: str, detail: str) -> None:
        self.outcome.counts["images.refused"] += 1
        self.outcome.rejects.append(_reject(stage, self.image_id, reason, detail))

    def _clean(self) -> tuple[Image, list[DegradedRegion], list[DegradedRegion]]:
        """The picture, the regions that are annotated, and all that takes part in naming."""
        regions = [untouched_region(self.image_id, r) for r in self._spare(self.outcome.regions)]
        return self.image.copy(), regions, self._everything(regions)

    def _uniform(self) -> tuple[Image, list[DegradedRegion], list[DegradedRegion]]:
        mask = np.ones(self.image.shape[:2], np.bool_)
        drawn, judged = self._try_chains("whole", mask, [])
        if judged is None:
            return self.image, [], []
        whole = whole_region(self.image_id, self.picture)
        made = degraded_region(whole, self.image, mask, drawn, judged, self.tools.config)
        return composite(self.image, [judged.patch]), [made], [made]

    def _regions(self) -> tuple[Image, list[DegradedRegion], list[DegradedRegion]]:
        """Degrade the drawn regions one after another; each on pristine pixels."""
        plan, found = self.tools.config.plan, self.outcome.regions
        targets = draw_targets(self.stream("targets"), len(found), plan)
        if len(targets) < plan.min_regions:
            self.outcome.counts["plan.fewer_regions_than_asked"] += 1
        made: dict[int, DegradedRegion] = {}
        patches: list[Patch] = []
        earlier: list[Sequence[DrawnStep]] = []
        for index in targets:
            mask = decode(found[index].mask, *self.image.shape[:2])
            drawn, judged = self._try_chains(found[index].region_id, mask, earlier)
            if judged is None:
                continue
            untouched = untouched_region(self.image_id, found[index])
            made[index] = degraded_region(
                untouched, self.image, mask, drawn, judged, self.tools.config
            )
            patches.append(judged.patch)
            earlier.append(drawn)
        image = composite(self.image, patches)
        spare = self._spare([region for i, region in enumerate(found) if i not in made])
        regions = [self._relabelled(image, region) for region in made.values()]
        regions += [untouched_region(self.image_id, region) for region in spare]
        return image, regions, self._everything(regions)

    def _relabelled(self, image: Image, region: DegradedRegion) -> DegradedRegion:
        mask = decode(region.mask, *image.shape[:2])
        if self.tools.refiner is not None:
            known = next(r for r in self.outcome.regions if r.region_id == region.region_id)
            label = self.tools.refiner.refine(self.image, known, self.outcome.counts)
        else:
            label = self.tools.regions.relabel(image, mask, region.label)
        self.outcome.counts["labels.refined"] += label != region.label
        return region.model_copy(update={"label_refined": label})

    def _spare(self, untouched: Sequence[Region]) -> list[Region]:
        """The clean regions that are annotated."""
        return self.stream("spare").shuffled(untouched)[: self.tools.config.plan.clean_regions]

    def _everything(self, regions: Sequence[DegradedRegion]) -> list[DegradedRegion]:
        """All that has a name in the picture, so that a phrase is unambiguous among it."""
        known = {region.region_id for region in regions}
        everything = [*self.outcome.regions, *self.outcome.lookalikes]
        others = [region for region in everything if region.region_id not in known]
        return [*regions, *(untouched_region(self.image_id, region) for region in others)]

    def _try_chains(
        self, region_id: str, mask: Mask, earlier: Sequence[Sequence[DrawnStep]]
    ) -> tuple[Sequence[DrawnStep], Judged | None]:
        """Draw chains until one passes the gate; a bounded number of times."""
        config, counts = self.tools.config, self.outcome.counts
        counts["gate.regions"] += 1
        refusal = ""
        for attempt in range(config.plan.attempts):
            stream = self.stream(region_id, "chain", attempt)
            drawn = draw_chain(stream, self.tools.palette, earlier)
            links = link_chain(drawn, *self.key, region_id, attempt)
            judged = judge(self.image, mask, links, config.gate)
            counts["gate.chains"] += 1
            if not judged.refusal:
                counts["gate.passed"] += 1
                return drawn, judged
            refusal = judged.refusal
            counts[f"gate.refused.{refusal}"] += 1
        counts["gate.left_clean"] += 1
        self.outcome.rejects.append(
            _reject("gate", f"{self.image_id}:{region_id}", "left_clean", refusal)
        )
        return [], None

    def _ask(
        self, image: Image, named: Sequence[DegradedRegion], regions: Sequence[DegradedRegion]
    ) -> list[Sample]:
        height, width = image.shape[:2]
        facts = PictureFacts(
            image_id=self.image_id,
            width=width,
            height=height,
            regions=tuple(regions),
            references=references(named, width, height),
            families=FAMILIES,
        )
        config = self.tools.config
        asks, dropped = ask_picture(
            facts,
            config.questions,
            config.gate,
            self.tools.pools,
            self.tools.palette.order,
            lambda purpose: self.stream("ask", purpose),
        )
        for reason, count in dropped.items():
            self.outcome.counts[f"ask.dropped.{reason}"] += count
        self.outcome.counts["ask.asked"] += len(asks)
        if self.tools.opener is None:
            return answer_all(asks, facts, self.picture, self.tools, self.outcome, self.stream)
        talk = self.tools.opener.open(image, self.outcome.counts)
        try:
            if config.questions.wording == "model":
                asks = [draft_question(ask, facts, talk, self.outcome.counts) for ask in asks]
            return answer_all(
                asks, facts, self.picture, self.tools, self.outcome, self.stream, talk
            )
        finally:
            talk.close()
