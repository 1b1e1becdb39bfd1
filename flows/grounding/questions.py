"""Stage 5: questions about a text with boxes, written by a language model and held to the text."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from annotators.chat.prompts import filled
from annotators.chat.protocol import ChatRequest, Connection
from annotators.language.mentions import named_in
from annotators.language.notation import parse
from flows.grounding.asking import read_list
from flows.grounding.fuse import span
from schemas.errors import AnnotationError
from schemas.grounding import GroundedText, Triplet
from schemas.settings.grounding import GroundQuestionConfig

KINDS = ("yes", "no", "what", "why", "how")
_MENTION = re.compile(r"\[[^\[\]\n]+\]\(\s*<[^()\n]*>\s*\)")
_FIELDS = ("kind", "question", "answer")
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "questions": {
            "type": "array",
            "maxItems": 12,
            "items": {
                "type": "object",
                "properties": {
                    "kind": {"enum": list(KINDS)},
                    "question": {"type": "string", "minLength": 1, "maxLength": 400},
                    "answer": {"type": "string", "minLength": 1, "maxLength": 400},
                },
                "required": list(_FIELDS),
                "additionalProperties": False,
            },
        }
    },
    "required": ["questions"],
    "additionalProperties": False,
}


class Written(NamedTuple):
    """A question that passed.

    Args:
        kind: One of ``KINDS``.
        question: With its mentions.
        answer: With its mentions.
    """

    kind: str
    question: str
    answer: str


def questions_of(
    text: GroundedText,
    triplets: Sequence[Triplet],
    line: Connection,
    config: GroundQuestionConfig,
) -> tuple[list[Written], Counter[str]]:
    """The questions of a text, and what was dropped, by reason.

    Kinds that are still missing are asked for again.
    """
    wanted = Counter(yes=config.yes, no=config.no, open=config.open)
    kept: list[Written] = []
    dropped: Counter[str] = Counter()
    again = ""
    for _ in range(config.attempts):
        if not +wanted:
            break
        slots = {name: wanted[name] for name in ("yes", "no", "open")}
        prompt = filled("giqa_questions", text=text.text, again=again, **slots)
        request = ChatRequest([{"role": "user", "content": prompt}], dict(SCHEMA), 1200)
        try:
            items = read_list(line.complete(request).text, "questions")
        except AnnotationError as error:
            dropped[error.reason] += 1
            continue
        reasons = list[str]()
        for item in items:
            reason = flaw(text, triplets, item)
            kind = "" if reason else ("open" if item["kind"] in KINDS[2:] else item["kind"])
            if not reason and item["question"].strip() in {one.question for one in kept}:
                reason = "double"
            if not reason and wanted[kind] <= 0:
                reason = "not_wanted"
            if reason:
                dropped[reason] += 1
                reasons.append(reason)
                continue
            wanted[kind] -= 1
            kept.append(Written(*(item[name].strip() for name in _FIELDS)))
        again = f"\n\nOf your last reply some could not be used ({', '.join(reasons)})."
    for kind in ("yes", "no", "open"):
        dropped[f"missing_{kind}"] += max(0, wanted[kind])
    return kept, +dropped


def flaw(text: GroundedText, triplets: Sequence[Triplet], item: Any) -> str:
    """Why a question cannot be used; empty when it can.

    Slugs: ``wrong_json``, ``no_mention``, ``copied_wrong_box``, ``bad_answer``, ``tells_answer``,
    ``no_without_a_change``, ``yes_without_the_quality``, ``number``.
    """
    if not isinstance(item, Mapping) or not all(isinstance(item.get(n), str) for n in _FIELDS):
        return "wrong_json"
    kind, question, answer = (item[name].strip() for name in _FIELDS)
    known = set(_MENTION.findall(text.text))
    cited = _MENTION.findall(question) + _MENTION.findall(answer)
    if kind not in KINDS or not question or not answer:
        return "wrong_json"
    if not cited:
        return "no_mention"
    if not set(cited) <= known:
        return "copied_wrong_box"
    if re.search(r"\d|[<>]", _MENTION.sub("", question + answer)):
        return "number"
    if kind in ("yes", "no"):
        said = qualities(text.text, triplets)
        about = frozenset[str]().union(*(said.get(one, ()) for one in cited))
        return _closed(kind, question, answer, about)
    inside = parse(answer).plain.lower().strip(" .")
    return "tells_answer" if inside in parse(question).plain.lower() else ""


def qualities(text: str, triplets: Sequence[Triplet]) -> dict[str, set[str]]:
    """Each mention of a text to the words of quality that the text has for this thing.

    Of two things of one name each has its own: a triplet speaks of the mention in its phrase.

    Args:
        text: With mentions.
        triplets: Of the same text.
    """
    plain = parse(text).plain
    phrases = [(span(plain, one.phrase), one) for one in triplets if named_in(plain, [one.phrase])]
    found: dict[str, set[str]] = {}
    removed = 0
    for match in _MENTION.finditer(text):
        name = match[0][1 : match[0].index("]")]
        start = match.start() - removed
        removed += len(match[0]) - len(name)
        said = found.setdefault(match[0], set())
        for (first, last), one in phrases:
            if first <= start and start + len(name) <= last and one.name.lower() == name.lower():
                said.add(one.quality.lower())
    return found


def _closed(kind: str, question: str, answer: str, said: Collection[str]) -> str:
    """One word; a question answered by yes names a quality of the thing, one by no another."""
    if answer not in ("Yes.", "No.", "Yes", "No") or answer.lower().strip(".") != kind:
        return "bad_answer"
    plain = parse(question).plain.lower()
    named = bool(named_in(plain, said))
    if kind == "no" and named:
        return "no_without_a_change"
    return "yes_without_the_quality" if kind == "yes" and not named else ""
