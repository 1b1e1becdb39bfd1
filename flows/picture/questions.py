"""Questions about a picture and their answers, as rows: the last stretch of both roads."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import NamedTuple

from annotators.answering import Writers, answer_all
from annotators.answers.rewording import reword
from annotators.facts import PictureFacts, Writer
from annotators.questions.ask import ask_picture
from annotators.questions.tasks import family_of
from flows.picture.outcome import PictureTools
from flows.picture.rows import Origin, boxes_of, rejects_of, row_id_of, samples_of
from schemas.arrays import Image
from schemas.counts import ASKED, DROPPED, QUESTIONS
from schemas.records import Picture, Reject, RowBox, Sample
from schemas.settings.config import QuestionConfig
from schemas.streams import Stream


class Questioned(NamedTuple):
    """What came of the questions about one picture."""

    samples: list[Sample]
    boxes: list[RowBox]
    rejects: list[Reject]
    counts: Counter[str]


def question(
    facts: PictureFacts,
    image: Image,
    picture: Picture,
    tools: PictureTools,
    stream: Callable[..., Stream],
    order: Mapping[str, frozenset[str]],
    questions: QuestionConfig,
    given: Writer | None = None,
) -> Questioned:
    """Ask what the facts allow, have it answered, make rows of it.

    Args:
        facts: Of the degraded picture.
        image: Its pixels, for a model to look at.
        picture: The source.
        tools: What is made once per process.
        stream: A purpose to its stream.
        order: Families whose order may be asked about.
        questions: Which questions, and how many.
        given: Answers that are there already.
    """
    config = tools.config
    asks, dropped = ask_picture(
        facts, questions, config.gate, tools.pools, order, lambda purpose: stream("ask", purpose)
    )
    counts = Counter({DROPPED(reason): number for reason, number in dropped.items()})
    counts[ASKED] += len(asks)
    with tools.conversation(image) as conversation:
        if conversation is not None and questions.wording == "model":
            # the words of a further family's questions are read again by its check
            reworded = {
                number: reword(ask, facts, conversation)
                for number, ask in enumerate(asks)
                if family_of(ask.task) is None
            }
            asks = [reworded[n].ask if n in reworded else ask for n, ask in enumerate(asks)]
            counts.update(QUESTIONS(one.outcome) for one in reworded.values())
            conversation.give_up("")  # wordings are no part of the first answer
        writers = Writers(
            tools.template,
            conversation or tools.own,
            given,
            config.answers.attempts,
            config.answers.on_failure,
        )
        rounds = {
            number: tools.again[row]
            for number, ask in enumerate(asks)
            if (row := row_id_of(ask, number, facts)) in tools.again
        }
        answered = answer_all(asks, facts, writers, lambda *which: stream("write", *which), rounds)
        counts.update(conversation.counts if conversation else {})
    counts.update(answered.counts)
    origin = Origin(config.seed, tools.config_hash)
    return Questioned(
        samples_of(answered, facts, picture, origin),
        boxes_of(answered, facts),
        rejects_of(answered, facts),
        counts,
    )
