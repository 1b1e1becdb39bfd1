"""What a server sends back, read without trust: whatever it is, it is a completion or none."""

import json
import math
import re
from collections.abc import Sequence
from typing import Any

from annotators.chat.protocol import Completion

SURROGATE = re.compile("[\ud800-\udfff]")
"""Half of a character; no file and no request holds one."""
MOST_TOKENS = 1 << 40
MOST_ANSWER = 4 << 20
"""Bytes of an answer; a text of the longest turn has a hundredth of that."""


def whole_body(answer: Any) -> bytes | None:
    """The body of an answer as httpx streams it; none where it is longer than any answer."""
    found = bytearray()
    for part in answer.iter_bytes():
        found += part
        if len(found) > MOST_ANSWER:
            return None
    return bytes(found)


def shown(body: bytes) -> str:
    """The beginning of a body as part of one line for people."""
    text = body[:2000].decode("utf-8", "replace")
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:160]


def read_completion(body: bytes, choices: Sequence[str] = ()) -> Completion:
    """The completion in the body of an answer.

    Args:
        body: JSON.
        choices: Words whose probabilities were asked for.

    Raises:
        ValueError: There is none in it.
    """
    try:
        found = json.loads(body)
        choice = found["choices"][0]
        text, finish = _text(choice["message"].get("content")), choice.get("finish_reason")
        usage = found.get("usage")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"no completion: {type(error).__name__}") from None
    details = usage.get("prompt_tokens_details") if isinstance(usage, dict) else None
    return Completion(
        text,
        plain(finish) if isinstance(finish, str) and finish else "stop",
        _count(usage, "prompt_tokens"),
        _count(usage, "completion_tokens"),
        _count(details, "cached_tokens"),
        likely(choice.get("logprobs"), choices) if choices else (),
    )


def likely(logprobs: Any, choices: Sequence[str]) -> tuple[float, ...]:
    """Probabilities of words where the answer says one of them, among themselves.

    Args:
        logprobs: Of a choice: tokens, each with what else might have stood there.
        choices: Words, lower case; blanks, quotes and capitals around them do not count.

    Returns:
        One a word, adding up to 1; nothing where no token is one of them.
    """
    try:
        tokens = [(_word(one["token"]), one["top_logprobs"]) for one in logprobs["content"]]
        other = [top for word, top in tokens if word in choices][-1]
        said = [(_word(one["token"]), math.exp(min(one["logprob"], 0.0))) for one in other]
    except (LookupError, TypeError, AttributeError):
        return ()
    sums = [sum(share for word, share in said if word == choice) for choice in choices]
    whole = sum(sums)
    return tuple(share / whole for share in sums) if math.isfinite(whole) and whole > 0 else ()


def _word(token: str) -> str:
    """A token without what surrounds words."""
    return token.strip(" \t\n\"'.▁Ġ").lower()


def plain(text: str) -> str:
    """The text without halves of characters, which cannot be written down."""
    return SURROGATE.sub("\ufffd", text)


def _text(content: Any) -> str:
    """Text as it is, or the texts of a list of parts, one after the other."""
    if content is None:
        return ""
    if isinstance(content, str):
        return plain(content)
    if not isinstance(content, list):
        raise TypeError("content that is no text")
    parts = [part["text"] for part in content if part.get("type", "text") == "text"]
    if not all(isinstance(part, str) for part in parts):
        raise TypeError("a part that is no text")
    return plain("".join(parts))


def _count(usage: Any, name: str) -> int:
    """A number of tokens; 0 where the server tells nothing that makes sense."""
    number = usage.get(name) if isinstance(usage, dict) else None
    return number if type(number) is int and 0 <= number < MOST_TOKENS else 0
