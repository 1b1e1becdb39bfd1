"""The ViDA-shaped tasks as a family: asked for with ``--tasks vida``, off by default.

Answers are computed, whoever else writes, and every row is held against the record, when it is
made and when it is read again. Of a stored row only the phrase of its own region is surely known,
so there wrong options that are phrases are left alone. Boxes in texts are thousandths already;
exact ones stand in the table of degraded regions.
"""

from collections import Counter

from annotators.facts import Answer, Ask, PictureFacts, Violation
from annotators.questions.tasks import Asking, TaskFamily
from annotators.questions.vida.check import Row, violations
from annotators.questions.vida.description import description_items
from annotators.questions.vida.grounding import grounding_items
from annotators.questions.vida.item import DESCRIPTION, GROUNDING, PERCEPTION, Item
from annotators.questions.vida.perception import perception_items
from annotators.questions.vida.scene import scene
from annotators.questions.vida.vocabulary import read_vocabulary
from schemas.errors import AnnotationError
from schemas.streams import Stream

VERSION = "vida-1"
MAKERS = (grounding_items, perception_items, description_items)


def _ask(given: Asking) -> tuple[list[Ask], Counter[str]]:
    """The questions of a picture; none where it carries what they have no word for."""
    known = scene(given.facts, read_vocabulary())
    if known is None:
        return [], Counter({"vida_no_class": 1})
    asks: list[Ask] = []
    dropped: Counter[str] = Counter()
    for make in MAKERS:
        items, left = make(known, lambda purpose: given.stream_for(f"vida {purpose}"))
        asks += map(_as_ask, items)
        dropped.update(left)
    return asks, dropped


def _as_ask(item: Item) -> Ask:
    return Ask(
        item.task, item.sub_task, item.form, item.question, item.pool, item.target, detail=item
    )


def _write(ask: Ask, facts: PictureFacts, stream: Stream) -> Answer:
    if not isinstance(ask.detail, Item):
        raise AnnotationError("no_answer", "a question that did not come with its answer")
    return Answer(ask.detail.answer)


def _check(text: str, ask: Ask, facts: PictureFacts) -> list[Violation]:
    known = scene(facts, read_vocabulary())
    if known is None:
        return [Violation("no_class", "the picture carries what the vocabulary has no word for")]
    region_id = ask.target.region_id if ask.target else ""
    row = Row(ask.sub_task, ask.form, ask.question, ask.pool, text, region_id)
    return violations(row, known, stored=ask.detail is None)


FAMILY = TaskFamily(
    task=GROUNDING,
    tasks=(PERCEPTION, DESCRIPTION),
    version=VERSION,
    ask=_ask,
    write=_write,
    check=_check,
    prompts={},
    sheet=lambda ask, facts: "",
    boxes=lambda row_id, ask, answer, facts: [],
)
