"""Stage 1: which things a text speaks of, and the quality it names; a language model reads it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from annotators.chat.prompts import filled
from annotators.chat.protocol import ChatRequest, Connection
from annotators.language.mentions import named_in
from flows.grounding.asking import read_list
from schemas.errors import AnnotationError
from schemas.grounding import SourceText, Triplet
from schemas.settings.grounding import TripletConfig

FIELDS = ("phrase", "name", "quality", "effect")
EFFECTS = ("improves", "degrades")


def schema(config: TripletConfig) -> dict[str, Any]:
    """The JSON schema of an answer."""
    text = {"type": "string", "minLength": 1, "maxLength": 120}
    item = {
        "type": "object",
        "properties": {**dict.fromkeys(FIELDS[:3], text), "effect": {"enum": list(EFFECTS)}},
        "required": list(FIELDS),
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"triplets": {"type": "array", "items": item, "maxItems": config.at_most}},
        "required": ["triplets"],
        "additionalProperties": False,
    }


def triplets_of(
    text: SourceText, line: Connection, config: TripletConfig
) -> tuple[list[Triplet], Counter[str]]:
    """The triplets of a text, and what was dropped, by reason.

    A model whose triplets do not stand in the text is asked again with the reason.
    """
    again, dropped = "", Counter[str]()
    found: list[Triplet] = []
    for _ in range(config.attempts):
        prompt = filled("giqa_triplets", text=text.text, most=config.at_most, again=again)
        request = ChatRequest([{"role": "user", "content": prompt}], schema(config), 900)
        try:
            items = read_list(line.complete(request).text, "triplets")
        except AnnotationError as error:
            dropped, again = Counter({error.reason: 1}), f"\n\nYour last reply: {error.detail}"
            continue
        found, dropped, wrong = _checked(text, items, config)
        if not wrong:
            break
        again = f"\n\nYour last reply cannot be used: {'; '.join(wrong)}. Copy exactly."
    return found, dropped


def _checked(
    text: SourceText, items: Sequence[Any], config: TripletConfig
) -> tuple[list[Triplet], Counter[str], list[str]]:
    """What can be used, what was dropped by reason, and what to tell the model."""
    found: dict[tuple[str, str], Triplet] = {}
    dropped, wrong = Counter[str](), list[str]()
    for item in items:
        reason = _flaw(text.text, item, config)
        if reason:
            dropped[reason] += 1
            wrong += list(_told(reason, item))
            continue
        key = item["name"].lower(), item["quality"].lower()
        if key in found or len(found) == config.at_most:
            dropped["double" if key in found else "too_many"] += 1
            continue
        said = {name: item[name].strip() for name in FIELDS}
        found[key] = Triplet(text_id=text.text_id, number=len(found), **said)
    return list(found.values()), dropped, wrong


def _flaw(text: str, item: Any, config: TripletConfig) -> str:
    if not isinstance(item, Mapping) or not all(
        isinstance(item.get(name), str) and item[name].strip() for name in FIELDS
    ):
        return "wrong_json"
    if item["effect"] not in EFFECTS:
        return "wrong_json"
    phrase, name = item["phrase"].strip(), item["name"].strip()
    if not named_in(text, [phrase]):
        return "phrase_not_in_text"
    if not named_in(phrase, [name]):
        return "name_not_in_phrase"
    if name.lower() in config.never:
        return "whole_picture"
    return ""


def _told(reason: str, item: Any) -> Iterator[str]:
    if reason == "phrase_not_in_text":
        yield f"{item['phrase']!r} does not stand in the description"
    if reason == "name_not_in_phrase":
        yield f"{item['name']!r} does not stand in {item['phrase']!r}"
