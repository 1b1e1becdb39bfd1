"""Operations of augmentation before training: rows made of rows, each true of its picture.

Every operation takes a stored row and what is recorded of its picture and gives questions with
answers that are worked out from the record; ``offline.py`` holds them against it once more.

Our own design; source: detailed assessment rules, section 5.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from annotators.questions.vida import wordings
from annotators.questions.vida.grounding import absent_text, grounding_items
from annotators.questions.vida.perception import options_of
from annotators.questions.vida.scene import Scene
from annotators.questions.vida.syntax import detection_text
from flows.training.data.augment import jittered
from flows.training.data.choices import shuffle_options
from flows.training.data.flip import can_flip, flip_text
from schemas.records import Sample, SubTask
from schemas.streams import Stream

MIRROR, CROP = "mirror", "crop"


class New(NamedTuple):
    """A question and its answer.

    Args:
        sub_task: As rows have it.
        form: As rows have it.
        question: Complete.
        pool: Where its wording stands.
        answer: Complete.
    """

    sub_task: SubTask
    form: str
    question: str
    pool: str
    answer: str


def jitter(row: Sample, scene: Scene, stream: Stream) -> New | None:
    """The asked box moved a little, the truth recomputed."""
    if row.sub_task != "region":
        return None
    question, answer = jittered(row.question, row.answer, scene, stream)
    return _changed(row, question, answer)


def subset(row: Sample, scene: Scene, stream: Stream) -> New | None:
    """Of the question for all boxes: those of one class that is there."""
    if row.sub_task != "detect" or len(scene.names) < 2:
        return None
    name = stream.choice(scene.names)
    question, pool = wordings.worded("detect_one", stream, distortion=name.lower())
    found = [flaw.found for flaw in scene.named(name)]
    return New("detect_one", name, question, pool, detection_text(found, (name,)))


def negative(row: Sample, scene: Scene, stream: Stream) -> New | None:
    """Of the question for all boxes: those of a class that is not there."""
    if row.sub_task != "detect" or not scene.absent or not scene.facts.vouched:
        return None
    name = stream.choice(scene.absent)
    question, pool = wordings.worded("detect_one", stream, distortion=name.lower())
    return New("detect_one", name, question, pool, absent_text(name))


def options(row: Sample, scene: Scene, stream: Stream) -> New | None:
    """The options of a choice in another order."""
    if row.sub_task != "choice":
        return None
    return _changed(row, *shuffle_options(row.question, row.answer, stream))


def opened(row: Sample, scene: Scene, stream: Stream) -> New | None:
    """A choice without its options, where one answer alone is right."""
    if row.sub_task != "choice" or row.form not in ("severity", "position_what", "order"):
        return None
    found = wordings.filled(row.question, row.pool)
    own = scene.of(row.region_id)
    if found is None or (row.form == "position_what" and len(own) > 1):
        return None
    right = options_of(row.question)[row.answer.removesuffix(".")]
    return New("open", row.form, found[0], row.pool, f"{right}.")


def wording(row: Sample, scene: Scene, stream: Stream) -> New | None:
    """The same question in other words."""
    question, pool = wordings.reworded(row.question, row.pool, stream)
    made = _changed(row, question, row.answer)
    return made._replace(pool=pool) if made else None


def _changed(row: Sample, question: str, answer: str) -> New | None:
    if (question, answer) == (row.question, row.answer):
        return None
    return New(row.sub_task, row.form, question, row.pool, answer)


Operation = Callable[[Sample, Scene, Stream], New | None]
OPERATIONS: Mapping[str, Operation] = {
    "jitter": jitter,
    "subset": subset,
    "negative": negative,
    "options": options,
    "open": opened,
    "wording": wording,
}
"""Operations that leave the picture as it is."""


def mirrored_row(row: Sample) -> New | None:
    """A row about the picture in a mirror; ``None`` where its words cannot be mirrored."""
    if not can_flip(row.question) or not can_flip(row.answer):
        return None
    return New(row.sub_task, row.form, flip_text(row.question), row.pool, flip_text(row.answer))


def cropped_rows(rows: Sequence[Sample], scene: Scene, stream: Stream) -> list[tuple[Sample, New]]:
    """Grounding questions about a window, each with the row of the picture it stands for."""
    made: list[tuple[Sample, New]] = []
    items = grounding_items(scene, lambda purpose: Stream(stream.key, purpose))[0]
    for row in rows:
        item = next((i for i in items if i.sub_task == row.sub_task), None)
        if item is not None:
            items.remove(item)
            new = New(item.sub_task, item.form, item.question, item.pool, item.answer)
            made.append((row, new))
    return made
