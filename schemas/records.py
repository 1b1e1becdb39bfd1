"""The road of the data, top to bottom: one class per noun, one Parquet table per class.

``Picture`` → ``Region`` → ``DegradedRegion`` (with its chain of ``Step``) → ``Sample``; whatever
leaves the road is a ``Reject``. A later record refers to an earlier one by id and never rewrites
it.
"""

from typing import Annotated, ClassVar, Literal, Protocol, Self

import pyarrow as pa
from pydantic import Field

from schemas.record import Record
from schemas.steps import Grade as Grade
from schemas.steps import Scores as Scores
from schemas.steps import Screen as Screen
from schemas.steps import Step as Step
from schemas.tasks import RowBox as RowBox
from schemas.tasks import SubTask as SubTask
from schemas.tasks import Task as Task

Split = Literal["train", "test"]
Role = Literal["degraded", "clean", "whole"]

STRINGS = pa.list_(pa.string())
FLOATS = pa.list_(pa.float32())
# Not where they may be null: before version 26 Arrow does not read such lists of a fixed size.
BOX = pa.list_(pa.int32(), 4)
POINT = pa.list_(pa.float32(), 2)


class Reason(Protocol):
    """Why something leaves the road."""

    @property
    def reason(self) -> str:
        """Short slug."""
        ...

    @property
    def detail(self) -> str:
        """One line for people."""
        ...


class Picture(Record):
    """A source photograph that passed decoding, duplicate search and screening."""

    version: ClassVar[int] = 2
    picture_id: Annotated[str, pa.string()]
    """First 16 hex digits of ``content_hash``."""
    source: Annotated[str, pa.string()]
    """Name of the source the picture came from, e.g. the folder's name."""
    path: Annotated[str, pa.string()]
    """Path inside the source, forward slashes; archive members as ``file.tar!member``."""
    content_hash: Annotated[str, pa.string()]
    """SHA-256 of size and decoded RGB pixels, hex."""
    file_hash: Annotated[str, pa.string()]
    """SHA-256 of the file's bytes, hex."""
    perceptual_hash: Annotated[str, pa.string()]
    """64-bit DCT hash of the luma, hex; near duplicates differ in few bits."""
    width: Annotated[int, pa.int32()]
    """Width after decoding rules, pixels."""
    height: Annotated[int, pa.int32()]
    """Height after decoding rules, pixels."""
    format: Annotated[str, pa.string()]
    """File format as the decoder names it, e.g. ``JPEG``."""
    rules: Annotated[list[str], STRINGS]
    """Decoding rules that applied, e.g. ``exif_orientation``, ``cmyk``, ``downscaled``."""
    screen: Annotated[Screen, Screen.arrow_struct()]
    """No-reference scores."""
    group: Annotated[str, pa.string()]
    """Picture id of the first of its near duplicates (itself when it has none)."""
    split: Annotated[Split, pa.string()]
    """Split of the whole group."""
    licence: Annotated[str, pa.string()]
    """Licence the source states, empty when it states none."""


class ProposedRegion(Record):
    """A named mask as a region source proposed it, before anything is chosen or cut."""

    picture_id: Annotated[str, pa.string()]
    """The picture it was found in."""
    label: Annotated[str, pa.string()]
    """Name of what is there; empty when nobody named it."""
    proposals: Annotated[list[str], STRINGS]
    """Names that were considered, best first."""
    proposal_scores: Annotated[list[float], FLOATS]
    """Score of each of them, 0 to 1, where the source scores names; else empty."""
    mask: Annotated[str, pa.string()]
    """COCO compressed run-length counts over ``height x width`` of the picture."""
    mask_quality: Annotated[float | None, pa.float32()]
    """The segmenter's own estimate of the mask's IoU; null when it makes none."""


