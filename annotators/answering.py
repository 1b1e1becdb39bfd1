"""Answers to a picture's questions: write, check, write again.

Pure: what was written, what never passed and what was counted is returned; records are made of it
elsewhere.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal, NamedTuple

from annotators.answers.conversation import Conversation
from annotators.check.fact_check import check_answer
from annotators.facts import Answer, Ask, PictureFacts, Violation, Writer
from annotators.questions.tasks import family_of
from schemas.counts import CHECK_FAILED, CHECK_PASSED, CHECK_REFUSED, CHECK_TEXTS, WRITTEN
from schemas.errors import AnnotationError
from schemas.streams import Stream


@dataclass(frozen=True)
class Writers:
    """Who writes a picture's answers.

    Args:
        template: Writes when nobody else does, and when nobody else's text passes.
        own: A model's conversation about this picture, or a writer from outside.
        given: Texts that are there already; tried first for global descriptions.
        attempts: Times that each of them may try.
        on_failure: ``template`` (it writes instead) or ``reject``.
    """

    template: Writer
    own: Writer | None = None
    given: Writer | None = None
    attempts: int = 3
    on_failure: Literal["template", "reject"] = "template"

    def turns(self, ask: Ask) -> list[Writer]:
        """Who writes, attempt by attempt; a short answer is computed and never asked."""
        template = [self.template] * self.attempts
        first = [self.given] if self.given and ask.task == "global_description" else []
        if self.own is None or is_computed(ask.task, ask.sub_task):
            return [*first, *template]
        own = [*first, *[self.own] * self.attempts]
        return own + template if self.on_failure == "template" else own

    def again(self, round_: int) -> "Writers":
        """Who writes an answer anew: a model from where its conversation is, and nothing given."""
        own = self.own.again(round_) if isinstance(self.own, Conversation) else self.own
        return replace(self, own=own, given=None)

    def give_up(self, why: str) -> None:
        """Let a conversation know that nothing it said to a question was taken."""
        if isinstance(self.own, Conversation):
            self.own.give_up(why)

    def accept(self, ask: Ask, answer: Answer) -> None:
        """Let a conversation remember what was said in the end, whoever wrote it."""
        if isinstance(self.own, Conversation):
            self.own.accept(ask, answer)


def is_computed(task: str, sub_task: str) -> bool:
    """Whether answers of this kind follow from the facts alone, so that no model is asked."""
    family = family_of(task)
    return sub_task not in family.prompts if family else sub_task == "short"


class Written(NamedTuple):
    """An answer that passed the fact check.

    Args:
        number: Of the question among those of the picture, from 0.
        ask: The question.
        answer: The answer.
        writer: Name of who wrote it.
        version: Version of its templates or prompts.
        attempts: How many texts it took.
    """

    number: int
    ask: Ask
    answer: Answer
    writer: str
    version: str
    attempts: int


class Unanswered(NamedTuple):
    """A question to which no text passed, with the first rule that the last one broke."""

    number: int
    ask: Ask
    violation: Violation


@dataclass
class Answered:
    """What became of a picture's questions."""

    written: list[Written] = field(default_factory=list)
    unanswered: list[Unanswered] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def answer_all(
    asks: Sequence[Ask],
    facts: PictureFacts,
    writers: Writers,
    stream: Callable[..., Stream],
    again: Mapping[int, int] = MappingProxyType({}),
) -> Answered:
    """Write and check an answer to every question.

    What is asked again is answered twice: the conversation goes on with the first answer, as it did
    when nothing was asked again, so that no other answer changes; the second one is the answer.

    Args:
        asks: The questions.
        facts: Of the picture.
        writers: Who writes.
        stream: A question's index, and what else sets it apart, to the stream its answer is drawn
            from.
        again: Index of a question that is asked again to how often it was, from 1.
    """
    done = Answered()
    for index, ask in enumerate(asks):
        round_ = again.get(index, 0)
        anew = writers.again(round_) if round_ else writers  # before the first answer is a turn
        counts = Counter[str]() if round_ else done.counts
        found = _answer(index, ask, facts, writers, stream(index), counts)
        _settle(found, writers)
        if round_:
            found = _answer(index, ask, facts, anew, stream(index, "again", round_), done.counts)
            anew.give_up(found.violation.rule if isinstance(found, Unanswered) else "")
        if isinstance(found, Unanswered):
            done.unanswered.append(found)
        else:
            done.counts[WRITTEN(ask.task, ask.sub_task, found.writer)] += 1
            done.written.append(found)
    done.counts[CHECK_PASSED] += len(done.written)
    return done


def _settle(found: Written | Unanswered, writers: Writers) -> None:
    """Tell a conversation what came of a question."""
    if isinstance(found, Unanswered):
        writers.give_up(found.violation.rule)
    else:
        writers.accept(found.ask, found.answer)


def _answer(
    index: int,
    ask: Ask,
    facts: PictureFacts,
    writers: Writers,
    stream: Stream,
    counts: Counter[str],
) -> Written | Unanswered:
    """Ask the writers in turn until a text passes."""
    violations = [Violation("unwritten", "no attempt was allowed")]
    for attempt, writer in enumerate(writers.turns(ask)):
        answer = None
        try:
            answer = writer.write(ask, facts, stream, attempt, violations if attempt else ())
            violations = check_answer(answer.text, ask, facts)
        except AnnotationError as error:
            violations = [Violation(error.reason, error.detail)]
        counts[CHECK_TEXTS] += 1
        if answer is not None and not violations:
            return Written(index, ask, answer, writer.name, writer.version, attempt + 1)
        counts[CHECK_REFUSED(ask.task, ask.sub_task, writer.name)] += 1
        counts.update(CHECK_FAILED(broken.rule) for broken in violations)
    return Unanswered(index, ask, violations[0])
