"""From texts to boxes, stage by stage: one class per noun, one Parquet table per class."""

from typing import Annotated, Literal

import pyarrow as pa

from schemas.record import Record

_BOX = pa.list_(pa.float64(), 4)


class SourceText(Record):
    """A picture with what somebody wrote of its quality."""

    text_id: Annotated[str, pa.string()]
    """Unique among the texts."""
    image: Annotated[str, pa.string()]
    """Path of the picture, as the source gives it."""
    text: Annotated[str, pa.string()]
    """The description."""
    width: Annotated[int, pa.int32()]
    """Picture width, pixels."""
    height: Annotated[int, pa.int32()]
    """Picture height, pixels."""


class Triplet(Record):
    """A thing that a text speaks of, with the quality it names."""

    text_id: Annotated[str, pa.string()]
    """The text."""
    number: Annotated[int, pa.int32()]
    """Of the triplet in its text, from 0."""
    phrase: Annotated[str, pa.string()]
    """The words that describe the thing, as they stand in the text."""
    name: Annotated[str, pa.string()]
    """Its noun, without article, part of the phrase."""
    quality: Annotated[str, pa.string()]
    """The word of quality."""
    effect: Annotated[Literal["improves", "degrades"], pa.string()]
    """What it does to the picture."""


class FoundBox(Record):
    """A box that the detector gave for a phrase, and what became of it."""

    text_id: Annotated[str, pa.string()]
    """The text."""
    number: Annotated[int, pa.int32()]
    """The triplet."""
    box: Annotated[list[float], _BOX]
    """``x0, y0, x1, y1``, shares of the picture's sides."""
    score: Annotated[float, pa.float32()]
    """Of the detector."""
    kept: Annotated[bool, pa.bool_()] = True
    """Whether the IQA-Filter let it pass."""
    p_yes: Annotated[float | None, pa.float32()] = None
    """Probability that the model of the filter gives to yes, where its server says so."""


class GroundedText(Record):
    """A text with its boxes written into it."""

    text_id: Annotated[str, pa.string()]
    """The text."""
    text: Annotated[str, pa.string()]
    """With mentions ``[name](<l, r>)``."""
    mentions: Annotated[int, pa.int32()]
    """How many."""


class GroundedBox(Record):
    """An exact box of a mention."""

    text_id: Annotated[str, pa.string()]
    """The text."""
    mention: Annotated[int, pa.int32()]
    """Number of the mention in the text, from 0; several boxes may share one."""
    name: Annotated[str, pa.string()]
    """The name in brackets."""
    box: Annotated[list[float], _BOX]
    """``x0, y0, x1, y1``, shares of the picture's sides."""


class GroundedRow(Record):
    """A description or a question with boxes."""

    row_id: Annotated[str, pa.string()]
    """``<text_id>/<number>``."""
    text_id: Annotated[str, pa.string()]
    """The text it is from."""
    image: Annotated[str, pa.string()]
    """Path of the picture, as the source gives it."""
    sub_task: Annotated[str, pa.string()]
    """``giqa_description``, ``giqa_yes_no``, ``giqa_what``, ``giqa_why`` or ``giqa_how``."""
    question: Annotated[str, pa.string()]
    """The question."""
    answer: Annotated[str, pa.string()]
    """The answer."""
    writers: Annotated[str, pa.string()]
    """Who made it: models of triplets, detector, filter and questions, thresholds, JSON."""
