"""The fact check: every text, whoever wrote it, against what is known.

A text must name the distortions that are there and no others, with their grades, in their order,
in their places; it may not speak of what a viewer cannot know. The rules err on the side of
refusing: a refused text is written again.

Source: dataset rules, section 7.
"""

from collections.abc import Callable, Iterable

from annotators.check.claims import contradicts_place, order_contradictions
from annotators.check.comparisons import comparisons, rest_claims
from annotators.check.harm import against_grade, missing_effect
from annotators.check.style import style_violations
from annotators.facts import Ask, PictureFacts, Violation
from annotators.language.mentions import Mention, blanked, mentioned, named_in
from annotators.language.phrases import WHOLE, short_answer, spatial_part
from annotators.questions.tasks import TaskFamily, family_of
from schemas.records import DegradedRegion, Step


def check_answer(text: str, ask: Ask, facts: PictureFacts) -> list[Violation]:
    """What is wrong with ``text`` as the answer to ``ask``; empty when it passes.

    Rules: empty, malformed, too_short, too_long, not_english, refusal, forbidden_word, bad_format,
    missing_distortion, extra_distortion, wrong_region, wrong_grade, wrong_order, wrong_position,
    missing_effect, repeats_place, contradiction, unfounded_comparison, unnamed_comparison,
    unfounded_rest, unfounded_place, unfounded_clean.
    """
    family = family_of(ask.task)
    if family is not None:
        return _check_family(text, ask, facts, family)
    if ask.task == "referring" and ask.sub_task == "short":
        return _check_short(text, ask, facts)
    style = style_violations(text, ask, facts)
    if style:
        return style
    if ask.task == "global_description":
        return _check_global(text, ask, facts)
    if ask.task == "grounding":
        return _check_grounding(text, ask, facts)
    return _check_region(text, ask, facts)


def _check_family(text: str, ask: Ask, facts: PictureFacts, family: TaskFamily) -> list[Violation]:
    """A family's own rules, then those of a global description where its answer is one."""
    found = family.check(text, ask, facts)
    if found or ask.sub_task not in family.described:
        return found
    plain = family.plain(text)
    return style_violations(plain, ask, facts) or _check_global(plain, ask, facts)


def _check_short(text: str, ask: Ask, facts: PictureFacts) -> list[Violation]:
    expected = short_answer(ask.chain, facts)
    if text == expected:
        return []
    found = mentioned(text, facts.families)
    violations = [*_compare(found, ask, facts), *_grades(found, ask.target)]
    asserted = [mention.family for mention in found if not mention.denied]
    same = sorted if facts.origin == "human" else list
    if not violations and same(asserted) != same(step.family for step in ask.chain):
        violations.append(Violation("wrong_order", f"expected {expected!r}, got {text!r}"))
    return violations or [Violation("bad_format", f"expected {expected!r}, got {text!r}")]


def _check_region(text: str, ask: Ask, facts: PictureFacts) -> list[Violation]:
    """Local and long answers: exactly the region's own chain."""
    found = mentioned(text, facts.families, facts.names)
    rules: list[Callable[[], list[Violation]]] = [
        lambda: _compare(found, ask, facts),
        lambda: _grades(found, ask.target),
        lambda: _order(text, found, ask.chain, facts),
        lambda: contradicts_place(
            blanked(text, facts.names), [ask.target] if ask.target else [], facts
        ),
        lambda: missing_effect(text, ask, facts),
        lambda: _beyond(text, ask, facts),
    ]
    return [violation for rule in rules for violation in rule()]


def _beyond(text: str, ask: Ask, facts: PictureFacts) -> list[Violation]:
    """What an answer about one region claims of its harm, of others, and of the rest."""
    about = [ask.target] if ask.target else []
    told = [region for region in about if region.chain]
    return [
        *against_grade(text, about, facts),
        *comparisons(text, ask, about, facts),
        *rest_claims(text, facts, told),
    ]


def _order(
    text: str, found: list[Mention], chain: list[Step], facts: PictureFacts
) -> list[Violation]:
    """What people named has no order, so that nothing can contradict it."""
    return [] if facts.origin == "human" else order_contradictions(text, found, chain)


def _check_grounding(text: str, ask: Ask, facts: PictureFacts) -> list[Violation]:
    if ask.target is None:
        return [Violation("bad_format", "a grounding question without a target")]
    spatial = spatial_part(ask.target, facts)
    if not text.startswith(f"{spatial} "):
        return [
            Violation("wrong_position", f"expected to begin with {spatial!r}, got {text[:30]!r}")
        ]
    semantic = text[len(spatial) + 1 :]
    if ask.target.role == "whole" and named_in(semantic, [WHOLE]):
        return [Violation("repeats_place", "the whole image has been named already")]
    missing = _names_target(semantic, ask.target, facts)
    return missing + _check_region(semantic, ask, facts)


