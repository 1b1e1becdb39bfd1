"""Question pools: wordings as data, validated line by line.

Source: the tasks and pools of the dataset rules, sections 2 and 7; the wordings are our own.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from schemas.errors import ConfigError
from schemas.streams import Stream

POOLS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "global_description": (),
        "local_description": ("region",),
        "hybrid_most": (),
        "hybrid_least": (),
        "hybrid_least_degraded": (),
        "single_most": ("distortion",),
        "single_least": ("distortion",),
        "order_pair": ("first", "second"),
        "order_first": ("first",),
        "order_last": ("last",),
        "short_single": ("region",),
        "short_multi": ("region",),
        "long_single": ("region",),
        "long_multi": ("region",),
    }
)
"""Pool name to the slots every wording of it must have."""

COUNTED = ("short_multi", "long_multi")
"""Pools whose wordings may (with ``counted = true``: must) say how many distortions there are."""

NUMBERS = ("zero", "one", "two", "three", "four", "five", "six")
_SLOT = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Pools:
    """All pools by name; see ``pick``."""

    wordings: Mapping[str, tuple[str, ...]]
    origin: str

    def pick(self, pool: str, stream: Stream, **slots: str) -> tuple[str, str]:
        """A filled wording and where it came from (``pool:index``)."""
        index = stream.below(len(self.wordings[pool]))
        text = self.wordings[pool][index].format(**slots)
        return text[0].upper() + text[1:], f"{pool}:{index}"


@cache
def builtin_pools() -> Pools:
    """The wordings that come with the package."""
    text = files("annotators").joinpath("pools.toml").read_text(encoding="utf-8")
    return load_pools(text, "pools.toml")


def load_pools(text: str, origin: str) -> Pools:
    """Read and check pools from TOML.

    Raises:
        ConfigError: Naming file, pool and line: not TOML, a pool missing or unknown, no wording,
            a wording twice, a slot unknown or missing.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{origin}: not valid TOML: {error}") from None
    for name in [*raw, *POOLS]:
        if name not in POOLS or name not in raw:
            problem = "unknown pool" if name not in POOLS else "missing pool"
            raise ConfigError(f"{origin}: {problem} {name!r}; needed: {', '.join(POOLS)}")
    wordings = {name: _read_pool(name, raw[name], text, origin) for name in POOLS}
    return Pools(MappingProxyType(wordings), origin)


def _read_pool(name: str, raw: Any, text: str, origin: str) -> tuple[str, ...]:
    where = f"{origin}: pool {name!r}"
    if not isinstance(raw, dict) or not isinstance(raw.get("questions"), list):
        raise ConfigError(f"{where}: expected a table with a list 'questions'")
    for key in raw.keys() - {"questions", "slots", "counted"}:
        raise ConfigError(f"{where}: unknown key {key!r}; allowed: questions, slots, counted")
    if tuple(raw.get("slots", POOLS[name])) != POOLS[name]:
        raise ConfigError(f"{where}: slots must be {list(POOLS[name])}, got {raw['slots']}")
    questions = raw["questions"]
    if not questions:
        raise ConfigError(f"{where}: no question in it")
    needed = {*POOLS[name], *(("count",) if raw.get("counted") else ())}
    allowed = {*POOLS[name], *(("count",) if name in COUNTED else ())}
    for index, question in enumerate(questions):
        problem = _problem(question, needed, allowed, questions[:index])
        if problem:
            raise ConfigError(f"{where}, line {_line_of(text, name, question)}: {problem}")
    return tuple(questions)


def _problem(question: Any, needed: set[str], allowed: set[str], earlier: list[Any]) -> str:
    if not isinstance(question, str) or not question.strip():
        return f"expected a text, got {question!r}"
    slots = _SLOT.findall(question)
    rest = _SLOT.sub("", question)
    if "{" in rest or "}" in rest:
        return f"stray brace in {question!r}"
    for slot in slots:
        if slot not in allowed:
            known = ", ".join(sorted(allowed)) or "none"
            return f"unknown slot {{{slot}}}; allowed: {known}"
    missing = sorted(needed - set(slots))
    if missing:
        return f"slot {{{missing[0]}}} is missing in {question!r}"
    return f"the same question twice: {question!r}" if question in earlier else ""


def _line_of(text: str, pool: str, question: Any) -> int:
    """Line of a wording in the file, for the message; the pool's line when it is not found."""
    lines = text.splitlines()
    start = next((i for i, line in enumerate(lines) if line.strip() == f"[{pool}]"), 0)
    found = [i for i, line in enumerate(lines) if i >= start and str(question) in line]
    return (found[-1 if len(found) > 1 else 0] if found else start) + 1