class Region(Record):
    """A named part of a source picture that may carry a chain."""

    region_id: Annotated[str, pa.string()]
    """``<picture_id>/<index>``; stable across runs."""
    picture_id: Annotated[str, pa.string()]
    """The picture it is part of."""
    label: Annotated[str, pa.string()]
    """Name of what is there, lower case, without article."""
    label_source: Annotated[str, pa.string()]
    """Who named it, e.g. ``coco`` or ``segments``."""
    proposals: Annotated[list[str], STRINGS]
    """Names that were considered, best first."""
    proposal_scores: Annotated[list[float], FLOATS]
    """Score of each of them, 0 to 1, where the source scores names; else empty."""
    box: Annotated[list[int], BOX]
    """Bounding box ``x0, y0, x1, y1`` in pixels, half open."""
    mask: Annotated[str, pa.string()]
    """COCO compressed run-length counts over ``height x width`` of the picture."""
    mask_quality: Annotated[float | None, pa.float32()]
    """What the segmenter itself thinks of the mask (SAM's predicted IoU); null when it does not
    say."""
    area_fraction: Annotated[float, pa.float32()]
    """Share of the picture's area."""
    point: Annotated[list[float], POINT]
    """``x, y`` of the inside point farthest from the edge (pole of inaccessibility), pixels."""


class DegradedRegion(Record):
    """A region as it stands in one degraded picture: with its chain, or left clean."""

    version: ClassVar[int] = 2

    image_id: Annotated[str, pa.string()]
    """``<picture_id>-v<variant>``: the degraded picture."""
    picture_id: Annotated[str, pa.string()]
    """The source picture."""
    region_id: Annotated[str, pa.string()]
    """The region; ``<picture_id>/whole`` for the whole picture."""
    role: Annotated[Role, pa.string()]
    """``degraded``, ``clean`` (annotated, untouched) or ``whole`` (uniform degradation)."""
    label: Annotated[str, pa.string()]
    """Label before refinement."""
    label_refined: Annotated[str, pa.string()]
    """Label after refinement; the same when nothing refined it."""
    box: Annotated[list[int], BOX]
    """Bounding box ``x0, y0, x1, y1`` in pixels, half open."""
    mask: Annotated[str, pa.string()]
    """COCO compressed run-length counts."""
    area_fraction: Annotated[float, pa.float32()]
    """Share of the picture's area."""
    point: Annotated[list[float], POINT]
    """Pole of inaccessibility ``x, y``, pixels."""
    chain: Annotated[list[Step], pa.list_(Step.arrow_struct())] = []
    """Distortions in the order they were applied; empty when clean."""
    scores: Annotated[Scores | None, Scores.arrow_struct()] = None
    """Scores against the pristine region; null when clean."""
    order_ssim: Annotated[float | None, pa.float32()] = None
    """SSIM between the two orders of a chain of two; null otherwise."""
    order_gradient: Annotated[float | None, pa.float32()] = None
    """Absolute log ratio of mean gradients of the two orders; null otherwise."""
    order_damage: Annotated[float | None, pa.float32()] = None
    """Visible difference between the two orders on the scale of ``damage``; null otherwise."""
    order_visible: Annotated[bool | None, pa.bool_()] = None
    """Whether a viewer without a reference sees which of the two orders it was; null otherwise."""


class Message(Record):
    """One turn of a conversation, in the form trainers read."""

    role: Annotated[Literal["user", "assistant"], pa.string()]
    """Who speaks."""
    content: Annotated[str, pa.string()]
    """What is said."""


