"""Answers to questions with boxes: written from the facts, checked against them, their boxes.

A check reads the question's own words, so that a row that is read again is checked in the same way.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from annotators.facts import Answer, Ask, PictureFacts, Violation
from annotators.language.grid import decoded
from annotators.language.mentions import blanked, mentioned
from annotators.language.notation import Parsed, parse
from annotators.language.phrases import (
    WHOLE,
    capitalised,
    joined,
    step_phrase,
    with_article,
)
from annotators.questions.giqa_words import (
    GRADES,
    asked_quality,
    cells_of,
    effect_of,
    level_of,
    mention,
    name_of,
    picked,
)
from schemas.records import DegradedRegion, RowBox
from schemas.streams import Stream

NOTATION = "grid20"
CERTAIN = frozenset(("blur", "noise", "compression", "pixelate", "quantization"))
"""Flaws that a region we left alone does not have, vouched or not: sources are screened for the
first three, and no camera makes the others."""
_ORDER = re.compile(r"\b(?:followed|then|first|after|before|later|next)\b", re.IGNORECASE)


def plain(text: str) -> str:
    """A text with its mentions replaced by their names."""
    return parse(text, NOTATION).plain


def write(ask: Ask, facts: PictureFacts, stream: Stream) -> Answer:
    """An answer from the facts."""
    if ask.sub_task == "giqa_description":
        return Answer(_description(facts, _cited(ask), stream))
    if ask.sub_task == "giqa_yes_no":
        return Answer("Yes." if ask.form == "yes" else "No.")
    if ask.form == "grounding":
        places = [f"the {mention(region, facts)}" for region in _cited(ask)]
        return Answer(capitalised(f"{joined(places)}."))
    region = _target(ask)
    if ask.sub_task == "giqa_what":
        return Answer(capitalised(f"{_chain(region, facts)}."))
    step = region.chain[0]
    if ask.sub_task == "giqa_how":
        return Answer(level_of(step, facts))
    return Answer(
        capitalised(f"{facts.families[step.family].noun} {effect_of(step, facts, stream)}.")
    )


def sheet(ask: Ask, facts: PictureFacts) -> str:
    """The facts of a question in plain words, for a model to write from."""
    if ask.sub_task != "giqa_description":
        region = _target(ask)
        effects = joined(facts.families[region.chain[0].family].effects)
        return f"- the {mention(region, facts)} has {_chain(region, facts)}, which {effects}"
    uniform = facts.uniform
    if uniform is not None:
        return f"- {WHOLE} has {_chain(uniform, facts)}; there are no regions to name"
    lines = [
        f"- {_place(region, facts, _cited(ask))} has {_chain(region, facts)}"
        for region in facts.degraded
    ]
    clean = [r for r in _cited(ask) if not r.chain]
    lines += [f"- the {mention(region, facts)} has none of these flaws" for region in clean[:1]]
    return "\n".join(lines) or "- nothing in the picture is badly degraded; name no regions"


def boxes(row_id: str, ask: Ask, answer: Answer, facts: PictureFacts) -> list[RowBox]:
    """The exact boxes of what question and answer cite.

    Raises:
        ValueError: A mention that is none of a region.
    """
    known = {name_of(r, facts): r for r in facts.regions if r.region_id in facts.references}
    found: list[RowBox] = []
    parts: tuple[tuple[Literal["question", "answer"], str], ...] = (
        ("question", ask.question),
        ("answer", answer.text),
    )
    for part, text in parts:
        parsed = parse(text, NOTATION)
        if parsed.malformed or any(one.name not in known for one in parsed.cited):
            raise ValueError(f"a mention that names no region: {text!r:.120}")
        for number, one in enumerate(parsed.cited):
            region = known[one.name]
            found.append(
                RowBox(
                    row_id=row_id,
                    part=part,
                    mention=number,
                    name=one.name,
                    region_id=region.region_id,
                    box=region.box,
                    cells=list(cells_of(region, facts)),
                )
            )
    return found


def check(text: str, ask: Ask, facts: PictureFacts) -> list[Violation]:
    """What is wrong with an answer.

    Rules: wrong_box, wrong_region, number, bad_format, wrong_answer, missing_region, extra_region,
    missing_distortion, extra_distortion, wrong_grade, wrong_order.
    """
    asked, said = parse(ask.question, NOTATION), parse(text, NOTATION)
    found = [*_mentions(asked, facts), *_mentions(said, facts)]
    if re.search(r"\d", blanked(said.plain, _names(facts))):
        found.append(Violation("number", "a number outside the cells of a region"))
    if found:
        return found
    if ask.sub_task == "giqa_description":
        return list(_described(text, said, ask, facts))
    if ask.form == "grounding":
        return list(_pointed(said, ask, facts))
    if said.cited:
        return [Violation("extra_region", "the answer names a region")]
    region = _by_name(facts)[asked.cited[0].name] if asked.cited else None
    if region is None:
        return [Violation("wrong_region", "the question cites no region")]
    if ask.sub_task == "giqa_yes_no":
        return list(_closed(text, ask, region, facts))
    if ask.sub_task == "giqa_how":
        expected = level_of(region.chain[0], facts)
        return [] if text == expected else [Violation("wrong_answer", f"expected {expected!r}")]
    return list(_told(text, ask, region, facts))


def _mentions(parsed: Parsed, facts: PictureFacts) -> Iterator[Violation]:
    """Every mention is a region by its own name with the cells of its own box."""
    if parsed.malformed:
        yield Violation("wrong_box", "cells that are no box")
    known = _by_name(facts)
    for one in parsed.cited:
        region = known.get(one.name)
        if region is None:
            yield Violation("wrong_region", f"there is no region called {one.name!r}")
        elif one.boxes != (decoded(*cells_of(region, facts)),):
            yield Violation("wrong_box", f"{one.name!r} is at {mention(region, facts)}")


def _described(text: str, said: Parsed, ask: Ask, facts: PictureFacts) -> Iterator[Violation]:
    """Every degraded region that can be is cited, once, as "the [name](<l, r>)"."""
    names = [one.name for one in said.cited]
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield Violation("extra_region", f"{name!r} is cited twice")
    if len(re.findall(r"\b[Tt]he \[", text)) != len(names):
        yield Violation("bad_format", 'a region is cited without "the" before it')
    for region in _cited(ask):
        if region.chain and name_of(region, facts) not in names:
            yield Violation("missing_region", f"{mention(region, facts)} is not cited")


def _pointed(said: Parsed, ask: Ask, facts: PictureFacts) -> Iterator[Violation]:
    """Exactly the regions with the flaw that was asked for."""
    asked = asked_quality(ask.question, facts.families)
    known, wanted = _by_name(facts), asked.families if asked else frozenset[str]()
    having = {r.region_id for r in facts.degraded if any(s.family in wanted for s in r.chain)}
    told = {known[one.name].region_id for one in said.cited}
    if having - told:
        yield Violation("missing_region", f"{len(having - told)} more came out so")
    if told - having:
        yield Violation("extra_region", f"{len(told - having)} of them did not come out so")
    rest = blanked(said.plain, _names(facts))
    if any(one.family not in wanted for one in mentioned(rest, facts.families)):
        yield Violation("extra_distortion", "another flaw is named")


def _closed(
    text: str, ask: Ask, region: DegradedRegion, facts: PictureFacts
) -> Iterator[Violation]:
    """One word, and the right one."""
    if text not in ("Yes.", "No."):
        yield Violation("bad_format", f"expected 'Yes.' or 'No.', got {text[:20]!r}")
        return
    asked = asked_quality(blanked(plain(ask.question), _names(facts)), facts.families)
    if asked is None:
        yield Violation("wrong_answer", "the question names no quality")
        return
    has = any(step.family in asked.families for step in region.chain)
    if (text == "Yes.") != (has == asked.flawed):
        yield Violation("wrong_answer", f"{name_of(region, facts)!r} came out otherwise")


def _told(text: str, ask: Ask, region: DegradedRegion, facts: PictureFacts) -> Iterator[Violation]:
    """What is wrong with a region, or why: its distortions, their grades, their order."""
    found = [one for one in mentioned(text, facts.families) if not one.denied]
    grades = {step.family: step.grade for step in region.chain}
    named = {one.family for one in found}
    for family in sorted(named - set(grades)):
        yield Violation("extra_distortion", f"{facts.families[family].noun} is not there")
    for family in sorted(set(grades) - named):
        yield Violation("missing_distortion", f"{facts.families[family].noun} is not named")
    for one in found:
        if one.grade and one.family in grades and one.grade != grades[one.family]:
            yield Violation("wrong_grade", f"{one.family} is {grades[one.family]}, not {one.grade}")
    if len(region.chain) > 1 and not _in_order(region, facts) and _ORDER.search(text):
        yield Violation("wrong_order", "nobody can see which came first")
    if not re.search(r"[.!?]$", text) or len(text.split()) > 40:
        yield Violation("bad_format", "expected one short sentence")


def _description(facts: PictureFacts, cited: Sequence[DegradedRegion], stream: Stream) -> str:
    uniform = facts.uniform
    if uniform is not None:
        remark = picked(stream, _graded("whole", [uniform]))
        return f"{remark} {_sentence(uniform, WHOLE, facts, stream)}"
    if not facts.degraded:
        return picked(stream, "fine_vouched" if facts.vouched else "fine")
    parts = [picked(stream, _graded("remark", facts.degraded))]
    told: set[str] = set()
    for region in sorted(facts.degraded, key=lambda r: -(r.scores.damage if r.scores else 0.0)):
        place = _place(region, facts, cited)
        if region.label_refined in told:
            place = re.sub(r"^an? ", "another ", place)
        told.add(region.label_refined)
        parts.append(_sentence(region, place, facts, stream))
    clean = [region for region in cited if not region.chain]
    families = sorted({step.family for region in facts.degraded for step in region.chain})
    absent = [name for name in families if facts.vouched or name in CERTAIN]
    if clean and absent and facts.origin == "synthetic":
        nouns = [facts.families[name].noun for name in stream.shuffled(absent)[:2]]
        place = f"the {mention(stream.choice(clean), facts)}"
        said = picked(stream, "clean").format(flaws=" or ".join(nouns), the=place)
        parts.append(capitalised(said))
    return " ".join([*parts, picked(stream, "verdict")])


def _sentence(region: DegradedRegion, the: str, facts: PictureFacts, stream: Stream) -> str:
    families = facts.families
    steps = [
        (step_phrase(s, families[s.family]), effect_of(s, facts, stream)) for s in region.chain
    ]
    chain, effect = steps[0]
    link = ", followed by " if _in_order(region, facts) else ", and "
    told = link.join(f"{phrase}, which {does}" for phrase, does in steps)
    words = {"chain": chain, "Chain": capitalised(chain), "effect": effect, "steps": told}
    kind = "region_steps" if len(steps) > 1 else "region"
    return capitalised(picked(stream, kind).format(**words, the=the))


def _place(region: DegradedRegion, facts: PictureFacts, cited: Sequence[DegradedRegion]) -> str:
    """The mention of a region, its phrase where it cannot be cited, its label where it has none."""
    if any(region.region_id == one.region_id for one in cited):
        return f"the {mention(region, facts)}"
    return facts.references.get(region.region_id) or with_article(region.label_refined)


def _graded(kind: str, regions: Sequence[DegradedRegion]) -> str:
    """The remark that suits how bad it is; where a grade is uncertain, one that says none."""
    grades = [step.grade for region in regions for step in region.chain]
    return f"{kind}_{max(grades, key=GRADES.index)}" if all(grades) else kind


def _chain(region: DegradedRegion, facts: PictureFacts) -> str:
    steps = [step_phrase(step, facts.families[step.family]) for step in region.chain]
    return ", followed by ".join(steps) if _in_order(region, facts) else joined(steps)


def _in_order(region: DegradedRegion, facts: PictureFacts) -> bool:
    """Whether a text may say what came first."""
    return facts.origin == "synthetic" and bool(region.order_visible)


def _by_name(facts: PictureFacts) -> dict[str, DegradedRegion]:
    return {name_of(r, facts): r for r in facts.regions if r.region_id in facts.references}


def _names(facts: PictureFacts) -> list[str]:
    return list(_by_name(facts))


def _cited(ask: Ask) -> tuple[DegradedRegion, ...]:
    """The regions that a question lets its answer cite; none where nobody knows any more."""
    return ask.detail if isinstance(ask.detail, tuple) else ()


def _target(ask: Ask) -> DegradedRegion:
    if ask.target is None:
        raise ValueError(f"{ask.sub_task}: a question about a region without a region")
    return ask.target
