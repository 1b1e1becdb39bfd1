"""Questions in a model's words, held to what the pool's wording asks."""

import re
from dataclasses import replace
from typing import NamedTuple

from annotators.answers.conversation import Conversation
from annotators.facts import Ask, PictureFacts
from annotators.language.mentions import mentioned, named_in
from schemas.errors import AnnotationError

MOST_WORDS = 45
POLARITY = {
    "most": re.compile(r"\b(most|worst|strongest|heaviest|highest|greatest|lowest quality)\b"),
    "least": re.compile(r"\b(least|best|weakest|lightest|lowest|smallest|slightest)\b"),
}
_FORBIDDEN = re.compile(r"\b(answer|json|mask|box|original|reference|version)\b|[{}<>\[\]*#]")
# "most" and "least" questions are told apart by one word; a rewording must not turn them round.
_RANKED = ("hybrid_intensity", "single_intensity")


class Reworded(NamedTuple):
    """A question after the model had its say, and what became of its wording."""

    ask: Ask
    outcome: str
    """``reworded``, or why the question stayed as it was."""


def reword(ask: Ask, facts: PictureFacts, conversation: Conversation) -> Reworded:
    """The question reworded by the model, or as it was where its words do not ask the same."""
    try:
        text = conversation.reword(ask.question, kept(ask, facts))
    except AnnotationError as error:
        return Reworded(ask, error.reason)
    reason = flaw(text, ask, facts)
    if reason:
        return Reworded(ask, reason)
    return Reworded(replace(ask, question=text, pool=f"model:{ask.pool}"), "reworded")


def kept(ask: Ask, facts: PictureFacts) -> list[str]:
    """Phrases of the question that must stay: the region's, the distortions'."""
    found = []
    if ask.target is not None and ask.task != "grounding":
        found.append(facts.references.get(ask.target.region_id, ""))
    families = [ask.family, *(ask.order[1:] if ask.order else ())]
    found += [facts.families[family].noun for family in families if family]
    return [phrase for phrase in dict.fromkeys(found) if phrase]


def flaw(text: str, ask: Ask, facts: PictureFacts) -> str:
    """Why a rewording cannot stand for the question; empty when it can.

    Slugs: ``bad_form``, ``lost_phrase``, ``tells``, ``polarity``, ``place``.
    """
    lower = text.lower()
    words = text.split()
    if not 3 <= len(words) <= MOST_WORDS or not re.search(r"[.?!]$", text):
        return "bad_form"
    if not text[0].isupper() or _FORBIDDEN.search(lower):
        return "bad_form"
    phrases = kept(ask, facts)
    if any(not named_in(text, [phrase]) for phrase in phrases):
        return "lost_phrase"
    allowed = {ask.family, *(ask.order[1:] if ask.order else ())}
    if any(m.family not in allowed for m in mentioned(text, facts.families, phrases)):
        return "tells"
    if ask.sub_task in _RANKED:
        other = "least" if ask.form == "most" else "most"
        if not POLARITY[ask.form].search(lower) or POLARITY[other].search(lower):
            return "polarity"
    if ask.task == "grounding" and re.search(r"\b(left|right|top|bottom|upper|lower)\b", lower):
        return "place"
    return ""
