"""A model proposes formats of questions, then wordings in them; each is checked before it counts.

Source: the paper's first step of its annotation road, in which a language model drafts the formats
and wordings of questions that are later filled for each picture.
"""

import json
import tomllib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from annotators.chat.prompts import filled
from annotators.chat.protocol import ChatRequest, Connection
from annotators.questions.pools import POOLS
from schemas.errors import AnnotationError
from schemas.streams import derive_key

MOST_WORDS = 30
LONGEST = 240
"""Characters of a wording."""
TOKENS_EACH = 60
MOST_AT_ONCE = 12
PLAIN = (
    ("direct question", "asks straight away and ends with a question mark"),
    ("instruction", "begins with a verb: find, name, describe"),
    ("polite request", "begins with please, could you or would you"),
)
"""Formats where the model proposes none."""


class Format(NamedTuple):
    """A way to build a question."""

    name: str
    how: str


class Refused(NamedTuple):
    """A wording that was not taken, and why."""

    text: str
    reason: str


@dataclass
class Draft:
    """What came of one pool.

    Args:
        pool: Its name.
        taken: Wordings to the name of their format, in the order they were taken.
        refused: The others.
        failed: Replies that were none, by reason.
    """

    pool: str
    taken: dict[str, str] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)


Flaw = Callable[[str, str, Sequence[str]], str]
"""Pool, wording and what is taken to a reason against it, empty for none."""


def propose_formats(line: Connection, number: int, seed: int) -> tuple[Format, ...]:
    """Formats in the model's words; plain ones where its reply holds none."""
    request = ChatRequest(
        [{"role": "user", "content": filled("draft_formats", number=number)}],
        _schema("formats", ("name", "how"), number),
        max_tokens=TOKENS_EACH * number,
        temperature=0.8,
        seed=_seed(seed, "formats", 0),
    )
    try:
        found = _items(line.complete(request).text, "formats", ("name", "how"))
    except (ValueError, AnnotationError):
        found = []
    named = {name.lower()[:40]: Format(name.lower()[:40], how[:160]) for name, how in found}
    return tuple(named.values()) or tuple(Format(*one) for one in PLAIN)


def draft_pool(
    pool: str,
    line: Connection,
    formats: Sequence[Format],
    wanted: int,
    rounds: int,
    seed: int,
    flaw: Flaw,
) -> Draft:
    """Ask for wordings of a pool until there are enough, or for so many rounds.

    Args:
        pool: Its name.
        line: To the model.
        formats: Ways to build a question.
        wanted: Wordings to have.
        rounds: Requests at most.
        seed: Of the model's draws.
        flaw: The check.

    Raises:
        EndpointError: Nobody answers.
    """
    made = Draft(pool)
    for number in range(rounds):
        if len(made.taken) >= wanted:
            break
        request = _request(pool, formats, wanted - len(made.taken), made, _seed(seed, pool, number))
        try:
            found = _items(line.complete(request).text, "wordings", ("format", "text"))
        except AnnotationError as error:
            made.failed[error.reason] += 1
            continue
        except ValueError:
            made.failed["no_list"] += 1
            continue
        for form, raw in found:
            text = " ".join(raw.split())
            why = flaw(pool, text, list(made.taken))
            if why:
                made.refused.append(Refused(text, why))
            elif len(made.taken) < wanted:
                made.taken[text] = form.lower()[:40]
    return made


def _request(
    pool: str, formats: Sequence[Format], missing: int, made: Draft, seed: int
) -> ChatRequest:
    number = min(MOST_AT_ONCE, 2 * missing)
    slots = [f"{{{slot}}}" for slot in POOLS[pool].slots]
    slots += ["{count}"] if pool.endswith(("_multi", "_set")) else []
    refused = [f'- not "{one.text[:120]}" ({one.reason})' for one in made.refused[-6:]]
    known = [f'- not "{text}" (there already)' for text in list(made.taken)[-6:]]
    again = "\n".join(["\n\nSome were proposed before:", *known, *refused])
    content = filled(
        "draft_wordings",
        number=number,
        asks=purposes()[pool],
        formats="\n".join(f"- {one.name}: {one.how}" for one in formats),
        rules=f"- It must be plain that each {purposes()[pool]}.",
        words=MOST_WORDS,
        slots=" and ".join(slots) or "no slot",
        again=again if known or refused else "",
    )
    return ChatRequest(
        [{"role": "user", "content": content}],
        _schema("wordings", ("format", "text"), number),
        max_tokens=TOKENS_EACH * number,
        temperature=0.8,
        seed=seed,
    )


@cache
def purposes() -> Mapping[str, str]:
    """Pool to what its questions ask."""
    text = files("annotators.answers").joinpath("drafting.toml").read_text(encoding="utf-8")
    found: Mapping[str, str] = tomllib.loads(text)
    return found


def _seed(seed: int, purpose: str, number: int) -> int:
    return derive_key(seed, "draft", purpose, number) % 2**31


def _schema(key: str, names: tuple[str, str], most: int) -> dict[str, Any]:
    text = {"type": "string", "minLength": 1, "maxLength": LONGEST}
    item = {
        "type": "object",
        "properties": dict.fromkeys(names, text),
        "required": list(names),
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {key: {"type": "array", "items": item, "minItems": 1, "maxItems": most}},
        "required": [key],
        "additionalProperties": False,
    }


def _items(text: str, key: str, names: tuple[str, str]) -> list[tuple[str, str]]:
    """The pairs of texts in a reply; whatever else stands in its list is passed over.

    Raises:
        ValueError: There is no list in it.
    """
    try:
        found = json.loads(text)[key]
    except (LookupError, TypeError, RecursionError):
        raise ValueError(f"no list {key!r}") from None
    if not isinstance(found, list):
        raise ValueError(f"no list {key!r}")
    pairs = []
    for item in found[: 4 * MOST_AT_ONCE]:
        values = [item.get(name) for name in names] if isinstance(item, dict) else []
        if len(values) == 2 and all(isinstance(v, str) and v.strip() for v in values):
            pairs.append((str(values[0]).strip(), str(values[1]).strip()[: LONGEST + 1]))
    return pairs
