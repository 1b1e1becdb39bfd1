"""What a text says of the harm: that it names any, and that it suits the grade."""

import re
from typing import Final

from annotators.check.effects import tells_of_harm
from annotators.facts import Ask, PictureFacts, Violation
from annotators.language.mentions import blanked, mentioned, named_in
from schemas.records import DegradedRegion

_HARMLESS: Final = re.compile(
    r"\b(?:(?:little|least|no real|hardly any|small) harm|harmless|closer look|look twice|barely|"
    r"(?:hardly|scarcely) (?:visible|noticeable|seen)|in the background|without spoiling|"
    r"negligible|"
    r"(?:damage|flaws?|loss) (?:is|are|stays?|remains?) (?:small|slight|minor|mild|limited)|"
    r"(?:small|minor|slight) flaws?|good at first sight|almost invisible)\b",
    re.IGNORECASE,
)
_RUINED: Final = re.compile(
    r"\b(?:spoils?|spoilt|spoiled|ruin\w*|destroy\w*|badly|unrecognisabl[ey]|unrecognizabl[ey]|"
    r"first thing one notices|left unharmed|looks bad|quality (?:\w+ ){0,4}is (?:poor|low|bad)|"
    r"hardly anything (?:there )?is left)\b",
    re.IGNORECASE,
)
_NOT: Final = re.compile(
    r"\b(?:not|nothing(?: \w+){0,4}|without|never|no)\s+(?:\w+\s+)?$", re.IGNORECASE
)


def missing_effect(text: str, ask: Ask, facts: PictureFacts) -> list[Violation]:
    """A long or local answer about a degraded region must say what the distortions do there."""
    asked = ask.task == "local_description" or ask.sub_task == "long"
    if not asked or not ask.chain or _effect(text, facts, ask.target):
        return []
    return [Violation("missing_effect", "says what is there, not what it does to the region")]


def _effect(text: str, facts: PictureFacts, target: DegradedRegion | None) -> bool:
    """Whether anything beside names of regions and distortions speaks of harm."""
    plain = blanked(text, facts.names)
    for mention in reversed(mentioned(plain, facts.families)):
        plain = plain[: mention.start] + " " + plain[mention.end :]
    if tells_of_harm(plain):
        return True
    own = [facts.families[step.family].effects for step in (target.chain if target else [])]
    # A plugin's own clauses, whatever they speak of.
    return bool(named_in(plain, [clause for clauses in own for clause in clauses]))


def against_grade(text: str, regions: list[DegradedRegion], facts: PictureFacts) -> list[Violation]:
    """Little harm said of what is severe, ruin said of what is mild.

    Args:
        text: A sentence or an answer.
        regions: The degraded regions it is about.
        facts: Of the picture.
    """
    grades = [{step.grade for step in region.chain} for region in regions if region.chain]
    plain = blanked(text, facts.references.values())
    if grades and all("severe" in one for one in grades):
        return _said(_HARMLESS, plain, "severe")
    if grades and all(one == {"mild"} for one in grades):
        return _said(_RUINED, plain, "mild")
    return []


def _said(pattern: re.Pattern[str], plain: str, grade: str) -> list[Violation]:
    hits = [hit for hit in pattern.finditer(plain) if not _NOT.search(plain[: hit.start()])]
    return [Violation("contradiction", f"it is {grade}, yet {hit.group()!r}") for hit in hits[:1]]
