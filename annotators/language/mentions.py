"""Which distortions a text names, how strongly, and whether it denies them.

Used by the fact check on every answer, and by any judge that has to read answers.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import NamedTuple

from schemas.families import Family

GRADE_WORDS: Mapping[str, str] = {
    "mild": "mild",
    "mildly": "mild",
    "slight": "mild",
    "slightly": "mild",
    "light": "mild",
    "lightly": "mild",
    "minor": "mild",
    "faint": "mild",
    "faintly": "mild",
    "subtle": "mild",
    "weak": "mild",
    "moderate": "moderate",
    "moderately": "moderate",
    "medium": "moderate",
    "noticeable": "moderate",
    "noticeably": "moderate",
    "severe": "severe",
    "severely": "severe",
    "strong": "severe",
    "strongly": "severe",
    "heavy": "severe",
    "heavily": "severe",
    "serious": "severe",
    "seriously": "severe",
    "intense": "severe",
    "extreme": "severe",
    "extremely": "severe",
}
"""Words for the three grades; what is not listed says nothing about the grade."""

_FILLERS = r"(?:amount|amounts|degree|level|layer|touch|dose|case|form|of|visible|overall|colour)"
_GRADE = rf"({'|'.join(sorted(GRADE_WORDS, key=len, reverse=True))})"
_BEFORE = re.compile(rf"\b{_GRADE}(?:\s+{_FILLERS}){{0,3}}\s+$")
_AFTER = re.compile(
    r"^,?\s+(?:that |which )?(?:is|are|looks?|appears?|seems?)\s+"
    rf"(?:rather |quite |only |very |clearly )?{_GRADE}\b"
)
_DENIAL = re.compile(
    r"\b(?:no|not|never|without|free (?:of|from)|lacks?|lacking|neither|nor|absence of|"
    r"isn't|aren't|doesn't|don't|hardly any|spared)\b(?! only| just| longer| other| matter)"
)
# A denial reaches to the end of its clause; "but" and the like begin a new one.
_CLAUSE = re.compile(
    r"[.;:!?]|\b(?:but|however|although|though|while|whereas|yet|instead|except|because|then|"
    r"where|when|followed by)\b"
)
# Words a denial reaches over: "free of blur, visible noise and banding".
_REACH = 5
_AND_ASSERTS = re.compile(
    r",\s+(?:and\s+)?(?:it|there|this|which|with|one)\b"
    r"|\band (?:it|there|shows?|has|have|suffers)\b"
)


class Mention(NamedTuple):
    """A distortion named in a text.

    Args:
        family: Which one.
        grade: mild, moderate, severe, or ``None`` when the text does not say.
        denied: Whether the text says that it is not there.
        start: First character.
        end: Just behind the last character.
    """

    family: str
    grade: str | None
    denied: bool
    start: int
    end: int


def mentioned(
    text: str, families: Mapping[str, Family], ignore: Iterable[str] = ()
) -> list[Mention]:
    """Every mention in the order of the text.

    Args:
        text: Free text.
        families: The families that exist, with their words.
        ignore: Phrases that are names, not claims (a region called "grainy sand").
    """
    plain = blanked(text, ignore).lower()
    pattern, owner = _lexicon(tuple(families.values()))
    found: list[Mention] = []
    for match in pattern.finditer(plain):
        start, end = match.span()
        floor = found[-1].end if found else 0
        grade = _grade(plain, floor, start, end)
        family = owner[_normal(match.group())]
        found.append(Mention(family, grade, _denied(plain, start), start, end))
    return found


def blanked(text: str, phrases: Iterable[str]) -> str:
    """The text with phrases replaced by as many underscores, longest first."""
    return _found(text, phrases)[0]


def named_in(text: str, phrases: Iterable[str]) -> list[str]:
    """Which phrases stand in the text as whole words, longest first.

    What belongs to a longer phrase is no shorter one: "the carpet" and "the car door" do not
    name "the car".
    """
    return _found(text, phrases)[1]


def _found(text: str, phrases: Iterable[str]) -> tuple[str, list[str]]:
    found = []
    for phrase in sorted(set(phrases) - {""}, key=lambda phrase: (-len(phrase), phrase)):
        pattern = re.compile(rf"(?<!\w){re.escape(phrase)}(?!\w)", re.IGNORECASE)
        text, count = pattern.subn("_" * len(phrase), text)
        found += [phrase] if count else []
    return text, found


@cache
def _lexicon(families: tuple[Family, ...]) -> tuple[re.Pattern[str], dict[str, str]]:
    owner: dict[str, str] = {}
    for family in families:
        for word in (family.noun, *family.aliases):
            owner.setdefault(_normal(word), family.name)
    words = sorted(owner, key=len, reverse=True)
    body = "|".join(re.escape(word).replace(r"\ ", r"[\s-]+") for word in words)
    return re.compile(rf"(?<![\w])(?:{body})(?![\w])"), owner


def _normal(word: str) -> str:
    return re.sub(r"[\s-]+", " ", word.lower())


def _grade(plain: str, floor: int, start: int, end: int) -> str | None:
    before = _BEFORE.search(plain[floor:start])
    after = _AFTER.search(plain[end : end + 60])
    found = before or after
    return GRADE_WORDS[found.group(1)] if found else None


def _denied(plain: str, start: int) -> bool:
    """Whether a denial stands before the mention in its own clause."""
    clause = _CLAUSE.split(plain[:start])[-1]
    denials = list(_DENIAL.finditer(clause))
    if not denials:
        return False
    between = clause[denials[-1].end() :]
    return len(between.split()) <= _REACH and not _AND_ASSERTS.search(between)
