"""Words of GIQA questions and answers: what a family is called in them, and what may be asked.

The file beside this one holds them; a family of a plugin is called by its noun.
"""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, NamedTuple

from annotators.facts import PictureFacts
from annotators.language.grid import encoded, shares
from annotators.language.mentions import mentioned, named_in
from schemas.families import Family
from schemas.records import DegradedRegion, Step
from schemas.streams import Stream

GRADES = ("", "mild", "moderate", "severe")


class Quality(NamedTuple):
    """How questions speak of a family.

    Args:
        flaw: "blurred"; follows "did ... come out".
        fine: "clear"; the same without the flaw.
        aspect: What "how" asks for; empty where nothing is asked.
        levels: Answers to it: clean, mild, moderate, severe.
        unlike: Families that it is never asked against.
    """

    flaw: str
    fine: str
    aspect: str = ""
    levels: tuple[str, ...] = ()
    unlike: frozenset[str] = frozenset()


@cache
def table() -> Mapping[str, Any]:
    """The whole file as nested dicts."""
    text = files("annotators.questions").joinpath("giqa.toml").read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(text))


def quality_of(family: Family) -> Quality:
    """The words for a family."""
    found = table()["families"].get(family.name)
    if found and not named_in(found["flaw"], (family.noun, *family.aliases)):
        found = table()["otherwise"].get(family.name)  # its word is another family's here
    if found is None:
        return Quality(f"spoilt by {family.noun}", f"free of {family.noun}")
    return Quality(
        found["flaw"],
        found["fine"],
        found["aspect"],
        tuple(found["levels"]),
        frozenset(found.get("unlike", ())),
    )


def confusable(one: str, other: str, families: Mapping[str, Family]) -> bool:
    """Whether a viewer may take one family for the other, so that neither is asked against it."""
    return other in _unlike(families[one]) or one in _unlike(families[other])


def _unlike(family: Family) -> frozenset[str]:
    return quality_of(family).unlike | frozenset(family.unlike)


def picked(stream: Stream, name: str) -> str:
    """One of the texts of this name."""
    texts: list[str] = table()["texts"][name]
    return stream.choice(texts)


def worded(stream: Stream, pool: str, **slots: str) -> tuple[str, str]:
    """A filled wording, and where it came from (``pool:index``)."""
    choices: Sequence[str] = table()["wordings"][pool]
    index = stream.below(len(choices))
    text = choices[index].format(**slots)
    return text[:1].upper() + text[1:], f"{pool}:{index}"


def name_of(region: DegradedRegion, facts: PictureFacts) -> str:
    """The name in brackets: the phrase for a region without its article."""
    return facts.references[region.region_id].removeprefix("the ")


def cells_of(region: DegradedRegion, facts: PictureFacts) -> tuple[int, int]:
    """The cells of the corners of a region's box."""
    return encoded(shares(region.box, facts.width, facts.height))


def mention(region: DegradedRegion, facts: PictureFacts) -> str:
    """``[tower](<35, 319>)``."""
    first, last = cells_of(region, facts)
    return f"[{name_of(region, facts)}](<{first}, {last}>)"


def effect_of(step: Step, facts: PictureFacts, stream: Stream) -> str:
    """What a distortion does: "smears the texture"."""
    return stream.choice(facts.families[step.family].effects or ("lowers the quality",))


def level_of(step: Step, facts: PictureFacts) -> str:
    """The answer to "how": "Severely blurred."."""
    return quality_of(facts.families[step.family]).levels[GRADES.index(step.grade)]


def fill_of(region: DegradedRegion, facts: PictureFacts) -> float:
    """Share of its box that a region fills."""
    x0, y0, x1, y1 = region.box
    return region.area_fraction * facts.width * facts.height / max(1, (x1 - x0) * (y1 - y0))


class Asked(NamedTuple):
    """The quality that a question is about.

    Args:
        families: Those whose flaw or absence of flaw is named.
        flawed: Whether the flaw is named, not its absence.
    """

    families: frozenset[str]
    flawed: bool


def asked_quality(text: str, families: Mapping[str, Family]) -> Asked | None:
    """What a question asks, read off its words; ``None`` where it names no quality.

    Args:
        text: The question without its regions' names.
        families: Family name to its words.
    """
    flaws = {name for name, f in families.items() if named_in(text, [quality_of(f).flaw])}
    if flaws:
        return Asked(frozenset(flaws), True)
    fine = {name for name, f in families.items() if named_in(text, [quality_of(f).fine])}
    if fine:
        longest = max(len(quality_of(families[name]).fine) for name in fine)
        same = {name for name in fine if len(quality_of(families[name]).fine) == longest}
        return Asked(frozenset(same), False)
    named = {one.family for one in mentioned(text, families)}
    return Asked(frozenset(named), True) if named else None
