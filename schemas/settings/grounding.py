"""Every setting of ``ground``: from texts to boxes; a TOML file, flags on top."""

from typing import Literal, Self

from pydantic import Field, model_validator

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

    @model_validator(mode="after")
    def _read_by_nobody(self) -> Self:
        own, fields = (
            ("model", "device", "box_threshold", "text_threshold"),
            type(self).model_fields,
        )
        unread = [name for name in own if getattr(self, name) != fields[name].default]
        if self.detector == "endpoint" and unread:
            raise ValueError(f"{', '.join(unread)}: read by grounding-dino alone")
        return self


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

    @model_validator(mode="after")
    def _grown_or_whole(self) -> Self:
        if self.grow and self.view == "picture":
            raise ValueError("grow: a box grows where view is crop alone")
        return self


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


class ModelConfig(Section):
    """A model at OpenAI-compatible servers."""

    endpoints: tuple[str, ...] = ()
    """Addresses of the servers."""
    model: str = ""
    """Name the servers know it by."""
    api_key_env: str = ""
    """Environment variable that holds the key; the key itself is never stored."""
    in_flight: Count = 128
    """Most requests at once for each endpoint."""
    timeout: float = Field(default=120.0, gt=0)
    """Seconds until a request counts as lost, its answer as a whole included."""
    retries: int = Field(default=5, ge=0)
    """Times a request is sent again where that can help."""


class GroundRunSection(Section):
    """How the shards are run; nothing here changes a row."""

    retries: int = Field(default=2, ge=0)
    """Times a shard is tried again after an infrastructure error."""
    verify: bool = False
    """Read every finished file again before it is left alone, also where size and time say that
    nobody touched it."""


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
    language: ModelConfig = ModelConfig()
    """The model that writes."""
    vision: ModelConfig = ModelConfig()
    """The model that sees; what is not given is that of the model that writes, as long as no
    endpoint of its own is."""
    triplets: TripletConfig = TripletConfig()
    detect: DetectConfig = DetectConfig()
    filter: FilterConfig = FilterConfig()
    merge: MergeConfig = MergeConfig()
    questions: GroundQuestionConfig = GroundQuestionConfig()
    run: GroundRunSection = GroundRunSection()

    def seeing(self) -> ModelConfig:
        """The model that sees, with what it has of the one that writes."""
        if self.vision.endpoints:
            return self.vision
        return self.language.changed(self.vision.model_dump(exclude_unset=True))