class Sample(Record):
    """One question and answer about one degraded picture: a row of the dataset."""

    version: ClassVar[int] = 3

    row_id: Annotated[str, pa.string()]
    """``<image_id>/<task>/<index>``; unique in the dataset."""
    image_id: Annotated[str, pa.string()]
    """The degraded picture."""
    picture_id: Annotated[str, pa.string()]
    """The source picture."""
    region_id: Annotated[str, pa.string()]
    """The region asked about or pointed at; empty for global questions."""
    split: Annotated[Split, pa.string()]
    """train or test, decided by the source picture's group."""
    task: Annotated[Task, pa.string()]
    """One of the four tasks."""
    sub_task: Annotated[SubTask, pa.string()]
    """Sub-task; empty for descriptions."""
    form: Annotated[str, pa.string()]
    """What the question asks exactly: most, least, pair, first, last, single, multi or empty."""
    question: Annotated[str, pa.string()]
    """The question; asked about the degraded picture alone."""
    answer: Annotated[str, pa.string()]
    """The answer."""
    messages: Annotated[list[Message], pa.list_(Message.arrow_struct())]
    """Question and answer as a conversation."""
    reference: Annotated[str, pa.string()]
    """The phrase by which the text names the region, unambiguous in the picture."""
    label: Annotated[str, pa.string()]
    """Region label before refinement."""
    label_refined: Annotated[str, pa.string()]
    """Region label after refinement."""
    width: Annotated[int, pa.int32()]
    """Picture width, pixels."""
    height: Annotated[int, pa.int32()]
    """Picture height, pixels."""
    box: Annotated[list[int] | None, pa.list_(pa.int32()), Field(min_length=4, max_length=4)]
    """Region box ``x0, y0, x1, y1``, pixels, half open; null for global questions."""
    mask: Annotated[str | None, pa.string()]
    """Region mask, COCO compressed run-length counts; null for global questions."""
    point: Annotated[list[float] | None, pa.list_(pa.float32()), Field(min_length=2, max_length=2)]
    """Inside point farthest from the mask's edge ``x, y``, pixels."""
    spatial_answer: Annotated[str, pa.string()]
    """``Top left.`` and so on, or ``The whole image.``; empty where no position is asked."""
    semantic_answer: Annotated[str, pa.string()]
    """The grounding answer in words; empty for other tasks."""
    chain: Annotated[list[Step], pa.list_(Step.arrow_struct())]
    """The region's distortions in order; empty when clean or global."""
    scores: Annotated[Scores | None, Scores.arrow_struct()]
    """The region's full-reference scores; null when clean or global."""
    pool: Annotated[str, pa.string()]
    """Question pool and line the wording came from, ``pool:index``."""
    writer: Annotated[str, pa.string()]
    """``template`` or a model id."""
    prompt_version: Annotated[str, pa.string()]
    """Version of the templates or prompts."""
    attempts: Annotated[int, pa.int8()]
    """Texts written until one passed the fact check."""
    source: Annotated[str, pa.string()]
    """Source data set."""
    source_path: Annotated[str, pa.string()]
    """Path of the picture inside the source."""
    licence: Annotated[str, pa.string()]
    """Licence of the picture as the source states it."""
    content_hash: Annotated[str, pa.string()]
    """SHA-256 of the source pixels."""
    origin: Annotated[Literal["synthetic", "human"], pa.string()]
    """Where the facts come from: our own degrading, or people."""
    seed: Annotated[int, pa.int64()]
    """Run seed."""
    config_hash: Annotated[str, pa.string()]
    """Hash of every setting that can change a row."""


class Reject(Record):
    """Something that left the road, and why."""

    stage: Annotated[str, pa.string()]
    """Stage that rejected it: ingest, screen, regions, plan, gate, ask, check, export."""
    subject: Annotated[str, pa.string()]
    """Id of the picture, region, image or question, or the path when there is no id yet."""
    reason: Annotated[str, pa.string()]
    """Short slug; counted in the manifest."""
    detail: Annotated[str, pa.string()]
    """One line for people."""

    @classmethod
    def of(cls, stage: str, subject: str, why: Reason) -> Self:
        """A reject for whatever says its reason and its detail: an error, a skipped annotation."""
        return cls(stage=stage, subject=subject, reason=why.reason, detail=why.detail)


RECORDS: tuple[type[Record], ...] = (
    Screen,
    Picture,
    ProposedRegion,
    Region,
    Step,
    Scores,
    DegradedRegion,
    Message,
    Sample,
    RowBox,
    Reject,
)
