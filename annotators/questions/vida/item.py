"""A ViDA-shaped question with its answer, and what both state."""

from typing import Final, NamedTuple

from annotators.questions.vida.syntax import Coordinates, Found
from schemas.records import DegradedRegion, SubTask, Task

GROUNDING: Final = "vida_grounding"
PERCEPTION: Final = "vida_perception"
DESCRIPTION: Final = "vida_description"
TASKS = (GROUNDING, PERCEPTION, DESCRIPTION)


class Item(NamedTuple):
    """A question and its answer.

    Args:
        task: One of ``TASKS``.
        sub_task: detect, detect_one, refer, region, choice, open, assess, brief or single.
        form: The concern of a choice or open question, the class of ``detect_one`` and ``single``,
            else empty.
        question: Complete.
        pool: Where its wording stands.
        answer: Complete.
        target: The region it is about, if it is about one.
        found: Everything the answer places, in no order.
        asked: The box of the question, if it has one.
        options: Of a choice, in the order of the letters.
        right: The right option in words, where there is one.
    """

    task: Task
    sub_task: SubTask
    form: str
    question: str
    pool: str
    answer: str
    target: DegradedRegion | None = None
    found: tuple[Found, ...] = ()
    asked: Coordinates | None = None
    options: tuple[str, ...] = ()
    right: str = ""
