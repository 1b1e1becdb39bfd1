"""The fact check of answers about two pictures.

What is said of one picture goes through the fact check of answers about a region, with the facts of
that picture; the verdict is held against the relation.
"""

import re

from annotators.check.fact_check import check_answer
from annotators.facts import Ask, PictureFacts, Violation
from annotators.language.mentions import blanked, mentioned
from annotators.language.phrases import capitalised
from annotators.pairs.asking import Compared, PairQuestion, read_choice

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_FIRST, _SECOND, _BOTH = (
    re.compile(rf"\b{words}\b", re.IGNORECASE)
    for words in ("first picture", "second picture", "(?:both|two) pictures")
)
_NEITHER = re.compile(r"\b(?:neither|no difference|little to choose)\b", re.IGNORECASE)
_OPENING = re.compile(r"^(?:In the (?:first|second) picture|There),\s+")
MOST_WORDS = 140


def check_pair(asked: PairQuestion, found: Compared) -> list[Violation]:
    """What is wrong with an answer; empty when it passes.

    Rules: those of ``check_answer`` for what is said of one picture, and wrong_relation,
    wrong_picture, bad_format, too_long, extra_distortion.
    """
    if asked.form == "relation":
        said = read_choice(asked.question, asked.answer)
        return [] if said == found.relation else [Violation("wrong_relation", f"says {said}")]
    if len(asked.answer.split()) > MOST_WORDS:
        return [Violation("too_long", f"more than {MOST_WORDS} words")]
    verdict, *told = _SENTENCE.split(asked.answer)
    named = _pictures(blanked(verdict, [found.phrase]))
    return [*_verdict(verdict, asked, found), *_told(told, found, named)]


def _verdict(text: str, asked: PairQuestion, found: Compared) -> list[Violation]:
    """The first sentence: which picture."""
    families = found.facts[0].families
    if named := mentioned(text, families, [found.phrase]):
        return [Violation("bad_format", f"the verdict names {named[0].family}")]
    if found.relation == "same":
        return [] if _NEITHER.search(text) else [Violation("wrong_relation", "they are the same")]
    plain = blanked(text, [found.phrase])
    picture = _pictures(plain)
    better_first = found.relation.endswith("better")
    names_first = better_first == (asked.form == "better")
    if _NEITHER.search(plain) or picture != [names_first, not names_first]:
        return [Violation("wrong_picture", f"{found.relation}, yet {text!r}")]
    return []


def _pictures(text: str) -> list[bool]:
    """Whether a text speaks of the first, and of the second picture."""
    return [bool(pattern.search(text)) for pattern in (_FIRST, _SECOND)]


def _told(sentences: list[str], found: Compared, named: list[bool]) -> list[Violation]:
    """Every sentence after the verdict is about one picture, each degraded one is told of.

    "There" at the beginning is the picture that the verdict has ``named``.
    """
    of: dict[int, list[str]] = {0: [], 1: []}
    for sentence in sentences:
        pictures = named if sentence.startswith("There,") else _pictures(sentence)
        if pictures.count(True) != 1 or _BOTH.search(sentence):
            return [Violation("bad_format", f"about neither or both pictures: {sentence!r}")]
        of[pictures.index(True)].append(sentence)
    violations: list[Violation] = []
    for place, region in enumerate(found.regions):
        if region.chain or of[place]:
            text = " ".join(map(_alone, of[place]))
            ask = Ask("local_description", "", "", "", "", region)
            violations += check_answer(text, ask, _facts(found, place))
    return violations


def _facts(found: Compared, place: int) -> PictureFacts:
    return found.facts[place]


def _alone(sentence: str) -> str:
    """A sentence without the picture it is about, as a sentence about the region."""
    return capitalised(_OPENING.sub("", sentence))