def _names_target(text: str, target: DegradedRegion, facts: PictureFacts) -> list[Violation]:
    phrase = facts.references.get(target.region_id, "")
    said = named_in(text, facts.references.values())
    if not phrase or phrase in said:
        return []
    if said or target.role != "whole":
        return [Violation("wrong_region", f"expected the answer to name {phrase!r}")]
    return []


def _compare(found: Iterable[Mention], ask: Ask, facts: PictureFacts) -> list[Violation]:
    """Asserted families against the chain: what is missing, what is too much."""
    asserted = {mention.family for mention in found if not mention.denied}
    there = [step.family for step in ask.chain]
    needed = {ask.family} if ask.family else set(there)
    if ask.order and ask.order.form != "pair":
        needed = {ask.order.first, ask.order.last} - {""}
    violations = [
        Violation("missing_distortion", f"{facts.families[family].noun} is not named")
        for family in sorted(needed - asserted)
    ]
    return violations + [
        Violation("extra_distortion", f"{facts.families[family].noun} is not there")
        for family in sorted(asserted - set(there))
    ]


def _grades(found: Iterable[Mention], region: DegradedRegion | None) -> list[Violation]:
    grades = {step.family: step.grade for step in region.chain} if region else {}
    return [
        Violation("wrong_grade", f"{m.family} is {grades[m.family]}, not {m.grade}")
        for m in found
        if not m.denied and m.grade and m.family in grades and m.grade != grades[m.family]
    ]


def _check_global(text: str, ask: Ask, facts: PictureFacts) -> list[Violation]:
    """Sentence by sentence: what is said of one region must be true of it."""
    violations: list[Violation] = []
    asserted: set[str] = set()
    for sentence in _sentences(text):
        found = mentioned(sentence, facts.families, facts.names)
        asserted |= {mention.family for mention in found if not mention.denied}
        violations += _check_sentence(sentence, found, facts)
        violations += comparisons(sentence, ask, _regions_in(sentence, facts), facts)
        violations += against_grade(sentence, _owners(sentence, facts), facts)
    violations += rest_claims(text, facts, _told(text, facts))
    there = {step.family for region in facts.degraded for step in region.chain}
    return violations + [
        Violation("missing_distortion", f"{facts.families[family].noun} is not named")
        for family in sorted(there - asserted)
    ]


def _told(text: str, facts: PictureFacts) -> list[DegradedRegion]:
    """The degraded regions a text speaks of; those without a phrase are placed, not named."""
    said = named_in(text, facts.references.values())
    return [
        r for r in facts.degraded if facts.references.get(r.region_id, "") in ("", WHOLE, *said)
    ]


def _owners(sentence: str, facts: PictureFacts) -> list[DegradedRegion]:
    """The regions a sentence is about; all degraded ones where it names none."""
    return _regions_in(sentence, facts) or list(facts.degraded)


def _sentences(text: str) -> list[str]:
    return [part for part in text.replace("!", ".").replace("?", ".").split(".") if part.strip()]


def _check_sentence(sentence: str, found: list[Mention], facts: PictureFacts) -> list[Violation]:
    about = _regions_in(sentence, facts)
    owners = _owners(sentence, facts)
    own = {step.family for region in owners for step in region.chain}
    everywhere = {step.family for region in facts.degraded for step in region.chain}
    violations = []
    for mention in found:
        if not mention.denied and mention.family not in own:
            rule = "wrong_region" if mention.family in everywhere else "extra_distortion"
            noun = facts.families[mention.family].noun
            violations.append(Violation(rule, f"{noun} is not there: {sentence.strip()!r}"))
    violations += _sentence_grades(found, owners)
    if len(about) == 1:
        violations += _order(sentence, found, about[0].chain, facts)
    misplaced = contradicts_place(blanked(sentence, facts.names), owners, facts)
    if len(about) == 1:
        return violations + misplaced
    return violations + [v._replace(rule="unfounded_place") for v in misplaced if found]


def _sentence_grades(found: list[Mention], owners: list[DegradedRegion]) -> list[Violation]:
    """A grade must be that of some region the sentence can be about."""
    violations = []
    for mention in found:
        grades = {s.grade for r in owners for s in r.chain if s.family == mention.family}
        if mention.grade and not mention.denied and grades and mention.grade not in grades:
            expected = " or ".join(sorted(grades))
            detail = f"{mention.family} is {expected}, not {mention.grade}"
            violations.append(Violation("wrong_grade", detail))
    return violations


def _regions_in(sentence: str, facts: PictureFacts) -> list[DegradedRegion]:
    """Regions whose phrase stands in the sentence, those of longer phrases first."""
    owner = {facts.references.get(region.region_id, ""): region for region in facts.regions}
    return [owner[phrase] for phrase in named_in(sentence, owner)]
