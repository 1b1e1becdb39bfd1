"""Perception questions: choices and open ones about type, position, severity, significance, order.

A choice has one right option and up to three wrong ones: first flaws of other regions of the
picture, then classes that are easily taken for the right one, then any that is not there. Places
are real phrases of the picture. No wrong option is true under the record. Letters turn from
question to question, beginning where the picture says, so that none is right more often.

Source: detailed assessment rules, sections 2 and 3. That order may be asked for is our addition.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from annotators.language.phrases import capitalised
from annotators.language.prepositions import on_or_in
from annotators.questions.vida.item import PERCEPTION, Item
from annotators.questions.vida.scene import Flaw, Scene
from annotators.questions.vida.wordings import worded
from schemas.records import DegradedRegion
from schemas.streams import Stream

LETTERS = "ABCD"
MOST_CHOICES = 4
MOST_OPEN = 2
NOT_VISIBLE = "Not visible"
SEVERITY = "severity"
ASK_LETTER = "Answer by naming one option."
LEVELS = (
    "Severity has these levels. Not visible: the distortion is not there. Minor: seen only on "
    "close inspection. Moderate: noticed at a glance. Severe: it governs the impression of the "
    "picture."
)
_OPTION = re.compile(r"^([A-D])\. (.+)$", re.MULTILINE)
Streams = Callable[[str], Stream]


class Fact(NamedTuple):
    """Something that can be asked for.

    Args:
        form: The concern, which is also the pool of its wordings.
        slots: What fills them.
        right: The right option.
        wrong: Wrong ones, the best first.
        region: The region it is about, if one.
        unique: Whether nothing else would be a right answer without options.
    """

    form: str
    slots: dict[str, str]
    right: str
    wrong: tuple[str, ...]
    region: DegradedRegion | None = None
    unique: bool = True


def perception_items(scene: Scene, stream_for: Streams) -> tuple[list[Item], Counter[str]]:
    """Choices and open questions of a picture, and what was dropped by reason."""
    stream = stream_for("perception")
    found = stream.shuffled(list(facts_of(scene, stream_for("facts"))))
    chosen = _varied(found, MOST_CHOICES)
    turn = stream.below(len(LETTERS))
    items = [choice(fact, turn + number, stream) for number, fact in enumerate(chosen)]
    rest = [fact for fact in found if fact.unique and fact not in chosen]
    opened = rest + [fact for fact in chosen if fact.unique]
    items += [open_question(fact, stream) for fact in opened[:MOST_OPEN]]
    return items, Counter({"vida_no_choice": int(not found)})


def _varied(found: Sequence[Fact], most: int) -> list[Fact]:
    """Facts of different concerns before two of one."""
    firsts = list({fact.form: fact for fact in reversed(found)}.values())
    return [*firsts, *(fact for fact in found if fact not in firsts)][:most]


def choice(fact: Fact, turn: int, stream: Stream) -> Item:
    """A fact as a choice, its right option where ``turn`` says."""
    wrong = stream.shuffled(fact.wrong[: len(LETTERS) - 1])
    place = turn % (len(wrong) + 1)
    options = (*wrong[:place], fact.right, *wrong[place:])
    stem, pool = worded(fact.form, stream, **fact.slots)
    return _as_choice(fact, stem, pool, options)


def _as_choice(fact: Fact, stem: str, pool: str, options: tuple[str, ...]) -> Item:
    lines = [f"{letter}. {option}" for letter, option in zip(LETTERS, options, strict=False)]
    before = [LEVELS] if fact.form == SEVERITY else []
    question = "\n".join([*before, stem, *lines, ASK_LETTER])
    answer = f"{LETTERS[options.index(fact.right)]}."
    return Item(
        PERCEPTION,
        "choice",
        fact.form,
        question,
        pool,
        answer,
        fact.region,
        options=options,
        right=fact.right,
    )


def options_of(question: str) -> dict[str, str]:
    """Letter to option of a choice, in the order of its lines."""
    return dict(_OPTION.findall(question))


def open_question(fact: Fact, stream: Stream) -> Item:
    """A fact without options."""
    question, pool = worded(fact.form, stream, **fact.slots)
    answer = f"{capitalised(fact.right)}."
    return Item(
        PERCEPTION, "open", fact.form, question, pool, answer, fact.region, right=fact.right
    )


def facts_of(scene: Scene, stream: Stream) -> Iterator[Fact]:
    """Everything that can be asked about a picture with at least two wrong options."""
    if scene.flaws:
        for one in (
            *_types(scene, stream),
            *_places(scene),
            *_classes(scene, stream),
            *_severities(scene),
            *_significance(scene, stream),
            *_orders(scene, stream),
        ):
            if len(one.wrong) >= 2:
                yield one


def _types(scene: Scene, stream: Stream) -> Iterator[Fact]:
    present, absent = scene.names, scene.absent
    right = stream.choice(present)
    yield Fact("type_present", {}, right, _rivals(scene, right, absent, stream), unique=False)
    if len(present) > 1 and absent and scene.facts.vouched:
        wrong = tuple(stream.shuffled(present))
        yield Fact("type_absent", {}, stream.choice(absent), wrong, unique=False)


def _rivals(
    scene: Scene, right: str, allowed: Sequence[str], stream: Stream, first: Sequence[str] = ()
) -> tuple[str, ...]:
    """Allowed classes: given ones, those easily taken for the right one, any other."""
    near = [name for name in scene.vocabulary.rivals(right) if name in allowed]
    ordered = [*(n for n in first if n in allowed), *stream.shuffled(near)]
    return tuple(dict.fromkeys([*ordered, *stream.shuffled(allowed)]))


def _named(scene: Scene, region: DegradedRegion) -> str | None:
    if region.role == "whole":
        return None
    return scene.facts.references.get(region.region_id)


def _places(scene: Scene) -> Iterator[Fact]:
    """Which part has a class, and which is free of all; every part has a phrase."""
    names = [(region, _named(scene, region)) for region in scene.facts.regions]
    for name in scene.names:
        own = {flaw.region.region_id for flaw in scene.named(name)}
        having = [(r, phrase) for r, phrase in names if r.region_id in own]
        others = tuple(p for r, p in names if p and r.region_id not in own)
        if len(having) == 1 and having[0][1]:
            slots = {"distortion": name.lower()}
            yield Fact("position_where", slots, having[0][1], others, having[0][0])
    clean = [(region, phrase) for region, phrase in names if not region.chain and phrase]
    if len(clean) == 1 and scene.facts.vouched:
        flawed = tuple(phrase for region, phrase in names if region.chain and phrase)
        yield Fact("position_free", {}, clean[0][1] or "", flawed, clean[0][0], unique=False)


def _classes(scene: Scene, stream: Stream) -> Iterator[Fact]:
    for region in scene.facts.degraded:
        phrase = _named(scene, region)
        own = [flaw.name for flaw in scene.of(region.region_id)]
        if phrase:
            right = stream.choice(own)
            allowed = [name for name in scene.vocabulary.names if name not in own]
            others = stream.shuffled([n for n in scene.names if n not in own])
            wrong = _rivals(scene, right, allowed, stream, others)
            yield Fact("position_what", {"region": phrase}, right, wrong, region, len(own) == 1)


def _severities(scene: Scene) -> Iterator[Fact]:
    words = [entry.name for entry in scene.vocabulary.severities]
    for flaw in scene.flaws:
        phrase = scene.facts.references.get(flaw.region.region_id)
        if phrase and flaw.certain and flaw.severity:
            slots = {"distortion": flaw.name.lower(), "region": phrase}
            wrong = tuple(w for w in [*words, NOT_VISIBLE] if w != flaw.severity)
            yield Fact(SEVERITY, slots, flaw.severity, wrong, flaw.region)


def placed(flaw: Flaw, scene: Scene) -> str:
    """``Noise in the sky``."""
    return f"{flaw.name} {on_or_in(scene.facts.references[flaw.region.region_id])}"


def _significance(scene: Scene, stream: Stream) -> Iterator[Fact]:
    """Only where the first region matters clearly more than the second and all have phrases."""
    regions = scene.ranked
    if len(regions) < 2 or not scene.clear_key or not all(_named(scene, r) for r in regions):
        return
    right = stream.choice(scene.keys)
    others = [placed(f, scene) for f in scene.flaws if f.region is not right.region]
    first = scene.facts.references[right.region.region_id]
    made_up = [f"{name} {on_or_in(first)}" for name in stream.shuffled(scene.absent)]
    yield Fact(
        "significance",
        {},
        placed(right, scene),
        tuple(dict.fromkeys([*stream.shuffled(others), *made_up])),
        right.region,
        len(scene.keys) == 1,
    )


def _orders(scene: Scene, stream: Stream) -> Iterator[Fact]:
    """Which of two steps came first, where a viewer can see it."""
    for region in scene.facts.degraded:
        phrase, own = _named(scene, region), scene.of(region.region_id)
        if phrase and len(own) == 2 and region.order_visible and own[0].name != own[1].name:
            right = own[0].name
            allowed = [n for n in scene.vocabulary.names if n != right]
            wrong = _rivals(scene, right, [own[1].name, *scene.absent], stream, [own[1].name])
            kept = tuple(name for name in wrong if name in allowed)
            yield Fact("order", {"region": phrase}, right, kept, region)
