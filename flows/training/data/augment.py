"""Augmentation while training: what may be changed of a row so that its answer stays true.

Drawn per row and repetition from the keyed stream, so a resumed run sees the same. A list says
which operation a task may have; whatever else is asked for is refused by name. Nothing photometric
is ever changed and nothing is resampled: size, colour, sharpness and compression are the labels.

Our own design; source: detailed assessment rules, section 7.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from annotators.questions.vida.grounding import within
from annotators.questions.vida.scene import Scene, mask_of
from annotators.questions.vida.syntax import (
    SCALE,
    Coordinates,
    box_text,
    detection_text,
    pixels_inside,
    read_boxes,
)
from annotators.questions.vida.wordings import reworded
from flows.training.data.choices import shuffle_options
from flows.training.data.example import Example, Source
from flows.training.data.flip import can_flip, flip_text
from schemas.boxes import iou
from schemas.errors import ConfigError
from schemas.settings.training import AugmentConfig
from schemas.streams import Stream

OPERATIONS = ("mirror", "wording", "options", "classes", "jitter", "turns")
ALLOWED: Mapping[str, tuple[str, ...]] = {
    "vida_grounding.detect": ("mirror", "wording", "classes", "turns"),
    "vida_grounding.detect_one": ("mirror", "wording", "turns"),
    "vida_grounding.refer": ("mirror", "wording", "turns"),
    "vida_grounding.region": ("mirror", "wording", "classes", "jitter", "turns"),
    "vida_perception.choice": ("mirror", "wording", "options", "turns"),
    "vida_perception.open": ("mirror", "wording", "turns"),
    "vida_perception.score": ("mirror", "turns"),
    "vida_description": ("mirror", "wording"),
    "global_description": ("mirror",),
    "local_description": ("mirror", "turns"),
    "grounding": ("mirror", "turns"),
    "referring": ("mirror", "turns"),
}
OTHERS = ("mirror", "options")
"""What rows of other people's tasks may have."""
NEAR = 0.9
"""Least IoU of a jittered box with the one that was asked for."""
_TRIES = 20
_CLASS = re.compile(r"\n(?=[A-Z][\w -]*:)")
Turns = list[tuple[str, str]]
StreamFor = Callable[[str], Stream]


class Augmented(NamedTuple):
    """A row as it is trained on.

    Args:
        turns: Questions and answers.
        mirrored: Whether its pictures have to be mirrored.
        done: Operations that changed something, in their order.
    """

    turns: Turns
    mirrored: bool
    done: tuple[str, ...]


def allowed(task: str) -> tuple[str, ...]:
    """The operations that rows of a task may have."""
    return ALLOWED.get(task) or ALLOWED.get(task.partition(".")[0]) or OTHERS


def check_rules(rules: Sequence[AugmentConfig], where: str) -> None:
    """Refuse an operation for a task that may not have it.

    Raises:
        ConfigError: Naming operation, task and what is allowed.
    """
    for rule in rules:
        for task in rule.tasks:
            parts = [name for name in ALLOWED if name == task or name.startswith(f"{task}.")]
            may = {op for name in parts or [task] for op in allowed(name)}
            for name in wanted(rule):
                if name not in may:
                    can = ", ".join(op for op in OPERATIONS if op in may)
                    raise ConfigError(f"{where}: augment: {name} is not for {task}; allowed: {can}")


def wanted(rule: AugmentConfig) -> list[str]:
    """The operations that a rule asks for."""
    asked = {
        "mirror": rule.mirror > 0,
        "wording": rule.wording,
        "options": rule.options,
        "classes": rule.classes == "redrawn",
        "jitter": rule.jitter > 0,
        "turns": rule.turns > 1,
    }
    return [name for name in OPERATIONS if asked[name]]


def rule_for(rules: Sequence[AugmentConfig], task: str) -> AugmentConfig | None:
    """The first rule that speaks of a task; one without tasks speaks of all."""
    for rule in rules:
        if not rule.tasks or task in rule.tasks or task.partition(".")[0] in rule.tasks:
            return rule
    return None


