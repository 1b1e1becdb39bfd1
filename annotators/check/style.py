"""Form and manner of a text: whole sentences of plain English about what can be seen."""

import re

from annotators.facts import LIMITS, Ask, PictureFacts, Violation
from annotators.language.mentions import blanked

# What a viewer of the degraded picture cannot know or would not say.
_FORBIDDEN = re.compile(
    r"\b(?:reference (?:image|picture|photo\w*)|original\w*|pristine|undistorted|ground truth|"
    r"masks?|masked|metadata|annotat\w+|bounding box\w*|json|severity (?:level )?\d|level \d|"
    r"gaussian|poisson|otsu|median[- ]cut|jpeg ?2000|ssim|psnr|dataset|algorithm\w*|"
    r"synthetic\w*|artificially|"
    r"(?:no|without|free of)(?: \w+){0,2} (?:distortions?|degradations?|flaws?|damage)"
    r"(?: \w+){0,2} (?:added|applied|introduced|inserted))\b",
    re.IGNORECASE,
)
_REFUSAL = re.compile(
    r"\b(?:as an ai|as a language model|i(?:'m| am) (?:sorry|unable)|i (?:can(?:no|')t|cannot)|"
    r"unable to (?:assist|determine|see))\b",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"[*#`{}<>|\[\]\\]|\s{2,}|\n|^\s|\s$")
_ENGLISH = frozenset(
    re.findall(
        r"\w+",
        "the a an it is in of and there with to by on that this which no was are has have where "
        "not its as at one from looks what all into then first over makes it's them can be",
    )
)
_LEAST_ENGLISH = 0.1
_MOST_FOREIGN = 0.02


def style_violations(text: str, ask: Ask, facts: PictureFacts) -> list[Violation]:
    """Violations of form; the facts are only worth looking at when there are none."""
    if not text.strip():
        return [Violation("empty", "no text")]
    plain = blanked(text, facts.references.values())
    words = re.findall(r"[\w'-]+", text)
    limits = LIMITS[ask.task]
    checks: tuple[tuple[str, re.Match[str] | bool | None], ...] = (
        ("refusal", _REFUSAL.search(text)),
        ("malformed", _MARKUP.search(text) or not re.search(r"[.!?]$", text)),
        ("malformed", not text[0].isupper()),
        ("too_short", len(words) < limits.fewest),
        ("too_long", len(words) > limits.most),
        ("not_english", _foreign(text, words)),
        ("forbidden_word", _FORBIDDEN.search(plain)),
    )
    broken = [(rule, hit) for rule, hit in checks if hit]
    return [
        Violation(rule, repr(hit.group() if isinstance(hit, re.Match) else text[:60]))
        for rule, hit in broken
    ]


def _foreign(text: str, words: list[str]) -> bool:
    """Too many letters outside ASCII, too few everyday words, or one word over and over."""
    letters = [c for c in text if c.isalpha()]
    odd = sum(not c.isascii() for c in letters)
    everyday = sum(word.lower() in _ENGLISH for word in words)
    counts = [words.count(word) for word in set(words) if word.lower() not in _ENGLISH]
    stuck = len(words) > 12 and max(counts, default=0) > len(words) / 3
    return odd > _MOST_FOREIGN * len(letters) or everyday < _LEAST_ENGLISH * len(words) or stuck
