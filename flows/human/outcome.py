"""What people said of a photograph, to the same questions and rows as our own degrading.

The photograph is the degraded picture; its regions are what people agree on. Nothing is known of an
order, of parameters or of a pristine version, so no question asks for them.
"""

import numpy as np

from annotators.facts import Answer, Ask, PictureFacts
from annotators.language.phrases import references
from flows.human.folder import HumanIndex, human_index
from flows.picture.degraded import whole_region
from flows.picture.outcome import PictureOutcome, PictureTools, Variant
from flows.picture.questions import question
from schemas import masks
from schemas.arrays import Image
from schemas.counts import IMAGES, IMAGES_PLANNED
from schemas.errors import AnnotationError
from schemas.human import HumanFlaw, HumanPicture
from schemas.records import DegradedRegion, Grade, Picture, Step
from schemas.settings.config import PlanConfig
from schemas.streams import Stream


def human_outcome(picture: Picture, image: Image, tools: PictureTools) -> PictureOutcome:
    """The rows of an annotated photograph.

    Args:
        picture: Its record.
        image: Its pixels.
        tools: What is made once per process.
    """
    config, index = tools.config, human_index(tools.config.annotations)
    said = index.pictures[picture.content_hash]
    outcome = PictureOutcome()
    if said.scope == "unsaid":  # silence is no praise
        outcome.counts[IMAGES("unsaid")] += 1
        return outcome
    image_id = f"{picture.picture_id}-h"
    regions = _regions(image_id, picture, said, index, config.plan)
    facts = PictureFacts(
        image_id=image_id,
        width=picture.width,
        height=picture.height,
        regions=tuple(regions),
        references=references(regions, picture.width, picture.height),
        families=index.families_beside(tools.palette.known),
        origin="human",
    )
    # Sums of people's severities say little between families, and nobody knows an order.
    never = {"hybrid_per_image": 0, "order_per_image": 0}
    if said.scope == "regional" and not facts.degraded:
        # somebody praised single regions; nobody looked at the picture as a whole
        never["global_per_image"] = 0
    allowed = config.questions.model_copy(update=never)

    def stream(*purpose: str | int) -> Stream:
        return Stream(config.seed, picture.content_hash, "human", *purpose)

    asked = question(facts, image, picture, tools, stream, {}, allowed, BriefWriter(said.brief))
    outcome.counts.update({IMAGES_PLANNED: 1, IMAGES("human"): 1})
    outcome.counts.update(asked.counts)
    outcome.rejects += asked.rejects
    outcome.variants.append(Variant(image_id, image, regions, asked.samples, asked.boxes))
    return outcome


class BriefWriter:
    """What people wrote of the picture as a whole; implements ``annotators.facts.Writer``."""

    name, version = "human", "import"

    def __init__(self, brief: str) -> None:
        self._brief = brief

    def write(
        self,
        ask: Ask,
        facts: PictureFacts,
        stream: Stream,
        attempt: int,
        broken: object = (),
    ) -> Answer:
        """The text, as an answer to a question about the whole.

        Raises:
            AnnotationError: Nobody wrote anything, or the question is another.
        """
        if not self._brief or ask.task != "global_description":
            raise AnnotationError("no_text", "people wrote nothing for this question")
        text = self._brief[:1].upper() + self._brief[1:]
        return Answer(text if text.endswith((".", "!", "?")) else f"{text}.")


def _regions(
    image_id: str, picture: Picture, said: HumanPicture, index: HumanIndex, plan: PlanConfig
) -> list[DegradedRegion]:
    if said.scope == "uniform":
        whole = whole_region(image_id, picture)
        return [whole.model_copy(update={"chain": _steps(said.flaws, plan)})]
    found = []
    for region in index.regions.get(said.picture_id, []):
        if region.verdict == "unsaid":
            continue
        mask = masks.decode(region.mask, picture.height, picture.width)
        x, y = masks.pole(mask)
        found.append(
            DegradedRegion(
                image_id=image_id,
                picture_id=picture.picture_id,
                region_id=region.region_id,
                role="degraded" if region.flaws else "clean",
                label=region.label,
                label_refined=region.label,
                box=region.box,
                mask=region.mask,
                area_fraction=float(np.float32(mask.mean())),
                point=[x, y],
                chain=_steps(region.flaws, plan),
                scores=None,
                order_ssim=None,
                order_gradient=None,
            )
        )
    return found


def _steps(flaws: list[HumanFlaw], plan: PlanConfig) -> list[Step]:
    return [
        Step(
            family=flaw.family,
            type=flaw.family,
            severity=flaw.severity,
            grade=_grade(flaw.severity, plan),
            params="{}",
            key="",
            domain="",
            delta_e=0.0,
            gradient_log_ratio=0.0,
            ssim=1.0,
        )
        for flaw in flaws
    ]


def _grade(severity: int, plan: PlanConfig) -> Grade:
    return plan.single_grades[severity - 1] if severity else ""
