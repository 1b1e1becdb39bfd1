"""The template writer's raw material, read once from ``phrases.toml``."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from schemas.families import Family
from schemas.streams import Stream


@cache
def phrases() -> Mapping[str, Any]:
    """The whole file as nested dicts."""
    text = files("annotators").joinpath("phrases.toml").read_text(encoding="utf-8")
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
