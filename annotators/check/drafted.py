"""Question wordings that a model proposes: may they stand in a pool?

A wording is used for thousands of questions, so that what is doubtful is refused: better one good
wording less than a question that asks the opposite of what its answer says.

Source: the rules of the built-in pools (``questions/pools.toml``) and dataset rules, section 7.
"""

import re
from collections.abc import Iterable, Mapping
from types import SimpleNamespace
from typing import Any

from annotators.check.claims import order_contradictions
from annotators.language.mentions import mentioned
from annotators.questions.pools import POOLS, wording_problem
from schemas.families import Family

FEWEST_WORDS, MOST_WORDS = 3, 30

_SLOT = re.compile(r"\{[^{}]*\}")
_MARKS = re.compile(
    r"[<>\[\]*#_`|\\\n\r\t]|\b(answer key|json|mask|box|pristine|original|reference)\b"
)
_END = re.compile(r"[.?!]$")
_LEAST = re.compile(r"\b(least|weakest|lightest|lowest|smallest|slightest|mildest|best|fewest)\b")
_MOST = re.compile(r"\b(most|worst|strongest|heaviest|highest|greatest|hardest|largest|severest)\b")
# With these a superlative may mean its opposite: "kept the most quality", "spared most".
_TURNS = re.compile(
    r"\b(quality|spared|kept|keeps?|intact|clean\w*|clear\w*|unaffected|free|preserv\w+|retain\w*|"
    r"un\w+ed|not|no|without|except|never|sharp\w*|well|good|better)\b|n't\b"
)
_PLAIN_TURN = {
    "most": re.compile(
        r"\b(worst|lowest|poorest) (?:\w+ )?quality\b|\bquality \w+ (?:worst|lowest)\b"
    ),
    "least": re.compile(r"\b(best|highest) (?:\w+ )?quality\b|\bquality \w+ (?:best|highest)\b"),
}
# Only regions that are degraded compete: "Of the degraded regions", "among those with distortions".
_AMONG = re.compile(
    r"\b(?:of|among|amongst|from|within|between) (?:all |only )?(?:the |those )?[\w ]{0,24}"
    r"\b(?:degraded|affected|distorted|damaged|impaired|with distortions?|with degradations?|"
    r"with damage|with flaws)\b"
    r"|\bwhich (?:of the )?(?:degraded|affected|distorted|damaged|impaired)\b"
    r"|\bof the (?:regions|areas|parts) (?:in which|where|with|that)\b"
    r"|\b(?:regions|areas|parts) (?:that |which )?are (?:degraded|affected|distorted|damaged)\b"
    r"|\b(?:considering only|leaving clean)\b"
)
_FIRST = re.compile(r"\b(first|beg[iau]ns?|beginning|starts?|started|initial\w*|earliest)\b")
_LAST = re.compile(r"\b(last|ends?|ended|final\w*|finish\w*|latest)\b")
_ORDER = re.compile(r"\b(order|sequence|first|last|then|before|after|earliest|latest|one by one)\b")
_WHERE = re.compile(r"\b(where|which|what|region|area|part|place|spot|locate|find|point|show)\b")
_PLACES = re.compile(r"\b(left|right|top|bottom|upper|lower|cent(?:re|er)|middle|corner)\b")
_PLURAL = re.compile(
    r"\b(distortions|flaws|degradations|defects|problems|issues|arte?facts|impairments|several|"
    r"multiple|both|two|three|all)\b"
)
_NUMBER = re.compile(r"\b(one|two|three|single|both|several|multiple|only|pair)\b")
_BRIEF = re.compile(
    r"\b(brief\w*|short\w*|few words|phrases?|concise\w*|names?|list|state|degree|grade|kind|type|"
    r"how strongly|identify)\b"
)
_SHORT = re.compile(r"\b(brief\w*|short\w*|few words|concise\w*)\b")
_EFFECT = re.compile(
    r"\b(effects?|impact|consequences?|harm|influence\w*|explain|appearance|alters?|changes?|"
    r"describe|what (?:it|they|that) do(?:es)?|shows?|notice|results?|traces?|damage|lost)\b"
)
_VERB = (
    r"(is|are|was|were|has|have|looks?|suffers?|appears?|seems?|shows?|exhibits?|contains?|does|do)"
)
_AGREES = re.compile(
    rf"\{{region\}} {_VERB}\b|\b(is|are|was|were|has|have|does|do) \{{region\}}|\bits\b"
)


