"""The template writer: a deterministic grammar over the facts, varied by the keyed stream.

It needs no model and no network, so the pipeline runs anywhere. It says nothing that is not in
the facts, and its texts pass the same fact check as a model's.
"""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from annotators.answers.verdict import grade_of, verdict_of, weight
from annotators.facts import Answer, Ask, PictureFacts, Violation
from annotators.language.mentions import mentioned
from annotators.language.phrases import (
    WHOLE,
    capitalised,
    joined,
    short_answer,
    spatial_part,
    step_phrase,
    with_article,
)
from annotators.language.positions import PLACE_WORDS, place_phrase
from annotators.language.prepositions import on_or_in
from annotators.questions.most_least import worst_region
from annotators.questions.tasks import family_of
from schemas.boxes import Box
from schemas.families import Family
from schemas.records import DegradedRegion, Step
from schemas.streams import Stream


class TemplateWriter:
    """Implements ``annotators.facts.Writer``."""

    name = "template"

    def __init__(self) -> None:
        self.version = f"template-{phrases()['version']}"

    def write(
        self,
        ask: Ask,
        facts: PictureFacts,
        stream: Stream,
        attempt: int,
        broken: Sequence[Violation] = (),
    ) -> Answer:
        """An answer from the facts; later attempts draw further on the same stream."""
        family = family_of(ask.task)
        if family is not None:
            return family.write(ask, facts, stream)
        text = _Draft(ask, facts, stream)
        if ask.task == "grounding":
            return text.grounding()
        makers: dict[tuple[str, str], Callable[[], str]] = {
            ("global_description", ""): text.whole,
            ("local_description", ""): text.local,
            ("referring", "short"): text.short,
            ("referring", "long"): text.long,
        }
        return Answer(makers[ask.task, ask.sub_task]())


