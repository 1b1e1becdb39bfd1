"""What a distortion family is: one of the twelve kinds of flaw a viewer can name.

The built-in twelve are data in ``distortions/families.py``; a plugin may add its own. The class
stands here because both the distortions (which belong to one) and the annotators (which name it
in words) need it, and those two rooms do not know each other.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of flaw and the words for it.

    Args:
        name: Registry name, e.g. ``contrast_weaken``.
        noun: The word in short answers after a grade, e.g. ``contrast weakening``.
        aliases: Other words by which a text may name it; the fact checker knows them all.
        effects: Clauses without a subject, third person singular, saying what it does to a
            region, e.g. ``softens edges and fine detail``; the template writer's raw material.
    """

    name: str
    noun: str
    aliases: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()
