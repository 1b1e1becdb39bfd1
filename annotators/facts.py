"""What may be said about a degraded picture: the facts every question and answer stands on.

``PictureFacts`` is fixed before a word is written; ``Ask`` is one question with the facts its
answer may state; ``Answer`` is what a writer, template or model, makes of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from schemas.families import Family
from schemas.records import DegradedRegion, Step, SubTask, Task
from schemas.streams import Stream


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """Everything known about one degraded picture.

    Args:
        image_id: The degraded picture.
        width: Pixels.
        height: Pixels.
        regions: Annotated regions, degraded and clean; a single one with role ``whole`` when
            the picture is degraded uniformly. No region has a chain when the picture is clean.
        references: Region id to the phrase that names it unambiguously ("the dog on the left");
            a region that cannot be named so is absent and no question names it.
        families: Family name to its words.
    """

    image_id: str
    width: int
    height: int
    regions: tuple[DegradedRegion, ...]
    references: Mapping[str, str]
    families: Mapping[str, Family]
    origin: Literal["synthetic", "human"] = "synthetic"
    """People name distortions, but not the order in which they came."""
    clear: bool = False
    """Whether the source's scores are well inside the limits; see annotators/screening."""

    @property
    def names(self) -> list[str]:
        """Phrases and labels in a text that are names and no claims."""
        return [*self.references.values(), *(region.label_refined for region in self.regions)]

    @property
    def vouched(self) -> bool:
        """Whether "no visible flaw" may be said of a clean region; so it may if people said it."""
        return self.clear or self.origin == "human"

    @property
    def degraded(self) -> tuple[DegradedRegion, ...]:
        """The regions that carry a chain."""
        return tuple(region for region in self.regions if region.chain)

    @property
    def clean(self) -> tuple[DegradedRegion, ...]:
        """The annotated regions left untouched."""
        return tuple(region for region in self.regions if not region.chain)

    @property
    def uniform(self) -> DegradedRegion | None:
        """The whole picture as a region when it is degraded uniformly."""
        return next((r for r in self.regions if r.role == "whole" and r.chain), None)


class OrderQuery(NamedTuple):
    """The order a DAO-G question asks for.

    Args:
        form: ``pair`` (first then second), ``first`` (begins with) or ``last`` (ends with).
        first: Family for pair and first, else empty.
        last: Family for pair and last, else empty.
    """

    form: str
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Ask:
    """One question.

    Args:
        task: Task.
        sub_task: Sub-task, empty for descriptions.
        form: most, least, pair, first, last, single, multi or empty.
        question: The wording, all slots filled.
        pool: ``pool:index`` of the wording.
        target: The region the answer is about or points at; ``None`` for global questions.
        family: The family a single-intensity question is about, else empty.
        order: The order asked for, else ``None``.
        detail: What its family remembers of it.
    """

    task: Task
    sub_task: SubTask
    form: str
    question: str
    pool: str
    target: DegradedRegion | None
    family: str = ""
    order: OrderQuery | None = None
    detail: object = None

    @property
    def chain(self) -> list[Step]:
        """The target's chain; empty for global questions."""
        return self.target.chain if self.target else []


class Answer(NamedTuple):
    """A written answer.

    Args:
        text: The whole answer as the row stores it.
        spatial: ``Top left.`` and so on, ``The whole image.`` or empty.
        semantic: The grounding answer in words, else empty.
    """

    text: str
    spatial: str = ""
    semantic: str = ""


class Violation(NamedTuple):
    """A rule of the fact check that a text broke, and how."""

    rule: str
    detail: str


class Writer(Protocol):
    """Whoever writes answers."""

    name: str
    """``template`` or a model id."""
    version: str
    """Version of templates or prompts."""

    def write(
        self,
        ask: Ask,
        facts: PictureFacts,
        stream: Stream,
        attempt: int,
        broken: Sequence[Violation] = (),
    ) -> Answer:
        """An answer to ``ask``; ``attempt`` counts from 0 and may change the wording.

        ``broken`` is what the fact check found wrong with the attempt before.

        Raises:
            AnnotationError: No answer that can be read.
        """
        ...


class Limits(NamedTuple):
    """Fewest and most words."""

    fewest: int
    most: int


LIMITS = {
    "global_description": Limits(8, 320),
    "local_description": Limits(6, 140),
    "grounding": Limits(5, 110),
    "referring": Limits(5, 140),
    "giqa": Limits(6, 220),
}
