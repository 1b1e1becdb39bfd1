"""What people said of a photograph, to the same questions and rows as our own degrading.

The photograph is the degraded picture; its regions are what people agree on. Nothing is known of an
order, of parameters or of a pristine version, so no question asks for them.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from annotators.facts import Answer, Ask, PictureFacts
from annotators.human.vocabulary import parse_vocabulary
from annotators.questions import ask_picture
from annotators.references import references
from distortions.registry import FAMILIES
from flows.picture import PictureOutcome, Tools, Variant
from flows.rows import answer_all, whole_region
from schemas import masks
from schemas.arrays import Image
from schemas.config import PlanConfig, RunConfig
from schemas.errors import AnnotationError, ConfigError
from schemas.families import Family
from schemas.human import HumanFlaw, HumanPicture, HumanRegion
from schemas.records import DegradedRegion, Grade, Picture, Step
from schemas.streams import Stream

SOURCE = "annotated.txt"


class HumanIndex:
    """A folder of annotations in memory, by content hash.

    Raises:
        ConfigError: It is no such folder.
    """

    def __init__(self, folder: Path) -> None:
        try:
            pictures = HumanPicture.from_table(pq.read_table(folder / "pictures.parquet"))
            regions = HumanRegion.from_table(pq.read_table(folder / "consensus.parquet"))
            text = (folder / "families.toml").read_text(encoding="utf-8")
        except OSError as error:
            raise ConfigError(
                f"--annotations {folder}: {error.strerror or error}; make it with import"
            ) from None
        self.families: Mapping[str, Family] = parse_vocabulary(text, "families.toml").families
        self.pictures = {picture.content_hash: picture for picture in pictures}
        self.regions: dict[str, list[HumanRegion]] = {}
        for region in regions:
            self.regions.setdefault(region.picture_id, []).append(region)


@lru_cache(maxsize=1)
def human_index(folder: str) -> HumanIndex:
    """The annotations of a run; an empty folder name has none."""
    if folder:
        return HumanIndex(Path(folder))
    empty = HumanIndex.__new__(HumanIndex)
    empty.families, empty.pictures, empty.regions = {}, {}, {}
    return empty


def annotated_hashes(config: RunConfig) -> frozenset[str]:
    """Content hashes of the pictures that people annotated; those are flawed and not screened."""
    return frozenset(human_index(config.annotations).pictures)


def human_outcome(picture: Picture, image: Image, tools: Tools) -> PictureOutcome:
    """The rows of an annotated photograph.

    Args:
        picture: Its record.
        image: Its pixels.
        tools: What is made once per process.
    """
    config, index = tools.config, human_index(tools.config.annotations)
    said = index.pictures[picture.content_hash]
    outcome = PictureOutcome(picture)
    image_id = f"{picture.picture_id}-h"
    regions = _regions(image_id, picture, said, index, config.plan)
    outcome.counts["images.planned"] += 1
    outcome.counts["images.human"] += 1
    facts = PictureFacts(
        image_id=image_id,
        width=picture.width,
        height=picture.height,
        regions=tuple(regions),
        references=references(regions, picture.width, picture.height),
        families={**FAMILIES, **index.families},
        origin="human",
    )
    # Sums of people's severities say little between families, and nobody knows an order.
    asked = config.questions.model_copy(update={"hybrid_per_image": 0, "order_per_image": 0})

    def stream(*purpose: str | int) -> Stream:
        return Stream(config.seed, picture.content_hash, "human", *purpose)

    asks, dropped = ask_picture(
        facts, asked, config.gate, tools.pools, {}, lambda purpose: stream("ask", purpose)
    )
    for reason, count in dropped.items():
        outcome.counts[f"ask.dropped.{reason}"] += count
    outcome.counts["ask.asked"] += len(asks)
    talk = tools.scribe.open(image, outcome.counts) if tools.scribe else None
    try:
        samples = answer_all(
            asks, facts, picture, tools, outcome, stream, talk, BriefWriter(said.brief)
        )
    finally:
        if talk is not None:
            talk.close()
    outcome.variants.append(Variant(image_id, image, regions, samples))
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
