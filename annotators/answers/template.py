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

from annotators.facts import Answer, Ask, PictureFacts, Violation
from annotators.language.phrases import (
    WHOLE,
    capitalised,
    joined,
    short_answer,
    spatial_part,
    step_phrase,
    with_article,
)
from annotators.language.positions import place_phrase
from annotators.questions.most_least import measured_change, worst_region
from schemas.boxes import Box
from schemas.families import Family
from schemas.records import DegradedRegion, Step
from schemas.streams import Stream

GRADES = {"mild": 1, "moderate": 2, "severe": 3}
# Grade times share of the picture above which the whole is called poor or uneven.
POOR, MIXED = 0.6, 0.12


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
        slots = {"region": self._name(region), "place": place}
        if not region.chain:
            return slots
        steps = [self._step(step) for step in region.chain]
        families = [self.facts.families[step.family] for step in region.chain]
        effects = [effects_of(self.stream, family) for family in families]
        # One step without a word may be the worst: then no word is said of the region.
        grades = [step.grade for step in region.chain if all(s.grade for s in region.chain)]
        worst = max(grades, key=lambda grade: GRADES[grade], default="")
        slots |= {
            "chain": self._chain(steps),
            "effect": effects[0][0],
            "effect2": effects[0][1] if len(steps) == 1 else effects[-1][0],
            "grade": pick(self.stream, "grade", worst) if worst else "",
            "first": steps[0],
            "second": steps[-1],
            "last": steps[-1],
        }
        return slots

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
        kind = "clean" if length == 0 else "pair" if self._in_order(self.ask.chain) else "degraded"
        return self._fill("local", kind, self._target())

    def grounding(self) -> Answer:
        target = self._target()
        spatial, semantic = spatial_part(target, self.facts), self._semantic(target)
        return Answer(f"{spatial} {semantic}", spatial, semantic)

    def _semantic(self, target: DegradedRegion) -> str:
        ask = self.ask
        if ask.sub_task == "hybrid_intensity":
            kind = ask.form if target.chain else "least_clean"
            return self._fill("grounding", kind, target)
        if ask.sub_task == "single_intensity":
            step = next(step for step in target.chain if step.family == ask.family)
            noun = self.facts.families[ask.family].noun
            region = self._name(target)
            more = {"noun": noun, "grade": step.grade, "step": self._step(step), "region": region}
            kind = f"single_{ask.form}" if step.grade else f"single_{ask.form}_ungraded"
            return self._fill("grounding", kind, None, **more)
        return self._order(target)

    def _order(self, target: DegradedRegion) -> str:
        steps = [self._step(step) for step in target.chain]
        rest = ""
        if len(steps) > 1:
            rest = f", and {steps[1]} followed" if self.ask.form == "first" else ""
            rest = f", after {steps[0]}" if self.ask.form == "last" else rest
        slots = {"first": steps[0], "second": steps[-1], "last": steps[-1], "rest": rest}
        region = self._name(target)
        return self._fill("grounding", f"order_{self.ask.form}", None, region=region, **slots)

    def whole(self) -> str:
        degraded = self.facts.degraded
        parts = [self._fill("global", f"verdict_{self._verdict()}", None)]
        if not degraded:
            return " ".join([*parts, self._fill("global", "clean", None)])
        uniform = self.facts.uniform
        if uniform:
            kind = "uniform_pair" if self._in_order(uniform.chain) else "uniform"
            text = self._fill("global", kind, uniform)
            grade = self._slots(uniform)["grade"].replace(" there", "")
            return " ".join([*parts, text, grade]).rstrip()
        ranked = sorted(degraded, key=measured_change, reverse=True)
        parts += [self._region_sentence(region) for region in ranked]
        parts += self._ending(ranked)
        return " ".join(parts)

    def _verdict(self) -> str:
        weights = [
            max(GRADES.get(step.grade, 2) for step in region.chain) * region.area_fraction
            for region in self.facts.degraded
        ]
        if not weights:
            return "clean"
        return "poor" if sum(weights) > POOR else "mixed" if sum(weights) > MIXED else "fair"

    def _region_sentence(self, region: DegradedRegion) -> str:
        placed = not self._name(region).endswith(f" {region.label_refined}")
        kind = "pair" if self._in_order(region.chain) else "region"
        return self._fill("global", f"{kind}_placed" if placed else kind, region)

    def _ending(self, ranked: Sequence[DegradedRegion]) -> list[str]:
        if self.facts.origin == "human":
            return []  # nobody said anything of the rest, nor which of several is worst
        clean = [r for r in self.facts.clean if r.region_id in self.facts.references]
        endings = []
        worst = worst_region(ranked)
        if worst is not None and worst.region_id in self.facts.references:
            name = self.facts.references[worst.region_id]
            endings.append(self._fill("global", "closing", None, region=name))
        if clean and self.stream.chance(0.5):
            name = self.facts.references[self.stream.choice(clean).region_id]
            endings.append(self._fill("global", "rest_named", None, region=name))
        else:
            endings.append(self._fill("global", "rest", None))
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


def effects_of(stream: Stream, family: Family) -> list[str]:
    """At least two different effect clauses of a family, in random order.

    A family of a plugin brings its own clauses; one that brings none, or a single one, is helped
    out by a clause that is true of any distortion.
    """
    known: list[str] = list(phrases()["effects"].get(family.name, family.effects))
    shuffled = stream.shuffled(known)
    return [*shuffled, "lowers the quality there", "disturbs the eye"][: max(2, len(shuffled))]
