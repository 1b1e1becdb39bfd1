"""Multiple-choice questions with their options in another order, the letters remapped."""

import re
from typing import NamedTuple

from schemas.streams import Stream

_OPTION = re.compile(r"(?P<mark>[(]?)(?P<letter>[A-H])(?P<end>[.):])(?P<gap>[ \t]*)")
_ANSWER = re.compile(r"^\s*[(]?([A-H])(?:[.):]\s*|\s*$)")

_RELATIVE = re.compile(r"\b(above|below|former|latter|both|neither|either|[A-H] (and|or) [A-H])\b")
"""An option that speaks of others and is true in its place only."""


class _Choice(NamedTuple):
    letter: str
    start: int  # of the text
    stop: int


def shuffle_options(question: str, answer: str, stream: Stream) -> tuple[str, str]:
    r"""Put the options of a question in a keyed order.

    The texts change places, the letters stay in line. A pair that cannot be read without doubt
    comes back as it is: letters that are not A, B, ... once each in line, options of several lines
    or that speak of others ("all of the above"), an answer that names no letter, or an answer whose
    text is not that of its letter.

    Args:
        question: E.g. ``"Which?\nA. Blur\nB. Noise"``.
        answer: E.g. ``"B"`` or ``"B. Noise"``.
        stream: Of this row.
    """
    choices = _choices(question)
    named = _ANSWER.match(answer)
    if len(choices) < 2 or not named or named[1] not in {choice.letter for choice in choices}:
        return question, answer
    texts = [question[choice.start : choice.stop] for choice in choices]
    old = next(place for place, choice in enumerate(choices) if choice.letter == named[1])
    said = answer[named.end() :].strip()
    if said and said.rstrip(".") != texts[old].strip().rstrip("."):
        return question, answer
    order = stream.shuffled(range(len(choices)))
    letter = choices[order.index(old)].letter
    start = named.start(1)
    moved = answer[:start] + letter + answer[start + 1 :]
    return _with_texts(question, choices, [texts[place] for place in order]), moved


def _choices(question: str) -> list[_Choice]:
    """Options in line; none where the letters are not A, B, C, ... in this order, once each."""
    marks = [m for m in _OPTION.finditer(question) if _begins(question, m.start())]
    letters = "".join(mark["letter"] for mark in marks)
    if not letters or letters != "ABCDEFGH"[: len(letters)]:
        return []
    ends = [mark.start() for mark in marks[1:]] + [len(question)]
    found = []
    for mark, end in zip(marks, ends, strict=True):
        text = question[mark.end() : end]
        first = text.split("\n", 1)[0].rstrip(" ,;")
        if re.search(r"[.?!]\s+\S", first):  # an instruction may follow on the same line
            return []
        if _RELATIVE.search(first.lower()) or _RELATIVE.search(first):
            return []
        if end < len(question) and text[len(first) :].strip(" ,;\n\t("):
            return []
        found.append(_Choice(mark["letter"], mark.end(), mark.end() + len(first)))
    return found


def _begins(text: str, at: int) -> bool:
    """Whether an option can begin here: at the start, after a space or a break."""
    return at == 0 or text[at - 1] in " \n\t,;"


def _with_texts(question: str, choices: list[_Choice], texts: list[str]) -> str:
    out, at = [], 0
    for choice, text in zip(choices, texts, strict=True):
        out += [question[at : choice.start], text]
        at = choice.stop
    return "".join([*out, question[at:]])
