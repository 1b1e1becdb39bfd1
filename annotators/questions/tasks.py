"""Families of tasks by name: what is asked, who writes, what is checked.

The four that every dataset has stand in ``ask.py``. Each further one is a file of this folder that
holds a ``TaskFamily`` called ``FAMILY``, and one line in ``_FILES``: its questions come after those
of the others, its texts are written and checked by its own functions where it brings them.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import NamedTuple

from annotators.facts import Answer, Ask, PictureFacts, Violation
from annotators.questions.pools import Pools
from schemas.errors import ConfigError
from schemas.records import RowBox, Task
from schemas.settings.config import GateConfig, QuestionConfig
from schemas.streams import Stream
from schemas.tasks import TASKS

BUILT_IN = ("global", "local", "grounding", "referring")
_FILES: Mapping[str, str] = {"giqa": "giqa", "vida": "vida.family"}
"""A family's name to its file in this folder."""


class Asking(NamedTuple):
    """What a family makes its questions from.

    Args:
        facts: What is known of the picture.
        config: How much is asked.
        gate: Margins and thresholds.
        pools: The wordings.
        order_profile: First family to the families that may follow, for order questions.
        stream_for: A purpose to its stream.
    """

    facts: PictureFacts
    config: QuestionConfig
    gate: GateConfig
    pools: Pools
    order_profile: Mapping[str, frozenset[str]]
    stream_for: Callable[[str], Stream]


@dataclass(frozen=True)
class TaskFamily:
    """A family of tasks beyond the four of ``ask.py``.

    Args:
        task: What its rows say under ``task``.
        version: Of its words, for its rows.
        ask: The questions of a picture, and what was dropped, by reason.
        write: The template's answer to one of its questions.
        check: What is wrong with an answer. A row that is read again has no ``detail``, and only
            its own region and those of its boxes are surely called as they were.
        prompts: Sub-task to the prompt for a model that writes; what is absent the template writes
            alone.
        sheet: The facts of a question for that prompt, lines that begin with a dash.
        boxes: The exact boxes of what a question and its answer cite; see ``RowBox``.
        described: Sub-tasks whose answers are held to the rules of a global description, too.
        plain: A text without the family's own markup, for these.
        tasks: What further rows of it say under ``task``.
    """

    task: Task
    version: str
    ask: Callable[[Asking], tuple[list[Ask], Counter[str]]]
    write: Callable[[Ask, PictureFacts, Stream], Answer]
    check: Callable[[str, Ask, PictureFacts], list[Violation]]
    prompts: Mapping[str, str]
    sheet: Callable[[Ask, PictureFacts], str]
    boxes: Callable[[str, Ask, Answer, PictureFacts], list[RowBox]]
    described: frozenset[str] = frozenset()
    plain: Callable[[str], str] = str
    tasks: tuple[Task, ...] = ()


@cache
def task_family(name: str) -> TaskFamily:
    """A family that is not built in."""
    family: TaskFamily = import_module(f"annotators.questions.{_FILES[name]}").FAMILY
    return family


def family_of(task: str) -> TaskFamily | None:
    """The family that rows of a task belong to; ``None`` for the four of ``ask.py``."""
    families = map(task_family, _FILES)
    return next((found for found in families if task in (found.task, *found.tasks)), None)


def check_tasks(names: Sequence[str]) -> None:
    """Refuse a task that this version knows but cannot make.

    Raises:
        ConfigError: Naming it and those that can be made.
    """
    can = [name for name in TASKS if name in BUILT_IN or name in _FILES]
    for name in names:
        if name not in can:
            raise ConfigError(
                f"questions.tasks: {name!r} is not available yet; available: {', '.join(can)}"
            )
