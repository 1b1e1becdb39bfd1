"""Small pieces of English grammar."""

from collections.abc import Sequence

from schemas.families import Family
from schemas.records import Step


def capitalised(text: str) -> str:
    """First letter large, the rest as it is."""
    return text[:1].upper() + text[1:]


def joined(items: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def with_article(noun: str) -> str:
    """``a dog``, ``an area``; by the first letter, which is right for the labels we have."""
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def step_phrase(step: Step, family: Family) -> str:
    """``mild blur``; ``blur`` where nobody said how strong it is."""
    return f"{step.grade} {family.noun}".strip()
