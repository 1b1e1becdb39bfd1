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
from typing import Any, NamedTuple

from schemas.errors import ConfigError
from schemas.streams import Stream


class PoolRule(NamedTuple):
    """What the wordings of a pool must be.

    Args:
        slots: Slots that every wording has.
        polarity: ``most`` or ``least`` where the pool must say so, else empty.
        counts: Whether a wording may say how many distortions there are (``{count}``); with
            ``counted = true`` in the file every one must.
    """

    slots: tuple[str, ...] = ()
    polarity: str = ""
    counts: bool = False


POOLS: Mapping[str, PoolRule] = MappingProxyType(
    {
        "global_description": PoolRule(),
        "local_description": PoolRule(("region",)),
        "hybrid_most": PoolRule(polarity="most"),
        "hybrid_least": PoolRule(polarity="least"),
        "hybrid_least_degraded": PoolRule(polarity="least"),
        "single_most": PoolRule(("distortion",), "most"),
        "single_least": PoolRule(("distortion",), "least"),
        "order_pair": PoolRule(("first", "second")),
        "order_first": PoolRule(("first",)),
        "order_last": PoolRule(("last",)),
        "short_single": PoolRule(("region",)),
        "short_multi": PoolRule(("region",), counts=True),
        "long_single": PoolRule(("region",)),
        "long_multi": PoolRule(("region",), counts=True),
        "short_set": PoolRule(("region",), counts=True),
        "long_set": PoolRule(("region",), counts=True),
        "short_any": PoolRule(("region",)),
        "long_any": PoolRule(("region",)),
    }
)
"""Pool name, which says task, sub-task and form, to what its wordings must be."""

# For what people annotated; a file without them falls back on the built-in wordings.
OPTIONAL = frozenset(("short_set", "long_set"))
SHARED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        f"{length}_any": tuple(f"{length}_{form}" for form in ("single", "multi", "set"))
        for length in ("short", "long")
    }
)
"""Pools that do not give the number of distortions away, to those their wordings are added to; a
file without them adds none."""
_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six")
_SLOT = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Pools:
    """All pools by name; see ``pick``."""

    wordings: Mapping[str, tuple[str, ...]]
    origin: str

    def states_number(self, pool: str, index: int) -> bool:
        """Whether a referring wording says, or lets one know, how many distortions there are."""
        shared = [name for name, targets in SHARED.items() if pool in targets]
        return bool(shared) and self.wordings[pool][index] not in self.wordings[shared[0]]

    def pick(self, pool: str, stream: Stream, /, turn: int = 0, **slots: str) -> tuple[str, str]:
        """A filled wording and where it came from (``pool:index``).

        Args:
            pool: Pool name.
            stream: Draws the wording.
            turn: Steps on from the drawn one, so that turns 0, 1, ... differ.
            slots: A value for every slot.
        """
        choices = self.wordings[pool]
        index = (stream.below(len(choices)) + turn) % len(choices)
        text = choices[index].format(**slots)
        return text[:1].upper() + text[1:], f"{pool}:{index}"


def count_word(number: int) -> str:
    """``two``; digits beyond six."""
    return _NUMBERS[number] if number < len(_NUMBERS) else str(number)


@cache
def builtin_pools() -> Pools:
    """The wordings that come with the package."""
    text = files("annotators.questions").joinpath("pools.toml").read_text(encoding="utf-8")
    return load_pools(text, "pools.toml")


