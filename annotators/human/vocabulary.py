"""What people call flaws: a table of words, open to others, with a list of what was not known."""

import difflib
import json
import re
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, Literal

from schemas.errors import ConfigError
from schemas.families import Family

Unknown = Literal["reject", "other"]


@dataclass
class Vocabulary:
    """Words to families.

    Args:
        words: Normalised word to family name.
        families: Families beyond the built-in ones, with their words.
        unknown: Whether a word nobody knows is rejected or becomes a family of its own.
        missed: Words that were not known, with how often; filled as words are looked up.
    """

    words: Mapping[str, str]
    families: dict[str, Family]
    unknown: Unknown = "reject"
    missed: Counter[str] = field(default_factory=Counter)

    def knows(self, word: str) -> bool:
        """Whether a word names a flaw."""
        return normal(word) in self.words

    def family(self, word: str) -> str | None:
        """The family of a word; ``None`` when it is not known and unknown words are rejected."""
        key = normal(word)
        if key in self.words:
            return self.words[key]
        self.missed[key] += 1
        if self.unknown == "reject" or not key:
            return None
        # letters of any script: words without a Latin one would else be one family
        name = "other_" + re.sub(r"\W+", "_", key)
        self.families.setdefault(name, Family(name, key))
        return name

    def nearest(self, word: str) -> list[str]:
        """Known words that are written alike."""
        return difflib.get_close_matches(normal(word), self.words, n=3, cutoff=0.6)


def normal(word: str) -> str:
    """Lower case, blanks for ``_`` and ``-``, one blank at a time."""
    return " ".join(re.sub(r"[_-]", " ", word.lower()).split())


TWELVE = "12 families"
"""Name of the table that knows only the twelve published families as ours."""
_FILES = {"": "vocabulary.toml", TWELVE: "vocabulary_12_families.toml"}


def builtin_vocabulary(unknown: Unknown = "reject", profile: str = "") -> Vocabulary:
    """A table that ships: words of KonIQ++, Q-Ground and ViDA among them.

    Args:
        unknown: See ``Vocabulary``.
        profile: Empty for all families, or ``TWELVE``.
    """
    name = _FILES[profile]
    text = files("annotators.human").joinpath(name).read_text(encoding="utf-8")
    return parse_vocabulary(text, name, unknown)


def parse_vocabulary(text: str, origin: str, unknown: Unknown = "reject") -> Vocabulary:
    """A table in the form of the one that ships.

    Raises:
        ConfigError: Not TOML, a table that is no family, or a word that two families claim.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{origin}: not valid TOML: {error}") from None
    words: dict[str, str] = {}
    families: dict[str, Family] = {}
    for name, table in tables.items():
        if name == "words":
            for family, own in table.items():
                _claim(words, family, own, origin)
            continue
        families[name] = _family(name, table, origin)
        _claim(words, name, table.get("words", []), origin)
        _claim(words, name, [families[name].noun], origin)
    return Vocabulary(words, families, unknown)


def families_toml(families: Mapping[str, Family]) -> str:
    """Families in the form of the vocabulary, so that a build knows their words."""
    lines = []
    for name, family in sorted(families.items()):
        lines += [
            f"[{_toml(name)}]",
            f"noun = {_toml(family.noun)}",
            f"aliases = {_toml(family.aliases)}",
            f"effects = {_toml(family.effects)}",
            "",
        ]
    return "\n".join(lines)


def _toml(value: str | Sequence[str]) -> str:
    """As JSON, which is TOML but for its escapes of what lies beyond 16 bits."""
    return json.dumps(value, ensure_ascii=False)


def _family(name: str, table: Any, origin: str) -> Family:
    if not isinstance(table, dict) or not isinstance(table.get("noun"), str):
        raise ConfigError(f"{origin}: [{name}] needs a noun")
    aliases, effects = table.get("aliases", []), table.get("effects", [])
    return Family(name, table["noun"], tuple(map(str, aliases)), tuple(map(str, effects)))


def _claim(words: dict[str, str], family: str, own: Any, origin: str) -> None:
    if not isinstance(own, list):
        raise ConfigError(f"{origin}: words of {family} must be a list, got {own!r:.40}")
    for word in own:
        other = words.setdefault(normal(str(word)), family)
        if other != family:
            raise ConfigError(f"{origin}: {word!r} belongs to {other} and to {family}")
