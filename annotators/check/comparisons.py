"""Claims that go beyond one region: the worst, the only one, everything else, nothing wrong.

Whoever sees the picture can hold a text to them, so they are refused unless the facts bear them
out. The rules err on the side of refusing.
"""

import re
from collections.abc import Iterator
from typing import Final

from annotators.facts import Ask, PictureFacts, Violation
from annotators.language.mentions import blanked, named_in
from annotators.questions.most_least import worst_region
from schemas.records import DegradedRegion

_KINDS: Final = (
    r"(?:damage[ds]?|degraded|degradation|affected|distorted|impaired|harm(?:ed)?|severe(?:ly)?|"
    r"noticeabl[ey]|visibl[ey]|prominent(?:ly)?|obvious(?:ly)?|heavil?y|strongly|suffer\w*|blurred|"
    r"noisy|pronounced|striking(?:ly)?|disturbing|serious(?:ly)?|quality|of the (?:harm|damage))"
)
_WORST: Final = re.compile(
    rf"\b(?:worst|hardest hit|hit (?:as hard|hardest)|most {_KINDS}|(?:suffer\w*|affected) most|"
    r"draws the eye most|strongest|heaviest|(?:quality|it) is lowest|lowest quality|"
    r"(?:more|stronger|worse|heavier|poorer|more \w+) (?:there )?than "
    r"(?:any|all|every|elsewhere|(?:in )?the (?:other|rest)|the others))\b"
)
_BEST: Final = re.compile(
    rf"(?<!\bat )\b(?:best|least (?!one)(?:{_KINDS})?|lightest|weakest|mildest|highest quality|"
    r"suffered least|below that of|(?:less|weaker|better|milder|less \w+) (?:there )?than "
    r"(?:any|all|every|elsewhere|(?:in )?the (?:other|rest)|the others))\b"
)
_REST: Final = re.compile(
    r"\b(?:everything else|every other (?:part|region|area|thing)|(?:the )?rest of (?:the|this|it)|"
    r"(?:no|any|every)where else|elsewhere|(?:all )?(?:the )?(?:other|remaining) (?:parts|regions|"
    r"areas|things)|outside (?:of )?(?:these|this|that|those) (?:parts?|areas?|regions?))\b"
)
_FINE: Final = re.compile(
    r"\b(?:clean|natural|fine|good|intact|sharp|crisp|clear|unaffected|untouched|unharmed|"
    r"undamaged|preserved|perfect|well|no|not|nothing|none|nor|neither|free|spared|without)\b"
)
_ALIKE: Final = re.compile(
    r"\b(?:of the kind|of this kind|of that kind|like (?:this|that|these)|no such|the same)\b"
)
_ONLY: Final = re.compile(r"\b(?:the only (?:\w+ )?(?:part|region|area|thing|one|place)|only _+)")
_NAMED: Final = re.compile(r"\b(?:regions?|parts?|areas?|things?) (?:named|mentioned|listed)\b")
_FLAWLESS: Final = re.compile(
    r"\b(?:(?:no|without|free (?:of|from)|not any|lacks) (?:any )?"
    r"(?:(?:visible|obvious|noticeable|apparent) )?"
    r"(?:distortions?|flaws?|damage|degradation|defects?|arti?efacts?|problems?)\b(?! like| of)|"
    r"nothing (?:is )?wrong|nothing disturbs|flawless|perfect\b|in (?:good|perfect) condition)"
)
# "but it is not flawless", "not perfect"
_NEGATED: Final = re.compile(r"\b(?:not|nor|hardly|less than|far from) (?:\w+ )?$")


def comparisons(
    text: str, ask: Ask, about: list[DegradedRegion], facts: PictureFacts
) -> Iterator[Violation]:
    """What a sentence, or an answer about one region, claims of others without ground.

    Rules: unfounded_comparison, unfounded_rest, unnamed_comparison, unfounded_clean,
    contradiction.

    Args:
        text: The sentence.
        ask: What was asked: "the most" settles that the target is the worst, "the least" that it
            is the best, an order that it is the only one.
        about: The regions it names; the target of an answer about one region.
        facts: Of the picture.
    """
    plain = blanked(text, facts.references.values()).lower()
    for pattern, end in ((_WORST, "most"), (_BEST, "least")):
        found = pattern.search(plain)
        if found and not _settled(end, ask, about, facts):
            yield Violation("unfounded_comparison", f"nothing bears out {found.group()!r}")
    only = _ONLY.search(plain)
    if only and not ask.order and (facts.origin == "human" or len(facts.degraded) > 1):
        yield Violation("unfounded_comparison", f"not the only one: {only.group()!r}")
    named = _NAMED.search(plain)
    if named and len(named_in(text, facts.references.values())) < 2:
        yield Violation("unnamed_comparison", f"no other is named: {named.group()!r}")
    yield from _cleanness(plain, about, facts)


def rest_claims(text: str, facts: PictureFacts, told: list[DegradedRegion]) -> Iterator[Violation]:
    """Sentences that everything else is fine, though something else is not, or nobody can say.

    Args:
        text: The whole answer.
        facts: Of the picture.
        told: The degraded regions that the answer speaks of.
    """
    plain = blanked(text, facts.references.values()).lower()
    for sentence in re.split(r"[.!?]", plain):
        found = _REST.search(sentence)
        if not found or not _FINE.search(sentence) or _WORST.search(sentence):
            continue
        if len(told) < len(facts.degraded):
            yield Violation("unfounded_rest", f"not all that is degraded was named: {sentence!r}")
        elif facts.origin == "human" or not (facts.vouched or _ALIKE.search(sentence)):
            yield Violation("unfounded_rest", f"nobody can vouch for {found.group()!r}")


def _settled(end: str, ask: Ask, about: list[DegradedRegion], facts: PictureFacts) -> bool:
    """Whether the question or a gate has settled who is the worst or the best."""
    if ask.task == "grounding" and ask.form == end:
        return True
    worst = worst_region(facts.degraded) if end == "most" else None
    return worst is not None and [region.region_id for region in about] == [worst.region_id]


def _cleanness(plain: str, about: list[DegradedRegion], facts: PictureFacts) -> Iterator[Violation]:
    """No flaw claimed of what is degraded, or of what nobody can vouch for."""
    for found in _FLAWLESS.finditer(plain):
        before = plain[: found.start()]
        if _NEGATED.search(before):
            continue
        if _REST.search(plain):  # said of the rest; see ``rest_claims``
            continue
        degraded = [region for region in about if region.chain]
        if degraded:
            yield Violation("contradiction", f"it is degraded, yet {found.group()!r}")
        elif not facts.vouched:
            yield Violation("unfounded_clean", f"nobody can vouch for {found.group()!r}")
