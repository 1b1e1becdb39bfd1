"""The prompts of the dialogue: text files, versioned by what they say."""

import hashlib
from functools import cache
from importlib.resources import files

NAMES = (
    "system",
    "picture",
    "global",
    "local",
    "long",
    "grounding",
    "retry",
    "paraphrase",
    "refine",
    "question",
)


@cache
def prompt(name: str) -> str:
    """The text of a prompt, slots unfilled."""
    file = files("annotators.chat") / "prompts" / f"{name}.txt"
    return file.read_text(encoding="utf-8").strip()


@cache
def version() -> str:
    """``prompts-`` and 8 hex digits over all texts: another word, another version."""
    joined = "\0".join(f"{name}\0{prompt(name)}" for name in NAMES)
    return f"prompts-{hashlib.sha256(joined.encode()).hexdigest()[:8]}"


def filled(name: str, **slots: object) -> str:
    """A prompt with its slots filled."""
    return prompt(name).format(**slots)