def load_pools(text: str, origin: str) -> Pools:
    """Read and check pools from TOML.

    Args:
        text: The file's text.
        origin: The file's name, for messages.

    Raises:
        ConfigError: Naming file, pool and line: not TOML, a pool missing or unknown, a polarity
            missing or wrong, no wording, a wording twice, a slot unknown or missing.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{origin}: not valid TOML: {error}") from None
    for name in raw:
        if name not in POOLS:
            line = pool_line(text, name)
            needed = ", ".join(POOLS)
            raise ConfigError(f"{origin}: unknown pool {name!r}, line {line}; needed: {needed}")
    for name in POOLS:
        if name not in raw and name not in OPTIONAL and name not in SHARED:
            raise ConfigError(f"{origin}: missing pool {name!r}; needed: {', '.join(POOLS)}")
    own = {name: _read_pool(name, raw[name], text, origin) for name in POOLS if name in raw}
    for shared, targets in SHARED.items():
        own.setdefault(shared, ())
        for name in targets:
            own[name] = (
                (*own[name], *own[shared]) if name in own else builtin_pools().wordings[name]
            )
    return Pools(MappingProxyType({name: own[name] for name in POOLS}), origin)


def _read_pool(name: str, raw: Any, text: str, origin: str) -> tuple[str, ...]:
    rule, where = POOLS[name], f"{origin}: pool {name!r}"
    problem = _table_problem(raw, rule)
    if problem:
        raise ConfigError(f"{where}, line {pool_line(text, name)}: {problem}")
    counted = ("count",) if raw.get("counted") else ()
    countable = ("count",) if rule.counts else ()
    seen: dict[str, int] = {}
    for index, question in enumerate(raw["questions"]):
        line = wording_line(text, name, index)
        problem = _problem(question, {*rule.slots, *counted}, {*rule.slots, *countable})
        plain = " ".join(str(question).casefold().split())
        if not problem and plain in seen:
            problem = f"the same question as in line {seen[plain]}: {question!r}"
        if problem:
            raise ConfigError(f"{where}, line {line}: {problem}")
        seen[plain] = line
    return tuple(raw["questions"])


def _table_problem(raw: Any, rule: PoolRule) -> str:
    """What is wrong with a pool beside its wordings."""
    if not isinstance(raw, dict) or not isinstance(raw.get("questions"), list):
        return "expected a table with a list 'questions'"
    allowed = ["questions", "slots"]
    allowed += ["polarity"] if rule.polarity else []
    allowed += ["counted"] if rule.counts else []
    for key in raw:
        if key not in allowed:
            return f"unknown key {key!r}; allowed: {', '.join(allowed)}"
    if rule.polarity and raw.get("polarity") != rule.polarity:
        got = f"got {raw['polarity']!r}" if "polarity" in raw else "it is missing"
        return f"polarity must be {rule.polarity!r}, {got}"
    if raw.get("slots", list(rule.slots)) != list(rule.slots):
        return f"slots must be {list(rule.slots)}, got {raw['slots']!r}"
    if not isinstance(raw.get("counted", False), bool):
        return f"counted must be true or false, got {raw['counted']!r}"
    return "" if raw["questions"] else "no question in it"


def wording_problem(pool: str, question: Any, counted: bool = False) -> str:
    """What is wrong with the slots of a wording; empty when nothing is.

    Args:
        pool: Its pool.
        question: The wording.
        counted: Whether it must say how many distortions there are.
    """
    rule = POOLS[pool]
    needed = {*rule.slots, *(("count",) if counted else ())}
    return _problem(question, needed, {*needed, *(("count",) if rule.counts else ())})


def _problem(question: Any, needed: set[str], allowed: set[str]) -> str:
    """What is wrong with a wording."""
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
    return f"slot {{{missing[0]}}} is missing in {question!r}" if missing else ""


_PIECE = re.compile(
    r'"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*'
    r"|[\[\]{},\n]|[^\s\[\]{},#\"']+",
    re.DOTALL,
)


def pool_line(text: str, pool: str) -> int:
    """Line, from 1, of the head of a pool; 1 when it is not found."""
    return _line(text, _head(text, pool)[0])


def wording_line(text: str, pool: str, index: int) -> int:
    """Line of the ``index``-th entry of a pool's list; the pool's line when it is not found."""
    start, after = _head(text, pool)
    questions = re.compile(r"^[ \t]*[\"']?questions[\"']?[ \t]*=\s*\[", re.MULTILINE)
    opening = questions.search(text, after)
    found = _entry(text, opening.end(), index) if opening else None
    return _line(text, start if found is None else found)


def _head(text: str, pool: str) -> tuple[int, int]:
    """Start and end of ``[pool]``, or of ``pool`` at the start of a line."""
    name = rf"[\"']?{re.escape(pool)}[\"']?"
    for pattern in (rf"^[ \t]*\[[ \t]*{name}[ \t]*\]", rf"^[ \t]*\[*{name}(?![\w-])"):
        found = re.search(pattern, text, re.MULTILINE)
        if found:
            return found.span()
    return 0, 0


def _entry(text: str, start: int, index: int) -> int | None:
    """Position of an entry of the list that opens just before ``start``."""
    depth = passed = 0
    for match in _PIECE.finditer(text, start):
        part = match.group()
        if part == "\n" or part.startswith("#"):
            continue
        if depth == 0 and part == ",":
            passed += 1
        elif passed == index:
            return match.start()
        depth += (part in ("[", "{")) - (part in ("]", "}"))
        if depth < 0:
            break
    return None


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
