"""What is done to regions, when a label stands, and what is asked: three tables of the file."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from schemas.records import Grade
from schemas.settings.section import Count, FrozenTable, Section, Share, frozen
from schemas.tasks import TASKS


def _in_order(names: tuple[str, ...]) -> tuple[str, ...]:
    """Each family once, in the order of ``TASKS``; how they were typed decides nothing."""
    for name in names:
        if name not in TASKS:
            raise ValueError(f"unknown task {name!r}; allowed: {', '.join(TASKS)}")
    if not names:
        raise ValueError(f"at least one task is needed; allowed: {', '.join(TASKS)}")
    return tuple(name for name in TASKS if name in names)


Tasks = Annotated[tuple[str, ...], AfterValidator(_in_order)]
Orders = Annotated[dict[str, dict[str, tuple[str, ...]]], AfterValidator(frozen)]


Weights = Annotated[dict[str, Annotated[float, Field(ge=0.0)]], AfterValidator(frozen)]


class PlanWeights(Section):
    """How often families and types are drawn beside others: 1 where not named, 0 never.

    A chain of several is drawn by the product of its families' weights.
    """

    families: Weights = FrozenTable()
    """Family to weight."""
    types: Weights = FrozenTable()
    """Type to weight, inside its family."""


class PlanConfig(Section):
    """What is done to which region."""

    profile: Literal["default", "published", "paper"] = "default"
    """What the settings are that are not given: ``published`` has the shares of tasks and families
    of the published dataset, ``paper`` also its grades, its intensity and its order profile."""
    order_profile: str = "restored"
    """Allowed orders for order questions: paper, restored, dq495k or a profile of ``orders``."""
    generate_profile: str = ""
    """Allowed orders for generated chains; empty means ``order_profile``."""
    orders: Orders = FrozenTable()
    """Custom profiles: name to {first family: [families that may follow]}."""
    families: tuple[str, ...] = ()
    """Families to draw from; empty means the twelve published ones and those of plugins. ``all``
    is every family with every type, ``kadid`` and ``panda`` are the kinds of these data sets; a
    group (weather, lens, colour, structure, sensor, codec, content, processing) or a family with
    ``+`` before it comes on top."""
    types: tuple[str, ...] = ()
    """Types to draw from; empty means all of the families."""
    exclude_types: tuple[str, ...] = ()
    """Types never drawn."""
    levels: Literal["default", "imagenet_c"] = "default"
    """Whose parameters severities 1 to 5 stand for, where a benchmark has the same type."""
    scoped: bool = True
    """Whether what is natural only over a whole picture (rain, haze, ...) stays off regions."""
    min_regions: Count = 2
    """Fewest degraded regions per picture."""
    max_regions: Count = 4
    """Most degraded regions per picture."""
    clean_regions: int = Field(default=16, ge=0)
    """Eligible regions left clean that stay annotated, at most, per picture."""
    uniform_share: Share = 0.10
    """Share of pictures degraded as a whole by one chain."""
    clean_share: Share = 0.05
    """Share of pictures left clean."""
    length_weights: tuple[Annotated[float, Field(ge=0.0)], ...] = (0.5, 0.5)
    """Relative frequency of chains of length 1, 2, ...; more than two entries allow longer ones."""
    reverse_share: Share = 0.6
    """Chance that a chain of two is followed by one in reverse order on another region, so that the
    order has to be seen."""
    repeat_share: Share = 0.35
    """Chance that a single distortion's type is used again on another region."""
    grades: Literal["sight", "levels"] = "sight"
    """Whether mild, moderate and severe say what is seen of a step in the finished region, or
    stand for its level, as in the paper."""
    single_grades: tuple[Grade, Grade, Grade, Grade, Grade] = (
        "mild",
        "mild",
        "moderate",
        "severe",
        "severe",
    )
    """Words for severities 1 to 5 of a chain of one, with ``levels``."""
    pair_grades: tuple[Grade, Grade, Grade] = ("mild", "moderate", "severe")
    """Words for severities 1 to 3 in a chain of two, with ``levels``; higher ones are not drawn."""
    attempts: Count = 6
    """Chains tried on a region before it is left clean."""
    weights: PlanWeights = PlanWeights()
    """How often what is drawn."""

    @model_validator(mode="after")
    def _ranges(self) -> Self:
        if self.max_regions < self.min_regions:
            raise ValueError("max_regions must be at least min_regions")
        if sum(self.length_weights) <= 0:
            raise ValueError("length_weights must hold a weight above 0")
        if self.uniform_share + self.clean_share > 1:
            raise ValueError("uniform_share + clean_share must be at most 1")
        return self


