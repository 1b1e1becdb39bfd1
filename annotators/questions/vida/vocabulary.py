"""The vocabulary of ViDA-UGC as a map: classes, severities, levels, importance.

Records keep our families and grades; a step is translated when it is written out, a class when it
is read in. ``vocabulary.toml`` is the profile; another file of the same form replaces it.
"""

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from schemas.errors import ConfigError
from schemas.steps import Step

PROFILE = Path(__file__).with_name("vocabulary.toml")


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str


class Class(_Entry):
    """A distortion by their name; see the comment that heads the file."""

    families: tuple[str, ...]
    types: tuple[str, ...]
    aliases: tuple[str, ...]
    reads_as: str
    confused_with: tuple[str, ...]


class Severity(_Entry):
    """A word for how strong."""

    grade: str
    reads_as: int = Field(ge=1, le=5)
    aliases: tuple[str, ...]


class Level(_Entry):
    """A word for the whole picture."""

    below: float
    mos: float


class Importance(_Entry):
    """A word for how much a region matters."""

    share: float


class Vocabulary(BaseModel):
    """The whole map."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    classes: tuple[Class, ...] = Field(alias="class", min_length=2)
    severities: tuple[Severity, ...] = Field(alias="severity", min_length=1)
    levels: tuple[Level, ...] = Field(alias="level", min_length=1)
    importances: tuple[Importance, ...] = Field(alias="importance", min_length=1)

    @property
    def names(self) -> tuple[str, ...]:
        """All classes, in the order of the file."""
        return tuple(entry.name for entry in self.classes)

    def class_of(self, step: Step) -> str | None:
        """Their name for a step; ``None`` where they have none."""
        by_type = (c.name for c in self.classes if step.type in c.types)
        by_family = (c.name for c in self.classes if step.family in c.families)
        return next(by_type, None) or next(by_family, None)

    def known(self, said: str) -> str | None:
        """The class that a word means, whatever its case, number or spelling; else ``None``."""
        return _spellings(self).get(plain(said))

    def family(self, name: str) -> str | None:
        """Our family for a word of theirs; ``None`` for one that is unknown."""
        found = self.known(name)
        return next((c.reads_as for c in self.classes if c.name == found), None)

    def rivals(self, name: str) -> tuple[str, ...]:
        """Classes that are easily taken for this one."""
        return next(c.confused_with for c in self.classes if c.name == name)

    def severity_word(self, grade: str) -> str | None:
        """Their word for a grade of ours; ``None`` where a step has no grade."""
        return next((s.name for s in self.severities if s.grade == grade), None)

    def severity_rank(self, said: str) -> int | None:
        """0 for the weakest word, and so on; ``None`` for a word that is unknown."""
        wanted = plain(said)
        for rank, entry in enumerate(self.severities):
            if wanted in map(plain, (entry.name, *entry.aliases)):
                return rank
        return None

    def level(self, harm: float) -> Level:
        """The level of a picture by its summed harm; the best one only without any."""
        best, *others = self.levels
        if harm <= best.below:
            return best
        return next(level for level in others if harm < level.below)

    def importance(self, share: float) -> str:
        """The word for a share of the highest significance of the picture."""
        return next(entry.name for entry in self.importances if share >= entry.share)


def plain(said: str) -> str:
    """Lower case, blanks for underscores and hyphens."""
    return " ".join(said.lower().replace("_", " ").replace("-", " ").split())


@lru_cache(maxsize=8)
def _spellings(vocabulary: Vocabulary) -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in vocabulary.classes:
        for word in (entry.name, *entry.aliases):
            one = plain(word)
            found[one] = entry.name
            found.setdefault(one.removesuffix("s") if one.endswith("s") else one + "s", entry.name)
    return found


@lru_cache(maxsize=8)
def read_vocabulary(path: Path = PROFILE) -> Vocabulary:
    """A profile.

    Raises:
        ConfigError: Unreadable, or not of this form.
    """
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        return Vocabulary.model_validate(table)
    except OSError as error:
        raise ConfigError(f"{path}: cannot read it: {error.strerror}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ConfigError(f"{path}: {where}: {first['msg']}") from None
    except ValueError as error:
        raise ConfigError(f"{path}: not TOML: {error}") from None
