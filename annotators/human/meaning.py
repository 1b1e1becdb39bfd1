"""What the words attached to a region or picture mean: its name, its flaws, how strong, what else.

Tools call things by the names their projects gave them, so the words decide and the keys help: a
word of the vocabulary is a flaw wherever it stands, a label that is none is the name of a thing.
"""

import math
import re
from collections.abc import Iterable
from typing import NamedTuple

from annotators.human.marked import Remark
from annotators.human.vocabulary import Vocabulary, normal
from annotators.regions.partition import NAMELESS
from schemas.human import HumanFlaw, Scope

GRADES = {
    "none": 0,
    "mild": 2,
    "minor": 2,
    "slight": 1,
    "moderate": 3,
    "obvious": 3,
    "severe": 5,
    "serious": 4,
    "strong": 4,
    "catastrophic": 5,
}
SEVERITIES = ("mild", "moderate", "severe")
"""What our projects offer."""
SCOPES = ("regional", "uniform", "clean")
UNIFORM = frozenset(("uniform", "global", "whole", "whole image", "whole picture", "uniformly"))
NO_FLAW = "no flaw"
"""What our projects call it when somebody looked and found nothing wrong."""
NOT_JUDGED = "not judged"
"""What stands in our projects until somebody chooses; it says nothing."""
CLEAN = frozenset(
    (
        NO_FLAW,
        "no flaws",
        "no distortion",
        "no distortions",
        "nothing wrong",
        "flawless",
        "clean",
        "good",
        "pristine",
        "undistorted",
    )
)
_SILENT = frozenset(("", "yes", "no", "none", "true", "false", NOT_JUDGED))
REGIONAL = frozenset(("regional", "local", "regions"))
_FLAW = re.compile(r"distort|flaw|degrad|artefact|artifact|defect|quality_type")
_SEVERITY = re.compile(r"sever|strength(?!en)|grade|level|intensity")
_NAME = re.compile(r"^(label|object|semantic|thing|name|class|category)")
_NUMBERED = re.compile(r"region \d+")
"""What our projects call a proposal, so that each has a colour of its own."""
_TEXT = re.compile(r"text|descri|comment|note|brief|caption")


class Meaning(NamedTuple):
    """What was meant.

    Args:
        label: Name of the thing; empty when none was given.
        flaws: Distortions.
        scope: Where the flaws are; ``None`` when that was not said.
        text: Free text.
        unknown: Words that were given as flaws and are not known.
    """

    label: str
    flaws: list[HumanFlaw]
    scope: Scope | None
    text: str
    unknown: list[str]


def meaning(said: Iterable[Remark], vocabulary: Vocabulary) -> Meaning:
    """Read the words.

    A severity is of the flaw it is named after (``blur severity``) or whose control it is named
    after (``second severity`` of ``second distortion``), else of all flaws it stands with that
    have none of their own.
    """
    words: list[tuple[str, str]] = []
    texts: list[str] = []
    severities: dict[str, int] = {}
    scope: Scope | None = None
    labels: list[tuple[bool, str]] = []
    for key, word in said:
        plain = normal(word)
        if plain in _SILENT:
            continue
        found = _severity(key, plain)
        if found is not None:
            severities[_owner(_SEVERITY, key)] = found
        elif plain in UNIFORM | CLEAN | REGIONAL:
            scope = "uniform" if plain in UNIFORM else "clean" if plain in CLEAN else "regional"
        elif _TEXT.search(key):
            texts.append(" ".join(word.split()))
        elif _FLAW.search(key) or (not _NAME.search(key) and vocabulary.knows(plain)):
            own = _owner(_FLAW, key)
            words += [(own, part.strip()) for part in re.split(r"[,;]", word) if part.strip()]
        elif key == "" or _NAME.search(key):
            labels.append((key == "" or plain in NAMELESS, plain))
    flaws, unknown = _flaws(words, severities, vocabulary)
    # A name that was typed goes before the kind of a drawn shape.
    label = min(labels, key=lambda pair: pair[0])[1] if labels else ""
    label = "" if label in NAMELESS or _NUMBERED.fullmatch(label) else label
    return Meaning(label, flaws, scope, " ".join(texts), unknown)


def _owner(kind: re.Pattern[str], key: str) -> str:
    """What is left of a control's name without the word for its kind: ``second``, ``whole``."""
    parts = re.split(r"[\W_]+", key)
    return " ".join(part for part in parts if part and not kind.search(part))


def _flaws(
    words: list[tuple[str, str]], severities: dict[str, int], vocabulary: Vocabulary
) -> tuple[list[HumanFlaw], list[str]]:
    """Flaws of words with their controls, no family twice; and what is not known."""
    owners = {own for own, _ in words if own}
    named = {
        vocabulary.family(own): value for own, value in severities.items() if vocabulary.knows(own)
    }
    shared = [
        value
        for own, value in severities.items()
        if own not in owners and not vocabulary.knows(own)
    ]
    common = severities.get("", shared[-1] if shared else 0)
    flaws: dict[str, HumanFlaw] = {}
    unknown = []
    for own, word in words:
        family = vocabulary.family(word)
        if family is None:
            unknown.append(word)
            continue
        severity = named.get(family, severities.get(own, common))
        flaws.setdefault(family, HumanFlaw(family=family, said=word, severity=severity))
    return list(flaws.values()), unknown


def _severity(key: str, plain: str) -> int | None:
    if not _SEVERITY.search(key):
        return GRADES.get(plain) if plain in GRADES and plain != "none" else None
    if plain in GRADES:
        return GRADES[plain]
    try:
        number = float(plain)
    except (OverflowError, ValueError):
        return None
    return round(number) if math.isfinite(number) and 0 <= round(number) <= 5 else None
