"""What a distortion family is: one of the kinds of flaw a viewer can name.

Those that ship are data in ``distortions/families``; a plugin may add its own. The class stands
here because both the distortions (which belong to one) and the annotators (which name it in words)
need it, and those two rooms do not know each other.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Shows: TypeAlias = Literal["any", "chroma", "sparse"]
"""Where a flaw is looked for: in structure or tone, in colour at edges, or in few strong places."""


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of flaw and the words for it.

    Args:
        name: Registry name, e.g. ``contrast_weaken``.
        noun: The word in short answers after a grade, e.g. ``contrast weakening``.
        aliases: Other words by which a text may name it; the fact checker knows them all.
        effects: Clauses without a subject, third person singular, saying what it does to a
            region, e.g. ``softens edges and fine detail``; the template writer's raw material.
        shows: By what the gate tells that it is there; the mean of all pixels hides what is sparse,
            and luma what is colour alone.
        unlike: Families that a viewer may take it for: it is never asked against them, nor they
            against it.
        excludes: Families that it holds already, so that no chain lays both on one region.
    """

    name: str
    noun: str
    aliases: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()
    shows: Shows = "any"
    unlike: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
