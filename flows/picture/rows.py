"""From answers to dataset rows, and to rejects of what was not answered."""

from typing import NamedTuple

from annotators.answering import Answered, Unanswered, Written
from annotators.facts import Ask, PictureFacts
from annotators.questions.tasks import family_of
from schemas.records import Message, Picture, Reject, RowBox, Sample


class Origin(NamedTuple):
    """What every row of a run says of where it comes from.

    Args:
        seed: Of the run.
        config_hash: Of its settings.
    """

    seed: int
    config_hash: str


def samples_of(
    answered: Answered, facts: PictureFacts, picture: Picture, origin: Origin
) -> list[Sample]:
    """A row for each question that was answered."""
    return [_sample(written, facts, picture, origin) for written in answered.written]


def boxes_of(answered: Answered, facts: PictureFacts) -> list[RowBox]:
    """The exact boxes that the rows' texts cite, in the order of the rows."""
    found = []
    for written in answered.written:
        family = family_of(written.ask.task)
        if family is not None:
            row_id = _row_id(written, facts)
            found += family.boxes(row_id, written.ask, written.answer, facts)
    return found


def rejects_of(answered: Answered, facts: PictureFacts) -> list[Reject]:
    """A reject for each question to which no text passed the fact check."""
    return [
        Reject(
            stage="check",
            subject=_row_id(unanswered, facts),
            reason=unanswered.violation.rule,
            detail=unanswered.violation.detail,
        )
        for unanswered in answered.unanswered
    ]


def row_id_of(ask: Ask, number: int, facts: PictureFacts) -> str:
    """Id of the row of a question; ``number`` is its place among those of the picture, from 0."""
    return f"{facts.image_id}/{ask.task}/{number}"


def picture_of(row_id: str) -> str:
    """Id of the photograph that a row is about."""
    return row_id.partition("/")[0].rpartition("-")[0]


def _row_id(found: Written | Unanswered, facts: PictureFacts) -> str:
    return row_id_of(found.ask, found.number, facts)


def _sample(written: Written, facts: PictureFacts, picture: Picture, origin: Origin) -> Sample:
    ask, answer, target = written.ask, written.answer, written.ask.target
    family = family_of(ask.task)
    return Sample(
        row_id=_row_id(written, facts),
        image_id=facts.image_id,
        picture_id=picture.picture_id,
        region_id=target.region_id if target else "",
        split=picture.split,
        task=ask.task,
        sub_task=ask.sub_task,
        form=ask.form,
        question=ask.question,
        answer=answer.text,
        messages=[
            Message(role="user", content=ask.question),
            Message(role="assistant", content=answer.text),
        ],
        reference=facts.references.get(target.region_id, "") if target else "",
        label=target.label if target else "",
        label_refined=target.label_refined if target else "",
        width=facts.width,
        height=facts.height,
        box=target.box if target else None,
        mask=target.mask if target else None,
        point=target.point if target else None,
        spatial_answer=answer.spatial,
        semantic_answer=answer.semantic,
        chain=ask.chain,
        scores=target.scores if target else None,
        pool=ask.pool,
        writer=written.writer,
        prompt_version=f"{written.version}+{family.version}" if family else written.version,
        attempts=written.attempts,
        source=picture.source,
        source_path=picture.path,
        licence=picture.licence,
        content_hash=picture.content_hash,
        origin=facts.origin,
        seed=origin.seed,
        config_hash=origin.config_hash,
    )
