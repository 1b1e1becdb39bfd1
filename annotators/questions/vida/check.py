"""Whether a ViDA-shaped row is true of a picture, worked out anew from its record.

It reads boxes, options and levels out of the texts and never looks at how they were written, so a
row that was stored, mirrored or cropped is held against the record in the same way as a new one.

Source: detailed assessment rules, sections 3 and 7.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from annotators.facts import Violation
from annotators.questions.vida import syntax
from annotators.questions.vida.description import CLEAN, NO_KEY
from annotators.questions.vida.grounding import absent_text, within
from annotators.questions.vida.perception import ASK_LETTER, LETTERS, options_of, placed
from annotators.questions.vida.scene import Scene
from annotators.questions.vida.syntax import Found
from annotators.questions.vida.wordings import filled

_PHRASED = frozenset(("position_where", "position_free", "significance"))
"""Concerns whose options name regions."""


class Row(NamedTuple):
    """What a row says.

    Args:
        sub_task: As in ``Item``.
        form: As in ``Item``.
        question: Complete.
        pool: Where its wording stands.
        answer: Complete.
        region_id: The region it is about; empty where it is about none.
    """

    sub_task: str
    form: str
    question: str
    pool: str
    answer: str
    region_id: str


def violations(row: Row, scene: Scene, stored: bool = False) -> list[Violation]:
    """What is wrong with a row; nothing when it is true.

    Args:
        row: What it says.
        scene: What is recorded of its picture.
        stored: Whether phrases of regions other than its own may have been lost.
    """
    check = _CHECKS.get(row.sub_task)
    if check is None:
        return [Violation("unknown_sub_task", row.sub_task)]
    found = [Violation(rule, detail) for rule, detail in check(row, scene)]
    return [one for one in found if not (stored and one.rule in HANG_ON_PHRASES)]


HANG_ON_PHRASES = frozenset(("reference", "option"))
"""Rules that need the phrases of all regions."""
_Broken = Iterator[tuple[str, str]]


def _same(found: list[Found], goal: list[Found]) -> _Broken:
    if sorted(found) != sorted(goal):
        yield "boxes", f"the text places {sorted(found)}, the record {sorted(goal)}"


def _detect(row: Row, scene: Scene) -> _Broken:
    goal = [flaw.found for flaw in scene.flaws]
    yield from _same(syntax.read_groups(row.answer, scene.vocabulary), goal)
    if not goal and row.answer != syntax.NOTHING:
        yield "nothing", f"expected {syntax.NOTHING!r}"


def _detect_one(row: Row, scene: Scene) -> _Broken:
    goal = [flaw.found for flaw in scene.named(row.form)]
    yield from _same(syntax.read_groups(row.answer, scene.vocabulary), goal)
    if not goal and row.answer != absent_text(row.form):
        yield "nothing", f"expected {absent_text(row.form)!r}"
    if row.form.lower() not in row.question:
        yield "question", f"it does not ask for {row.form}"


def _refer(row: Row, scene: Scene) -> _Broken:
    goal = [f.box for f in scene.of(row.region_id) if f.name == row.form]
    if syntax.read_boxes(row.answer) != goal:
        yield "boxes", f"the text places {syntax.read_boxes(row.answer)}, the record {goal}"
    reference = scene.facts.references.get(row.region_id)
    if reference is None or reference not in row.question:
        yield "reference", f"the region is {reference!r}"


def _region(row: Row, scene: Scene) -> _Broken:
    asked = syntax.read_boxes(row.question)
    if len(asked) != 1:
        yield "question", f"expected one box, got {len(asked)}"
        return
    goal = within(scene, asked[0])
    yield from _same(syntax.read_groups(row.answer, scene.vocabulary), goal)
    if not goal and row.answer != syntax.NOTHING:
        yield "nothing", f"expected {syntax.NOTHING!r}"


def _choice(row: Row, scene: Scene) -> _Broken:
    options = options_of(row.question)
    letter = row.answer.removesuffix(".")
    if letter not in options or list(options) != list(LETTERS[: len(options)]):
        yield "letter", f"{row.answer!r} of {list(options)}"
    elif len(set(options.values())) < len(options) or ASK_LETTER not in row.question:
        yield "options", "an option twice, or no request for the letter"
    for name, option in options.items():
        true = holds(row, option, scene)
        if true != (name == letter):
            sure = name == letter or row.form not in _PHRASED
            yield (
                "truth" if sure else "option",
                f"option {name} ({option}) is {'true' if true else 'false'}",
            )


def _open(row: Row, scene: Scene) -> _Broken:
    said = row.answer.removesuffix(".")
    if not any(holds(row, one, scene) for one in (said, said[:1].lower() + said[1:])):
        yield "truth", f"{row.answer!r} is false"


def holds(row: Row, option: str, scene: Scene) -> bool:
    """Whether an option answers the question of a row."""
    found = filled(row.question, row.pool)
    if found is None:
        return False
    slots, own = found[1], scene.of(row.region_id)
    phrases = {phrase: key for key, phrase in scene.facts.references.items()}
    if "region" in slots and phrases.get(slots["region"]) != row.region_id:
        return False
    kind = scene.vocabulary.known(slots.get("distortion", ""))
    tests: Mapping[str, Callable[[], bool]] = {
        "type_present": lambda: option in scene.names,
        "type_absent": lambda: option in scene.absent,
        "position_where": lambda: any(f.name == kind for f in scene.of(phrases.get(option, ""))),
        "position_what": lambda: option in [f.name for f in own],
        "position_free": lambda: option in phrases and not scene.of(phrases[option]),
        "severity": lambda: option in [f.severity for f in own if f.name == kind],
        "significance": lambda: (
            scene.clear_key and option in [placed(f, scene) for f in scene.keys]
        ),
        "order": lambda: option == own[0].name,
    }
    return tests[row.form]()


def _assess(row: Row, scene: Scene) -> _Broken:
    goal = {flaw.found for flaw in scene.flaws}
    said = set(syntax.read_described(row.answer, scene.vocabulary))
    if said != goal:
        yield "boxes", f"the text places {sorted(said)}, the record {sorted(goal)}"
    if not goal and CLEAN not in row.answer:
        yield "nothing", f"expected {CLEAN!r}"
    yield from _brief(row, scene)


def _brief(row: Row, scene: Scene) -> _Broken:
    keys = [flaw.found for flaw in scene.keys]
    yield from _same(syntax.read_keys(row.answer, scene.vocabulary), keys)
    if not keys and NO_KEY not in row.answer:
        yield "nothing", f"expected {NO_KEY!r}"
    level = syntax.read_level(row.answer, scene.vocabulary)
    if level != scene.level.name:
        yield "level", f"the text says {level!r}, the record {scene.level.name}"
    yield from _references(row, scene)


def _single(row: Row, scene: Scene) -> _Broken:
    goal = [flaw.found for flaw in scene.named(row.form)]
    yield from _same(syntax.read_groups(row.answer, scene.vocabulary), goal)
    yield from _references(row, scene)


def _references(row: Row, scene: Scene) -> _Broken:
    """Each occurrence stands with the phrase of a region that has it."""
    for box, phrase in _AFFECTS.findall(row.answer):
        regions = [k for k, said in scene.facts.references.items() if said == phrase]
        boxes = {flaw.box for key in regions for flaw in scene.of(key)}
        named = any(r.region_id not in scene.facts.references for r in scene.facts.degraded)
        if not set(syntax.read_boxes(box)) <= boxes and not named:
            yield "reference", f"{phrase!r} is not what {box} marks"


_AFFECTS = re.compile(
    r"(<\|box_start\|>[^<]*<\|box_end\|>) can be seen (?:on|in) ([^;]+?)(?:;|\.(?: |\n|$))"
)
_CHECKS: Mapping[str, Callable[[Row, Scene], _Broken]] = {
    "detect": _detect,
    "detect_one": _detect_one,
    "refer": _refer,
    "region": _region,
    "choice": _choice,
    "open": _open,
    "assess": _assess,
    "brief": _brief,
    "single": _single,
}