def wording_flaw(
    pool: str, text: str, families: Mapping[str, Family], taken: Iterable[str] = ()
) -> str:
    """Why a wording cannot stand in a pool; empty when it can.

    Slugs: ``slots`` (unknown, missing, a stray brace), ``form`` (no sentence, too long, markup),
    ``duplicate``, ``tells`` (it names a distortion), ``agreement`` (a verb that agrees with a
    region, which may be plural), ``polarity``, ``order``, ``place`` (it gives the place away),
    ``no_region`` (it does not ask where), ``scope`` (clean regions compete where they must
    not, or the other way round), ``number`` (it gives their number away), ``too_much``,
    ``not_brief`` and ``no_effect`` (short and long questions mixed up).

    Args:
        pool: Its pool.
        text: The wording with its slots.
        families: Every family of distortions, for the words it must not use.
        taken: Wordings that are there already.
    """
    counted = pool.endswith(("_multi", "_set"))
    if wording_problem(pool, text, counted):
        return "slots"
    plain = _SLOT.sub("X", text)
    if not FEWEST_WORDS <= len(text.split()) <= MOST_WORDS or not _END.search(text):
        return "form"
    if not (text[0].isupper() or text[0] == "{") or not text.isprintable():
        return "form"
    if _MARKS.search(plain.lower()):
        return "form"
    if _bare(text) in {_bare(other) for other in taken}:
        return "duplicate"
    if mentioned(plain, families):
        return "tells"
    if "{region}" in text and _AGREES.search(text.lower()):
        return "agreement"
    if pool.startswith(("hybrid", "single", "order")):
        return _grounding(pool, text, plain.lower(), families)
    return _naming(pool, plain.lower()) if pool.startswith(("short", "long")) else ""


def _grounding(pool: str, text: str, lower: str, families: Mapping[str, Family]) -> str:
    """Whether it asks where, and for what its pool asks."""
    polarity = POOLS[pool].polarity
    if _PLACES.search(lower.replace("on top of", "")):
        return "place"
    if not _WHERE.search(lower):
        return "no_region"
    if pool.startswith("order"):
        return "" if _orders(pool, text, lower, families) else "order"
    if pool.startswith("hybrid_least") and bool(_AMONG.search(lower)) != ("degraded" in pool):
        return "scope"
    return "" if _says(polarity, lower) else "polarity"


def _naming(pool: str, lower: str) -> str:
    """Whether it asks for as much as its pool does, and tells no more."""
    if pool.endswith(("_any", "_set")) and _ORDER.search(lower):
        return "order"
    counts = {"any": _NUMBER, "single": _PLURAL}.get(pool.rpartition("_")[2])
    if counts is not None and counts.search(lower):
        return "number"
    effect = bool(_EFFECT.search(lower))
    if pool.startswith("long_"):
        return "" if effect and not _SHORT.search(lower) else "no_effect"
    if effect:
        return "too_much"
    return "" if _BRIEF.search(lower) or pool.endswith("_single") else "not_brief"


def _says(polarity: str, lower: str) -> bool:
    """Whether a wording plainly asks for this end of a ranking."""
    if _PLAIN_TURN[polarity].search(lower):
        return True
    own, other = (_MOST, _LEAST) if polarity == "most" else (_LEAST, _MOST)
    return bool(own.search(lower)) and not other.search(lower) and not _TURNS.search(lower)


def _orders(pool: str, text: str, lower: str, families: Mapping[str, Family]) -> bool:
    """Whether a wording asks for this order, and no other."""
    if pool == "order_first":
        return bool(_FIRST.search(lower)) and not _LAST.search(lower)
    if pool == "order_last":
        return bool(_LAST.search(lower)) and not _FIRST.search(lower)
    one, two = sorted(families)[:2]
    said = text.format(first=families[one].noun, second=families[two].noun)
    found = mentioned(said, families)
    chain: Any = [SimpleNamespace(family=name) for name in (one, two)]
    if order_contradictions(said, found, chain):
        return False
    return bool(order_contradictions(said, found, chain[::-1]))


def _bare(text: str) -> str:
    """A wording by its words alone."""
    return " ".join(re.findall(r"[a-z{}]+", text.casefold()))