def augment(
    source: Source, row: int, rules: Sequence[AugmentConfig], stream_for: StreamFor
) -> Augmented:
    """A row with what its rule draws.

    Args:
        source: Where it comes from.
        row: Its number there.
        rules: Of the source.
        stream_for: A purpose to its stream; the same one gives the same row.
    """
    example = source.example(row)
    rule = rule_for(rules, example.task)
    if rule is None:
        return Augmented(list(example.turns), False, ())
    before, done = _before(source, row, rule, stream_for)
    last, changed = changed_turn(example, rule, source.scene, row, stream_for)
    turns = [*before, *example.turns[:-1], last]
    done = [*done, *changed]
    mirrors = "mirror" in allowed(example.task) and stream_for("mirror").chance(rule.mirror)
    if not mirrors or not all(can_flip(text) for turn in turns for text in turn):
        return Augmented(turns, False, tuple(done))
    turns = [(flip_text(question), flip_text(answer)) for question, answer in turns]
    return Augmented(turns, True, (*done, "mirror"))


def _before(
    source: Source, row: int, rule: AugmentConfig, stream_for: StreamFor
) -> tuple[Turns, list[str]]:
    """Other questions about the same picture that come before, with their answers."""
    example = source.example(row)
    if rule.turns < 2 or len(example.turns) > 1 or "turns" not in allowed(example.task):
        return [], []
    stream = stream_for("turns")
    number = stream.below(rule.turns)
    others = [
        other
        for other in stream.shuffled(source.companions(row))
        if "turns" in allowed(source.example(other).task)
    ]
    turns = [turn for other in others[:number] for turn in source.example(other).turns]
    return turns, ["turns"] if turns else []


def changed_turn(
    example: Example,
    rule: AugmentConfig,
    scene_of: Callable[[int], Scene | None],
    row: int,
    stream_for: StreamFor,
) -> tuple[tuple[str, str], list[str]]:
    """The last question and answer of a row, changed; and by which operations."""
    question, answer = example.turns[-1]
    may = allowed(example.task)
    done = []

    def note(name: str, pair: tuple[str, str]) -> tuple[str, str]:
        if pair != (question, answer):
            done.append(name)
        return pair

    if rule.jitter and "jitter" in may and stream_for("jitter").chance(rule.jitter):
        seen = scene_of(row)
        if seen is not None:
            question, answer = note("jitter", jittered(question, answer, seen, stream_for("box")))
    if rule.wording and "wording" in may and example.pool:
        other = reworded(question, example.pool, stream_for("wording"))[0]
        question, answer = note("wording", (other, answer))
    if rule.options and "options" in may:
        pair = shuffle_options(question, answer, stream_for("options"))
        question, answer = note("options", pair)
    if rule.classes == "redrawn" and "classes" in may:
        pair = question, reordered(answer, stream_for("classes"))
        question, answer = note("classes", pair)
    return (question, answer), done


def reordered(answer: str, stream: Stream) -> str:
    """The classes of an answer that lists distortions, in a drawn order."""
    blocks = _CLASS.split(answer.removesuffix("."))
    return "\n".join(stream.shuffled(blocks)) + "." if len(blocks) > 1 else answer


def jittered(question: str, answer: str, seen: Scene, stream: Stream) -> tuple[str, str]:
    """A question about a box with the box moved a little, and what is true of the new one."""
    boxes = read_boxes(question)
    if len(boxes) != 1:
        return question, answer
    box = _moved(boxes[0], seen, stream)
    if box is None:
        return question, answer
    text = detection_text(within(seen, box), seen.vocabulary.names, inline=True)
    return question.replace(box_text(boxes[0]), box_text(box)), text


def _moved(box: Coordinates, seen: Scene, stream: Stream) -> Coordinates | None:
    """A box with an IoU of at least ``NEAR``; one that held no degraded pixel still holds none."""
    clean = not within(seen, box) and not _touches(box, seen)
    width, height = box[2] - box[0], box[3] - box[1]
    for _ in range(_TRIES):
        x0, x1 = (round(x + stream.uniform(-0.05, 0.05) * width) for x in (box[0], box[2]))
        y0, y1 = (round(y + stream.uniform(-0.05, 0.05) * height) for y in (box[1], box[3]))
        new = (max(x0, 0), max(y0, 0), min(x1, SCALE), min(y1, SCALE))
        if new != box and iou(box, new) >= NEAR and not (clean and _touches(new, seen)):
            return new
    return None


def _touches(box: Coordinates, seen: Scene) -> bool:
    rows, columns = pixels_inside(box, *seen.size)
    return any(mask_of(r, seen.facts)[rows, columns].any() for r in seen.facts.degraded)
