"""From what was done and said to records: degraded regions and dataset rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from annotators.answers.conversation import Conversation
from annotators.check.fact_check import check
from annotators.facts import Answer, Ask, PictureFacts, Violation, Writer
from schemas.errors import AnnotationError
from schemas.records import Message, Picture, Reject, Sample
from schemas.streams import Stream

if TYPE_CHECKING:
    from flows.picture.outcome import PictureOutcome, PictureTools


def answer_all(
    asks: Sequence[Ask],
    facts: PictureFacts,
    picture: Picture,
    tools: PictureTools,
    outcome: PictureOutcome,
    stream: Callable[..., Stream],
    talk: Conversation | None = None,
    given: Writer | None = None,
) -> list[Sample]:
    """Write and check an answer to every question; what fails for good becomes a reject.

    Args:
        asks: The questions.
        facts: Of the picture.
        picture: The source.
        tools: Made once per process.
        outcome: Gets counts and rejects.
        stream: A purpose to its stream.
        talk: The conversation with the model about this picture, where a model writes.
        given: Answers that are there already and are tried first.
    """
    samples = []
    for index, ask in enumerate(asks):
        row_id = f"{facts.image_id}/{ask.task}/{index}"
        written = _write(ask, facts, tools, outcome, stream("write", index), talk, given)
        if isinstance(written, Violation):
            outcome.rejects.append(
                Reject(stage="check", subject=row_id, reason=written.rule, detail=written.detail)
            )
            continue
        answer, writer, attempts = written
        kind = f"{ask.task}.{ask.sub_task}"
        outcome.counts[f"written.{kind}.{writer.name}"] += 1
        if talk is not None:
            talk.accept(ask, answer)
        samples.append(_sample(row_id, ask, answer, facts, picture, tools, writer, attempts))
    outcome.counts["check.passed"] += len(samples)
    return samples


def _write(
    ask: Ask,
    facts: PictureFacts,
    tools: PictureTools,
    outcome: PictureOutcome,
    stream: Stream,
    talk: Conversation | None,
    given: Writer | None,
) -> tuple[Answer, Writer, int] | Violation:
    """Ask the writer, then the fallback, until a text passes the fact check."""
    violations = [Violation("unwritten", "no attempt was allowed")]
    for attempt, writer in enumerate(_writers(ask, tools, talk, given)):
        answer = None
        try:
            answer = writer.write(ask, facts, stream, attempt, violations if attempt else ())
            violations = check(answer.text, ask, facts)
        except AnnotationError as error:
            violations = [Violation(error.reason, error.detail)]
        outcome.counts["check.texts"] += 1
        if answer is not None and not violations:
            return answer, writer, attempt + 1
        outcome.counts[f"check.refused.{ask.task}.{ask.sub_task}.{writer.name}"] += 1
        for broken in violations:
            outcome.counts[f"check.failed.{broken.rule}"] += 1
    return violations[0]


def _writers(
    ask: Ask, tools: PictureTools, talk: Conversation | None, given: Writer | None
) -> list[Writer]:
    """Who writes, attempt by attempt; a short answer is computed and never asked."""
    answers = tools.config.answers
    fallback: list[Writer] = [tools.fallback] * answers.attempts
    first = given is not None and ask.task == "global_description"
    if talk is None or ask.sub_task == "short":
        return [given, *fallback] if given is not None and first else fallback
    own: list[Writer] = [talk] * answers.attempts
    own = [given, *own] if given is not None and first else own
    return own + fallback if answers.on_failure == "template" else own


def _sample(
    row_id: str,
    ask: Ask,
    answer: Answer,
    facts: PictureFacts,
    picture: Picture,
    tools: PictureTools,
    writer: Writer,
    attempts: int,
) -> Sample:
    target = ask.target
    return Sample(
        row_id=row_id,
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
        writer=writer.name,
        prompt_version=writer.version,
        attempts=attempts,
        source=picture.source,
        source_path=picture.path,
        licence=picture.licence,
        content_hash=picture.content_hash,
        origin=facts.origin,
        seed=tools.config.seed,
        config_hash=tools.config_hash,
    )
