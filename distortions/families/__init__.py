"""The families that ship: the twelve published ones, and those that are drawn when asked for.

``known`` says what words a run has for them. A word belongs to one family: where a run makes both
colour quantization and banding, "banding" is the latter's.
"""

import dataclasses
import re
from collections.abc import Collection, Iterable

from distortions.families.more import GROUPS as GROUPS
from distortions.families.more import MORE as MORE
from distortions.families.more import ROWS as ROWS
from distortions.families.twelve import BUILT_IN as BUILT_IN
from schemas.families import Family


def known(families: Iterable[Family]) -> dict[str, Family]:
    """Families by name, none with a word that a family beyond the twelve has among them.

    Args:
        families: Families of one run, with all their words.
    """
    found = {family.name: family for family in families}
    newer = [family for family in MORE if family.name in found]
    words = {word for family in newer for word in (family.noun, *family.aliases)}
    published = {family.name for family in BUILT_IN}
    return {
        name: _without(family, words) if name in published else family
        for name, family in found.items()
    }


def _without(family: Family, words: Collection[str]) -> Family:
    """The family without these words, and without effects that name one of them."""
    named = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(words)))})\b")
    aliases = tuple(word for word in family.aliases if word not in words)
    effects = tuple(clause for clause in family.effects if not named.search(clause))
    if not words or (aliases, effects) == (family.aliases, family.effects):
        return family
    return dataclasses.replace(family, aliases=aliases, effects=effects)