class _Draft:
    """One answer in the making."""

    def __init__(self, ask: Ask, facts: PictureFacts, stream: Stream) -> None:
        self.ask, self.facts, self.stream = ask, facts, stream

    def _fill(self, section: str, name: str, target: DegradedRegion | None, /, **more: str) -> str:
        slots = dict(more)
        if target is not None:
            slots |= self._slots(target)
        capitals = {capitalised(key): capitalised(value) for key, value in slots.items()}
        text = pick(self.stream, section, name).format(**slots, **capitals)
        return capitalised(" ".join(text.split())).replace(" ,", ",").replace(" ;", ";")

    def _slots(self, region: DegradedRegion) -> dict[str, str]:
        place = place_phrase(Box(*region.box), self.facts.width, self.facts.height)
        slots = self._called(region) | {"place": place}
        if not region.chain:
            return slots
        steps = [self._step(step) for step in region.chain]
        families = [self.facts.families[step.family] for step in region.chain]
        effects = [effects_of(self.stream, family, self.facts.families) for family in families]
        grade = grade_of(region)
        slots |= {
            "chain": self._chain(steps),
            "effect": effects[0][0],
            "effect2": effects[0][1] if len(steps) == 1 else effects[-1][0],
            "grade": pick(self.stream, "grade", grade) if grade else "",
            "first": steps[0],
            "second": steps[-1],
            "last": steps[-1],
        }
        return slots

    def _called(self, region: DegradedRegion) -> dict[str, str]:
        name = self._name(region)
        return {"region": name, "on": on_or_in(name)}

    def _name(self, region: DegradedRegion) -> str:
        if region.region_id in self.facts.references:
            return self.facts.references[region.region_id]
        return WHOLE if region.role == "whole" else with_article(region.label_refined)

    def _step(self, step: Step) -> str:
        return step_phrase(step, self.facts.families[step.family])

    def _chain(self, steps: Sequence[str]) -> str:
        if len(steps) == 1 or self.facts.origin == "human":
            # one mix, so that the verbs after it need not know how many there are
            return steps[0] if len(steps) == 1 else f"a mix of {joined(steps)}"
        if len(steps) > 2:
            return ", followed by ".join(steps)
        return pick(self.stream, "chain", "pair").format(first=steps[0], second=steps[1])

    def _in_order(self, chain: Sequence[Step]) -> bool:
        """Whether a text may say which of two came first."""
        return len(chain) == 2 and self.facts.origin == "synthetic"

    def _target(self) -> DegradedRegion:
        if self.ask.target is None:
            raise ValueError(f"{self.ask.task}: a question about a region without a region")
        return self.ask.target

    def short(self) -> str:
        return short_answer(self.ask.chain, self.facts)

    def long(self) -> str:
        kind = "pair" if self._in_order(self.ask.chain) else "single"
        return self._fill("long", kind, self._target())

    def local(self) -> str:
        length = len(self.ask.chain)
        kind = "pair" if self._in_order(self.ask.chain) else "degraded"
        if length == 0:
            kind = self._vouched("clean")
            if not self.facts.vouched and self.facts.degraded and self.stream.chance(0.5):
                kind = "spared"
        return self._fill("local", kind, self._target())

    def grounding(self) -> Answer:
        target = self._target()
        spatial, semantic = spatial_part(target, self.facts), self._semantic(target)
        return Answer(f"{spatial} {semantic}", spatial, semantic)

    def _semantic(self, target: DegradedRegion) -> str:
        ask = self.ask
        if ask.sub_task == "hybrid_intensity":
            return self._fill("grounding", self._ranked(target), target)
        if ask.sub_task == "single_intensity":
            step = next(step for step in target.chain if step.family == ask.family)
            kind = f"single_{ask.form}_{step.grade}" if step.grade else f"single_{ask.form}"
            noun = self.facts.families[ask.family].noun
            more = {"noun": noun, "grade": step.grade, "step": self._step(step)}
            return self._fill("grounding", kind, None, **self._called(target), **more)
        return self._order(target)

    def _ranked(self, target: DegradedRegion) -> str:
        """Words for the most or the least degraded that suit how bad it is."""
        if not target.chain:
            return "least_clean"
        end = {"most": "mild", "least": "severe"}[self.ask.form]
        return f"{self.ask.form}_{end}" if grade_of(target) == end else self.ask.form

    def _order(self, target: DegradedRegion) -> str:
        steps = [self._step(step) for step in target.chain]
        rest = ""
        if len(steps) > 1:
            rest = f", and {steps[1]} followed" if self.ask.form == "first" else ""
            rest = f", after {steps[0]}" if self.ask.form == "last" else rest
        slots = {"first": steps[0], "second": steps[-1], "last": steps[-1], "rest": rest}
        # The spatial part has said "The whole image." already.
        kind = f"order_{self.ask.form}{'_whole' if target.role == 'whole' else ''}"
        return self._fill("grounding", kind, None, **self._called(target), **slots)

    def whole(self) -> str:
        degraded, uniform = self.facts.degraded, self.facts.uniform
        if not degraded:
            kinds = (self._vouched("verdict_clean"), self._vouched("clean"))
            return " ".join(self._fill("global", kind, None) for kind in kinds)
        if uniform:
            grade = grade_of(uniform)
            kind = "uniform_pair" if self._in_order(uniform.chain) else "uniform"
            verdict = self._fill("global", f"verdict_whole_{grade}".rstrip("_"), None)
            parts = [verdict, self._fill("global", kind, uniform)]
            return " ".join([*parts, *([pick(self.stream, "grade_whole", grade)] if grade else [])])
        ranked = sorted(degraded, key=weight, reverse=True)
        parts = [self._fill("global", f"verdict_{verdict_of(degraded)}", None)]
        parts += [self._region_sentence(region) for region in ranked]
        return " ".join([*parts, *self._ending()])

    def _vouched(self, name: str) -> str:
        """A claim of cleanness, or what may be said where nobody vouches for it."""
        return name if self.facts.vouched else f"{name}_looked_for"

    def _region_sentence(self, region: DegradedRegion) -> str:
        placed = bool(PLACE_WORDS & set(self._name(region).split()))
        kind = "pair" if self._in_order(region.chain) else "region"
        return self._fill("global", f"{kind}_placed" if placed else kind, region)

    def _ending(self) -> list[str]:
        clean = [r for r in self.facts.clean if r.region_id in self.facts.references]
        endings = []
        worst = worst_region(self.facts.degraded)
        if worst is not None and worst.region_id in self.facts.references:
            endings.append(self._fill("global", "closing", None, **self._called(worst)))
        if self.facts.origin == "human":  # silence about the rest is no praise
            return endings
        if clean and self.stream.chance(0.5):
            kind, one = self._vouched("rest_named"), self._called(self.stream.choice(clean))
            endings.append(self._fill("global", kind, None, **one))
        else:
            endings.append(self._fill("global", self._vouched("rest"), None))
        return endings


@cache
def phrases() -> Mapping[str, Any]:
    """The whole file as nested dicts."""
    text = files("annotators.answers").joinpath("phrases.toml").read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(text))


def pick(stream: Stream, section: str, name: str) -> str:
    """One of the patterns under ``[section] name``."""
    patterns: list[str] = phrases()[section][name]
    return stream.choice(patterns)


def effects_of(stream: Stream, family: Family, families: Mapping[str, Family]) -> list[str]:
    """At least two different effect clauses of a family, in random order.

    A family of a plugin brings its own clauses; one that brings none, or a single one, is helped
    out by a clause that is true of any distortion. A clause that names another family of the run
    ("ringing" of compression) is left out, for it would say that this is there, too.
    """
    clauses: list[str] = phrases()["effects"].get(family.name, family.effects)
    known = [clause for clause in clauses if not mentioned(clause, families)]
    shuffled = stream.shuffled(known)
    return [*shuffled, "lowers the quality", "disturbs the eye"][: max(2, len(shuffled))]
