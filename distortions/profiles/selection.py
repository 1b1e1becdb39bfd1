"""Which types a plan draws: ``plan.families`` and ``plan.types``, resolved against the registry.

Nothing said is what is drawn by default: the twelve published families and what plugins bring.
``all`` is every type, ``kadid`` and ``panda`` are the counterparts of these data sets, ``weather``
is a group, a family's name is that family. With ``+`` before it, it comes on top.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from distortions.families import GROUPS
from distortions.registry import DISTORTIONS, FAMILIES, Distortion, get, types_of
from schemas.errors import UnknownNameError

EVERYTHING = "all"
PANDA = (
    "snow",
    "contrast_inc",
    "compression",
    "brightness",
    "oversharpen",
    "noise",
    "blur",
    "haze",
    "rain",
    "saturate_inc",
    "saturate_dec",
    "contrast_dec",
    "darken",
    "pixelate",
)
"""The classes of Panda's set, "clean" left out, in its order. Source: its public code."""
TABLES: Mapping[str, tuple[int | str, ...]] = MappingProxyType(
    {"kadid": tuple(range(1, 26)), "panda": PANDA}
)
"""Names that other data sets have for their kinds: KADID-10k's numbers, Panda's classes."""


def counterparts(table: str) -> dict[int | str, tuple[Distortion, ...]]:
    """The types that stand for each kind of another data set.

    Args:
        table: ``kadid`` or ``panda``.

    Raises:
        UnknownNameError: Another table.
    """
    if table not in TABLES:
        raise UnknownNameError("profile", table, TABLES)
    return {
        kind: tuple(entry for entry in DISTORTIONS.values() if getattr(entry, table) == kind)
        for kind in TABLES[table]
    }


def drawable(
    families: Sequence[str], types: Sequence[str] = (), excluded: Iterable[str] = ()
) -> set[str]:
    """Names of the types that may be drawn.

    Args:
        families: As ``plan.families``.
        types: As ``plan.types``: those of the families that are named, whether they are drawn by
            default or not; without families, these.
        excluded: Never drawn.

    Raises:
        UnknownNameError: No such type, family, group or table.
    """
    wanted = _of_families(families)
    if types:
        homes = {get(name).family for name in (wanted if families else types)}
        wanted = {name for name in types if get(name).family in homes}
    return wanted - {get(name).name for name in excluded}


def _of_families(names: Sequence[str]) -> set[str]:
    plain = [name for name in names if not name.startswith("+")]
    on_top = [name.removeprefix("+") for name in names if name.startswith("+")]
    types = [] if plain else [entry for entry in DISTORTIONS.values() if entry.default]
    for name in plain:
        types += _named(name, everything=False)
    for name in on_top:
        types += _named(name, everything=True)
    return {entry.name for entry in types}


def _named(name: str, *, everything: bool) -> list[Distortion]:
    """The types of a name; of a family those drawn by default, where it has such."""
    if name == EVERYTHING:
        return list(DISTORTIONS.values())
    if name in TABLES:
        return [entry for entry in DISTORTIONS.values() if getattr(entry, name) is not None]
    if name in GROUPS:
        return [entry for family in GROUPS[name] for entry in types_of(family)]
    if name not in FAMILIES:
        raise UnknownNameError("family", name, [EVERYTHING, *TABLES, *GROUPS, *FAMILIES])
    own = types_of(name)
    default = [entry for entry in own if entry.default]
    return own if everything or not default else default