class GateConfig(Section):
    """When a label is true to the eye."""

    min_delta_e: float = 3.0
    """A step must move the region by at least this mean CIEDE2000 where colour or tone is its
    effect."""
    min_structure: float = 0.02
    """A step whose effect is on detail must lower SSIM by at least this."""
    pixels_per_degree: float = Field(default=40.0, gt=0)
    """Viewing distance: a picture 512 pixels wide, seen from twice its width, has 40."""
    seen_delta_e: float = Field(default=5.0, ge=0)
    """A step is seen in the finished region if the 95th percentile of CIEDE2000 reaches this ..."""
    seen_structure: float = Field(default=0.045, ge=0)
    """... or the loss of SSIM, on blocks the eye takes together, reaches this. Two orders are told
    apart by 1.5 times the colour or 1.25 times the structure, over a tenth of the region."""
    min_break: float = Field(default=2.0, ge=0)
    """A tone that is all that was done to a region (brightness at any level, contrast and colour at
    levels 1 and 2) must set it off from what surrounds it by so much more than before, CIELAB
    units: of lightness, of chroma, or of the spread of lightness where it is contrast."""
    min_chroma_structure: float = Field(default=0.05, ge=0)
    """A flaw of colour alone must lower the SSIM of a* and b* by at least this, and reach
    ``seen_delta_e``."""
    min_share_visible: Share = 0.01
    """A sparse flaw (rain, lost blocks) must be visible on at least this share of the region ..."""
    min_peak: float = Field(default=10.0, ge=0)
    """... and reach this 99th percentile of CIEDE2000."""
    score_margin: Share = 0.10
    """Measured changes must differ by this share for most/least questions by ``severity``."""
    sum_margin: Count = 1
    """Severity sums must differ by this for most/least questions by ``severity``."""


class KeepConfig(Section):
    """Chance with which a question that could be asked for a region is asked."""

    most: Share = 1.0
    """Of the most degraded region."""
    least: Share = 1.0
    """Of the least degraded region."""
    single: Share = 1.0
    """Of most and least of one distortion."""
    order: Share = 1.0
    """Of accumulation orders."""


class RatioConfig(Section):
    """Questions to each one of the same picture that asks for a region (grounding).

    What is more is left out by lot, where a picture allows fewer there are fewer, and what is not
    set is not bound.
    """

    global_description: float | None = Field(default=None, ge=0)
    """Global descriptions to a grounding question."""
    local_description: float | None = Field(default=None, ge=0)
    """Local descriptions."""
    short: float | None = Field(default=None, ge=0)
    """Short referring questions."""
    long: float | None = Field(default=None, ge=0)
    """Long referring questions."""
    elsewhere: float = Field(default=1.0, ge=0)
    """Grounding questions that a picture counts as having where no region can be asked for: one
    left clean, or degraded as a whole."""


class QuestionConfig(Section):
    """How much is asked about each degraded picture."""

    tasks: Tasks = ("global", "local", "grounding", "referring")
    """Families of tasks that are asked: global, local, grounding, referring, giqa, vida, pairs."""
    wording: Literal["pools", "model"] = "pools"
    """Whether questions stay as the pools word them or are reworded by the model."""
    pools: str = ""
    """TOML file of question pools; empty means the built-in wordings."""
    global_per_image: int = Field(default=1, ge=0)
    """Global descriptions per degraded picture."""
    local_per_image: int = Field(default=3, ge=0)
    """Local descriptions per degraded picture, at most one per region."""
    hybrid_per_image: int = Field(default=2, ge=0)
    """Most/least degraded region questions, at most one of each."""
    clean_least_share: Share = 0.25
    """Chance that the one clean region of a picture competes for the least degraded; else only the
    degraded ones do. More would make least more frequent than most."""
    single_per_image: int = Field(default=1, ge=0)
    """Most/least of one distortion questions."""
    order_per_image: int = Field(default=3, ge=0)
    """Accumulation order questions."""
    short_per_image: int = Field(default=3, ge=0)
    """Short referring questions, at most one per region."""
    long_per_image: int = Field(default=2, ge=0)
    """Long referring questions, at most one per region."""
    giqa_description_per_image: int = Field(default=1, ge=0)
    """Descriptions with boxes, where ``giqa`` is asked."""
    giqa_yes_no_per_image: int = Field(default=2, ge=0)
    """Yes/no questions with a box; asked in pairs, a yes and a no about the same flaw."""
    giqa_open_per_image: int = Field(default=2, ge=0)
    """What, why and how questions with boxes, in turn with the boxes in the answer and in the
    question."""
    giqa_min_fill: Share = 0.35
    """A region that fills less of its box is not cited: the box would claim what is fine."""
    intensity: Literal["measures", "severity"] = "measures"
    """Whether most and least are told by two measures that agree, or by sums of severities and the
    measured change, as in the paper."""
    intensity_margin: Share = 0.3
    """Share of the greater loss by which both measures must single a region out."""
    order_needs_rival: bool = True
    """Ask for an order only where another region of the picture holds the same distortions in
    another order or pairing, so that knowing which regions have them is not enough."""
    min_quadrant_share: Share = 0.5
    """A region is asked for by its place only if so much of it lies in the quarter that the answer
    names ..."""
    midline_margin: float = Field(default=0.05, ge=0.0, lt=0.5)
    """... and its box's centre is this share of the side away from both midlines."""
    single_intensity_by: Literal["type", "family"] = "type"
    """Whether most/least of one distortion compares the same type or the same family."""
    keep: KeepConfig = KeepConfig()
    """Which of the grounding questions are asked."""
    ratios: RatioConfig = RatioConfig()
    """How many others to each of them."""
