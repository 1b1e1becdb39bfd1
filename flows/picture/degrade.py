"""One picture's whole road: regions, plans, chains, gates, questions, answers.

A pure function of the picture, the configuration and the registry: nothing here touches the disk
or knows of shards. Every draw is keyed by (seed, content hash, variant, region, purpose).
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from annotators.facts import PictureFacts
from annotators.language.phrases import references
from annotators.regions.lookalikes import lookalikes
from annotators.regions.partition import partition
from annotators.screening import well_inside
from distortions.gate import Judged, judge
from distortions.plan import DrawnStep, Palette, draw_chain, draw_kind, draw_targets, link_chain
from distortions.region import Patch, composite
from distortions.site import Depth
from distortions.view import View
from flows.picture.degraded import degraded_region, untouched_region, whole_region
from flows.picture.outcome import PictureOutcome, PictureTools, Variant
from flows.picture.questions import question
from schemas.arrays import Image, Mask
from schemas.counts import (
    DEPTH_MISSING,
    DEPTH_READ,
    GATE_CHAINS,
    GATE_LEFT_CLEAN,
    GATE_PASSED,
    GATE_REFUSED,
    GATE_REGIONS,
    GATE_TYPES,
    IMAGES,
    IMAGES_PLANNED,
    IMAGES_REFUSED,
    LABELS,
    LABELS_REFINED,
    PLAN_FEWER_REGIONS,
    REGIONS_KEPT,
    REGIONS_PROPOSED,
    REGIONS_REJECTED,
)
from schemas.errors import PictureError
from schemas.masks import decode
from schemas.records import DegradedRegion, Picture, Region, Reject
from schemas.streams import KeyPart, Stream

NO_REGIONS = PictureError("no_regions", "no eligible region to degrade")
NOTHING_VISIBLE = PictureError("nothing_visible", "no chain passed the perceptibility gate")


class Scene(NamedTuple):
    """A pristine picture with what was found in it; all its variants share it.

    Args:
        picture: Its record.
        image: Its pixels.
        regions: The partition.
        lookalikes: Things of the same name that did not become regions.
        depth: How far away its pixels are, where that is known.
    """

    picture: Picture
    image: Image
    regions: Sequence[Region]
    lookalikes: Sequence[Region]
    depth: Depth | None = None


class Made(NamedTuple):
    """A degraded picture, its annotated regions, and all that has a name in it."""

    image: Image
    regions: list[DegradedRegion]
    named: list[DegradedRegion]


def degrade_and_ask(picture: Picture, image: Image, tools: PictureTools) -> PictureOutcome:
    """Make every variant of a picture.

    Args:
        picture: Its record.
        image: Its decoded pixels, of the record's size.
        tools: What is made once per process.
    """
    scene, outcome = find_scene(picture, image, tools)
    if scene is not None:
        for number in range(tools.config.variants):
            outcome.add(make_variant(scene, tools, number))
    return outcome


def find_scene(
    picture: Picture, image: Image, tools: PictureTools
) -> tuple[Scene | None, PictureOutcome]:
    """The regions of a picture, and what is to be said of them; no scene where none were found."""
    outcome = PictureOutcome()
    with outcome.timings("regions"):
        (found,) = tools.regions.propose([image], [picture])
        regions, rejected = partition(
            found.regions, picture, image, tools.config.regions, tools.regions.name
        )
    if found.failure is not None:
        outcome.rejects.append(Reject.of("regions", picture.picture_id, found.failure))
        return None, outcome
    outcome.regions = regions
    outcome.rejects += rejected
    outcome.rejects += [
        Reject.of("regions", f"{picture.picture_id}:{problem.subject}", problem)
        for problem in found.problems
    ]
    outcome.counts[REGIONS_PROPOSED] += len(found.regions)
    outcome.counts[REGIONS_KEPT] += len(regions)
    outcome.counts[REGIONS_REJECTED] += len(rejected)
    try:
        depth = tools.depth(picture) if tools.depth else None
    except PictureError as error:
        outcome.rejects.append(Reject.of("ingest", picture.picture_id, error))
        return None, outcome
    if tools.depth:
        outcome.counts[DEPTH_READ if depth is not None else DEPTH_MISSING] += 1
    others = lookalikes(found.regions, regions, picture)
    return Scene(picture, image, regions, others, depth), outcome


def make_variant(scene: Scene, tools: PictureTools, number: int) -> PictureOutcome:
    """One variant of a scene: its picture with rows, or why there is none."""
    return _VariantRoad(scene, tools, number).outcome()


class _VariantRoad:
    """Makes one variant of a scene."""

    def __init__(self, scene: Scene, tools: PictureTools, number: int) -> None:
        self.scene, self.tools = scene, tools
        self.image_id = f"{scene.picture.picture_id}-v{number}"
        self.key: tuple[KeyPart, ...] = (tools.config.seed, scene.picture.content_hash, number)
        self.made = PictureOutcome()
        self.counts = self.made.counts

    def stream(self, *purpose: KeyPart) -> Stream:
        """The stream of one purpose in this variant."""
        return Stream(*self.key, *purpose)

    def outcome(self) -> PictureOutcome:
        """The variant, or why there is none."""
        kind = draw_kind(self.stream("kind"), self.tools.config.plan)
        self.counts[IMAGES_PLANNED] += 1
        if kind == "regions" and not self.scene.regions:
            return self._refused("plan", NO_REGIONS)
        with self.made.timings("degrade"):
            make = {"clean": self._clean, "uniform": self._uniform, "regions": self._regions}
            done = make[kind]()
        if kind != "clean" and not any(region.chain for region in done.regions):
            return self._refused("gate", NOTHING_VISIBLE)
        with self.made.timings("ask"):
            asked = question(
                self._facts(done),
                done.image,
                self.scene.picture,
                self.tools,
                self.stream,
                self.tools.palette.order,
                self.tools.config.questions,
            )
        self.counts[IMAGES(kind)] += 1
        self.counts.update(asked.counts)
        self.made.rejects += asked.rejects
        self.made.variants.append(
            Variant(self.image_id, done.image, done.regions, asked.samples, asked.boxes)
        )
        return self.made

    def _refused(self, stage: str, why: PictureError) -> PictureOutcome:
        self.counts[IMAGES_REFUSED] += 1
        self.made.rejects.append(Reject.of(stage, self.image_id, why))
        return self.made

    def _facts(self, made: Made) -> PictureFacts:
        height, width = made.image.shape[:2]
        return PictureFacts(
            image_id=self.image_id,
            width=width,
            height=height,
            regions=tuple(made.regions),
            references=references(made.named, width, height),
            families=self.tools.palette.known,
            clear=well_inside(self.scene.picture.screen),
        )

    def _clean(self) -> Made:
        regions = [untouched_region(self.image_id, r) for r in self._spare(self.scene.regions)]
        return Made(self.scene.image.copy(), regions, self._everything(regions))

    def _uniform(self) -> Made:
        image = self.scene.image
        mask = np.ones(image.shape[:2], np.bool_)
        palette = self.tools.palette.over_picture
        drawn, judged = self._try_chains("whole", mask, [], palette)
        if judged is None:
            return Made(image, [], [])
        whole = whole_region(self.image_id, self.scene.picture)
        region = degraded_region(whole, drawn, judged, self.tools.config)
        return Made(composite(image, [judged.patch]), [region], [region])

    def _regions(self) -> Made:
        """Degrade the drawn regions one after another; each on pristine pixels."""
        plan, found, image = self.tools.config.plan, self.scene.regions, self.scene.image
        targets = draw_targets(self.stream("targets"), len(found), plan)
        if len(targets) < plan.min_regions:
            self.counts[PLAN_FEWER_REGIONS] += 1
        done: dict[int, DegradedRegion] = {}
        patches: list[Patch] = []
        earlier: list[Sequence[DrawnStep]] = []
        for index in targets:
            mask = decode(found[index].mask, *image.shape[:2])
            name, palette = found[index].region_id, self.tools.palette
            drawn, judged = self._try_chains(name, mask, earlier, palette)
            if judged is None:
                continue
            untouched = untouched_region(self.image_id, found[index])
            done[index] = degraded_region(untouched, drawn, judged, self.tools.config)
            patches.append(judged.patch)
            earlier.append(drawn)
        degraded = composite(image, patches)
        spare = self._spare([region for i, region in enumerate(found) if i not in done])
        regions = [self._refined(region) for region in done.values()]
        regions += [untouched_region(self.image_id, region) for region in spare]
        return Made(degraded, regions, self._everything(regions))

    def _refined(self, region: DegradedRegion) -> DegradedRegion:
        """With the name a model gives the pristine region; a degraded thing is still that thing."""
        if self.tools.refiner is None:
            return region
        known = next(r for r in self.scene.regions if r.region_id == region.region_id)
        label, decision = self.tools.refiner.refine(self.scene.image, known)
        self.counts[LABELS(decision)] += 1
        self.counts[LABELS_REFINED] += label != region.label
        return region.model_copy(update={"label_refined": label})

    def _spare(self, untouched: Sequence[Region]) -> list[Region]:
        """The clean regions that are annotated."""
        return self.stream("spare").shuffled(untouched)[: self.tools.config.plan.clean_regions]

    def _everything(self, regions: Sequence[DegradedRegion]) -> list[DegradedRegion]:
        """All that has a name in the picture, so that a phrase is unambiguous among it."""
        known = {region.region_id for region in regions}
        everything = [*self.scene.regions, *self.scene.lookalikes]
        others = [region for region in everything if region.region_id not in known]
        return [*regions, *(untouched_region(self.image_id, region) for region in others)]

    def _try_chains(
        self,
        region_id: str,
        mask: Mask,
        earlier: Sequence[Sequence[DrawnStep]],
        palette: Palette,
    ) -> tuple[Sequence[DrawnStep], Judged | None]:
        """Draw chains until one passes the gate; a bounded number of times."""
        config = self.tools.config
        self.counts[GATE_REGIONS] += 1
        refusal = ""
        view = View(self.scene.image, mask, config.gate.pixels_per_degree)
        for attempt in range(config.plan.attempts):
            stream = self.stream(region_id, "chain", attempt)
            drawn = draw_chain(stream, palette, earlier)
            links = link_chain(drawn, *self.key, region_id, attempt)
            judged = judge(self.scene.image, mask, links, config.gate, view, self.scene.depth)
            self.counts[GATE_CHAINS] += 1
            self.counts.update(_said_of_steps(judged))
            if not judged.refusal:
                self.counts[GATE_PASSED] += 1
                return drawn, judged
            refusal = judged.refusal
            self.counts[GATE_REFUSED(refusal)] += 1
        self.counts[GATE_LEFT_CLEAN] += 1
        subject = f"{self.image_id}:{region_id}"
        self.made.rejects.append(Reject.of("gate", subject, PictureError("left_clean", refusal)))
        return [], None


def _said_of_steps(judged: Judged) -> list[str]:
    """Counts of the steps of a chain: all are seen, or one is refused and the rest unsaid."""
    if not judged.refusal:
        return [GATE_TYPES(link.type.name, str(link.severity), "seen") for link in judged.chain]
    family = re.split(r"[:>]", judged.refusal, maxsplit=1)[0]
    return [
        GATE_TYPES(link.type.name, str(link.severity), "refused")
        for link in judged.chain
        if link.type.family == family
    ]
