"""Every setting of ``ground``: from texts to boxes; a TOML file, flags on top."""

from typing import Literal

from pydantic import Field

from schemas.settings.config import AnswerConfig, RunSection
from schemas.settings.section import Count, Section, Share


class TripletConfig(Section):
    """Which things a text speaks of."""

    at_most: Count = 8
    """Triplets of a text."""
    never: tuple[str, ...] = (
        "image",
        "picture",
        "photo",
        "photograph",
        "overall",
        "scene",
        "composition",
        "color",
        "colors",
        "colour",
        "colours",
        "quality",
        "lighting",
        "detail",
        "details",
        "texture",
        "background",
    )
    """Names that stand for the picture as a whole and have no box."""
    attempts: Count = 2
    """Times that a text is asked about until its triplets can be used."""


class DetectConfig(Section):
    """Where the things are."""

    detector: str = "grounding-dino"
    """grounding-dino (extra ``detect``), or endpoint: the model that sees is asked for boxes."""
    model: str = "IDEA-Research/grounding-dino-tiny"
    """Folder or hub name of the detector's weights."""
    device: str = "auto"
    """auto, cpu, cuda, ..."""
    box_threshold: Share = 0.35
    """Score that a box needs."""
    text_threshold: Share = 0.25
    """Score that a word needs to belong to a box."""
    batch: Count = 8
    """Phrases that the detector sees at once."""
    at_most: Count = 10
    """Boxes of a phrase, best first."""
    min_area: Share = 0.001
    """Share of the picture that a box needs."""


class FilterConfig(Section):
    """IQA-Filter: does the box show the quality that the text speaks of?"""

    enabled: bool = True
    """Whether a model that sees is asked about every box."""
    view: Literal["crop", "picture"] = "crop"
    """The box alone, as published, or the picture with the box drawn. A crop looks worse than the
    picture it is from, which biases the answer."""
    grow: float = Field(default=0.0, ge=0.0, le=1.0)
    """Share of its sides by which a box grows before it is cut out."""
    p_yes: bool = True
    """Whether the probability of yes is asked for; where it comes, 0.5 of it decides. ``false`` for
    a server that refuses to give log-probabilities."""
    neutral: tuple[str, ...] = ("average", "medium", "moderate", "ordinary", "normal")
    """Words of quality that pass without a question."""


class MergeConfig(Section):
    """Box-Merge: pieces of one thing become one box."""

    enabled: bool = True
    """Whether boxes of one phrase are merged."""
    area: Share = 0.00256
    """Share of the picture below which a box that touches another is a piece of it; 0.256 is what
    is printed, and makes one box of all neighbours."""
    area_plural: Share | None = None
    """The same for phrases in the plural; ``area`` where it is not given."""
    cover: Share = 0.95
    """Share of a box inside another from which it is a piece of it."""


class GroundQuestionConfig(Section):
    """What is asked about a text with boxes."""

    min_mentions: Count = 1
    """Boxed names that a description needs."""
    yes: int = Field(default=1, ge=0)
    """Questions answered by yes, for each text."""
    no: int = Field(default=1, ge=0)
    """Questions answered by no."""
    open: int = Field(default=2, ge=0)
    """What, why and how questions."""
    attempts: Count = 2
    """Times that a text is asked about until its questions can be used."""


class GroundConfig(Section):
    """Everything ``ground`` needs to know."""

    seed: int = Field(default=0, ge=0, lt=2**63)
    """Seed of every keyed draw."""
    shard_size: Count = 64
    """Texts per shard: the unit of work, of resume and of file."""
    limit: int | None = Field(default=None, ge=1)
    """Use only the first so many texts."""
    images: str = ""
    """Folder that picture paths are relative to; that of the texts when empty."""
    language: AnswerConfig = AnswerConfig()
    """The model that writes: ``endpoints``, ``model``, ``api_key_env``, ``in_flight``, ..."""
    vision: AnswerConfig = AnswerConfig()
    """The model that sees; the one that writes where it has no endpoint of its own."""
    triplets: TripletConfig = TripletConfig()
    detect: DetectConfig = DetectConfig()
    filter: FilterConfig = FilterConfig()
    merge: MergeConfig = MergeConfig()
    questions: GroundQuestionConfig = GroundQuestionConfig()
    run: RunSection = RunSection()
