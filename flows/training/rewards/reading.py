"""What a completion says: boxes with classes and severities, a chain, an option, a level, a point.

A trainer decodes completions without special tokens, so the boxes of ViDA-shaped answers are read
with and without theirs. What stands in ``<answer>`` or behind ``</think>`` is the answer.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from annotators.language.mentions import mentioned
from annotators.language.notation import Size, parse
from annotators.questions.vida.syntax import CLOSING, SCALE, Found, split_words
from annotators.questions.vida.vocabulary import Vocabulary, read_vocabulary
from distortions.registry import families_among
from schemas.errors import ConfigError

_TOKENS = re.compile(r"<\|(?:object_ref|box)_(?:start|end)\|>|<\|im_end\|>|<\|endoftext\|>")
_BOX = re.compile(r"\((\d{1,6}),\s*(\d{1,6})\),\s*\((\d{1,6}),\s*(\d{1,6})\)")
_POINT = re.compile(r"\(\s*(\d{1,6}(?:\.\d{1,6})?)\s*,\s*(\d{1,6}(?:\.\d{1,6})?)\s*\)")
_ANSWER = re.compile(r"<answer>(.*?)</answer>", re.DOTALL | re.IGNORECASE)
_OPTION = re.compile(r"\(?([A-Z])\)?(?:[.:)]\s*(.*))?", re.DOTALL)
_LONGEST_NAME = 6
"""Words that the longest name of a class may have, with its severity."""


class Boxes(NamedTuple):
    """The boxes of a text.

    Args:
        found: Each with class and severity, empty where the text gives none.
        malformed: How many cannot be boxes: outside of the picture, or without area.
    """

    found: tuple[Found, ...]
    malformed: int


class Named(NamedTuple):
    """A family that a text says is there, and its grade, empty where the text gives none."""

    family: str
    grade: str


def answer_of(completion: str) -> str:
    """The answer in a completion, without reasoning and tokens of turns."""
    if held := _ANSWER.findall(completion):
        completion = held[-1]
    return completion.rpartition("</think>")[2].strip()


def read_boxes(text: str, size: Size) -> Boxes:
    """Every box of a text in thousandths, the same class, severity and box once.

    Args:
        text: Any text.
        size: Of the picture, pixels; the notations of some models need it.
    """
    vocabulary = read_vocabulary()
    plain = _TOKENS.sub("", text)
    found: list[Found] = []
    malformed, end, label = 0, 0, ("", "")
    for match in _BOX.finditer(plain):
        between = plain[end : match.start()]
        label = _label(between, vocabulary) if re.search(r"\w", between) else label
        end = match.end()
        x0, y0, x1, y1 = map(int, match.groups())
        if x0 < x1 <= SCALE and y0 < y1 <= SCALE:
            found.append(Found(label[1], label[0], (x0, y0, x1, y1)))
        else:
            malformed += 1
    others = _other_notations(text, size)
    return Boxes(tuple(dict.fromkeys([*found, *others.found])), malformed + others.malformed)


def _label(between: str, vocabulary: Vocabulary) -> tuple[str, str]:
    """Severity and class at the end of what stands before a box."""
    clause = re.split(r"[.:;,\n]", between.rstrip())[-1]
    words = clause.split()[-_LONGEST_NAME:]
    for start in range(len(words)):
        severity, name = split_words(" ".join(words[start:]), vocabulary)
        if vocabulary.known(name) is not None:
            return severity, name
    return split_words(" ".join(words), vocabulary)


def _other_notations(text: str, size: Size) -> Boxes:
    found, malformed = [], 0
    for notation in ("grid20", "float3", "qwen25vl", "internvl"):
        try:
            parsed = parse(text, notation, size)
        except (ConfigError, ValueError, RecursionError):  # a label that is no JSON text
            malformed += 1
            continue
        malformed += parsed.malformed
        for cited in parsed.cited:
            for box in cited.boxes:
                x0, y0, x1, y1 = (round(SCALE * side) for side in box)
                found.append(Found(cited.name, "", (x0, y0, x1, y1)))
    return Boxes(tuple(found), malformed)


def read_chain(text: str, names: Sequence[str], beyond: Sequence[str] = ()) -> tuple[Named, ...]:
    """The families that a text says are there, in its order, each once.

    Args:
        text: Any text.
        names: Phrases in it that are names of regions and no claims.
        beyond: Families beyond the published twelve that it may name.
    """
    found: dict[str, str] = {}
    for mention in mentioned(text, _families(tuple(beyond)), names):
        if not mention.denied:
            found[mention.family] = found.get(mention.family) or mention.grade or ""
    return tuple(Named(family, grade) for family, grade in found.items())


_families = cache(families_among)


def read_option(text: str) -> tuple[str, str] | None:
    """Letter and, where it is written out, text of an option; ``None`` for anything else."""
    match = _OPTION.fullmatch(text.strip())
    return (match[1], plain_answer(match[2] or "")) if match else None


def plain_answer(text: str) -> str:
    """A short answer in lower case, one blank between words, without a full stop."""
    return " ".join(text.lower().split()).rstrip(".").strip()


def read_levels(text: str) -> list[str]:
    """The levels that sentences in the form of a description's last line state."""
    known = {level.name for level in read_vocabulary().levels}
    opening = re.escape(CLOSING.format(level=""))
    return [word for word in re.findall(rf"{opening}(\w+)", text.lower()) if word in known]


def read_points(text: str) -> list[tuple[float, float]]:
    """Every ``(x, y)`` of a text, in thousandths."""
    return [(float(x), float(y)) for x, y in _POINT.findall(text)]
