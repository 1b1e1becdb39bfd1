"""The wordings of the ViDA-shaped questions."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from schemas.streams import Stream

FILE = Path(__file__).with_name("wordings.toml")
PREFIX = "vida."
"""What the names of these pools begin with in a row's ``pool``."""


@cache
def wordings() -> Mapping[str, tuple[str, ...]]:
    """Pool to its wordings."""
    table = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {name: tuple(pool["questions"]) for name, pool in table.items()}


def worded(pool: str, stream: Stream, **slots: str) -> tuple[str, str]:
    """A drawn wording with its slots filled, and where it stands: ``vida.pool:index``."""
    index = stream.below(len(wordings()[pool]))
    return wordings()[pool][index].format(**slots), f"{PREFIX}{pool}:{index}"


def reworded(question: str, origin: str, stream: Stream) -> tuple[str, str]:
    """The same question in another drawn wording of its pool.

    What does not stand there as it was written, because somebody changed it, comes back as it is.

    Args:
        question: Its first line is the wording; options and the like may follow.
        origin: ``vida.pool:index``.
        stream: Of this row.
    """
    found = filled(question, origin)
    if found is None:
        return question, origin
    line, slots = found
    wording, place = worded(origin.removeprefix(PREFIX).partition(":")[0], stream, **slots)
    return question.replace(line, wording, 1), place


def filled(question: str, origin: str) -> tuple[str, dict[str, str]] | None:
    """The line of a question that is a wording, and what fills its slots; ``None`` without one."""
    pool, _, index = origin.removeprefix(PREFIX).partition(":")
    known = wordings().get(pool, ())
    if not origin.startswith(PREFIX) or not index.isdigit() or int(index) >= len(known):
        return None
    for line in question.split("\n"):
        slots = _slots(known[int(index)], line)
        if slots is not None:
            return line, slots
    return None


def _slots(wording: str, line: str) -> dict[str, str] | None:
    """What fills the slots of a wording in a line; ``None`` where the line is not of it."""
    names = re.findall(r"{(\w+)}", wording)
    pattern = re.escape(wording)
    for name in names:
        pattern = pattern.replace(re.escape(f"{{{name}}}"), f"(?P<{name}>.+?)")
    match = re.fullmatch(pattern, line)
    return match.groupdict() if match else None
