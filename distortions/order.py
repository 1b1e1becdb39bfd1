"""Which family may follow which: named profiles, as data.

A profile maps a first family to the families that may be laid over it. ``paper`` is the printed
table, ``restored`` (default) the table as it must have read before a row break was lost,
``dq495k`` the wider set of DQ-495K. Each holds the rows of families beyond the twelve besides. A
custom profile comes from the configuration; a family that a plugin brings adds its own row when it
registers.

Source: IQA-Spider (arXiv 2605.24553), table 8; DQ-495K, ordered pairs of distortions.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

from distortions.families import ROWS
from distortions.registry import Distortion, added_pairs
from schemas.errors import ConfigError, UnknownNameError

Profile: TypeAlias = Mapping[str, frozenset[str]]


def _profile(rows: Mapping[str, str]) -> Profile:
    return MappingProxyType({first: frozenset(after.split()) for first, after in rows.items()})


PAPER = _profile(
    {
        "blur": "compression noise",
        "compression": "blur noise",
        "contrast_weaken": "noise blur compression contrast_weaken pixelate saturate_weaken",
        "pixelate": "noise",
        "saturate_weaken": "noise",
    }
)

# The printed rows are alphabetical, a noise row is missing where it would stand, and the third
# cell is one entry followed by an alphabetical list. Split there, the relation is symmetric and
# every pair is a pair of DQ-495K; the pairs that only the printed row adds commute.
RESTORED = _profile(
    {
        "blur": "compression noise",
        "compression": "blur noise",
        "contrast_weaken": "noise",
        "noise": "blur compression contrast_weaken pixelate saturate_weaken",
        "pixelate": "noise",
        "saturate_weaken": "noise",
    }
)

_TONES = "contrast_strengthen contrast_weaken"
_SATURATIONS = "saturate_strengthen saturate_weaken"
_DEGRADE = "blur compression noise pixelate quantization"

DQ495K = _profile(
    {
        "blur": f"brighten compression darken noise quantization {_TONES} {_SATURATIONS}",
        "brighten": _DEGRADE,
        "compression": f"blur brighten darken noise {_TONES} {_SATURATIONS}",
        "contrast_strengthen": _DEGRADE,
        "contrast_weaken": _DEGRADE,
        "darken": _DEGRADE,
        "noise": (f"blur brighten compression darken oversharpen pixelate {_TONES} {_SATURATIONS}"),
        "oversharpen": "brighten",
        "pixelate": f"brighten darken noise oversharpen quantization {_TONES} {_SATURATIONS}",
        "quantization": f"brighten darken noise oversharpen pixelate {_TONES} {_SATURATIONS}",
        "saturate_strengthen": f"oversharpen {_DEGRADE}",
        "saturate_weaken": f"oversharpen {_DEGRADE}",
    }
)

PROFILES: Mapping[str, Profile] = MappingProxyType(
    {"paper": PAPER, "restored": RESTORED, "dq495k": DQ495K}
)


def get_profile(
    name: str,
    custom: Mapping[str, Mapping[str, Iterable[str]]],
    families: Iterable[str],
) -> Profile:
    """The profile called ``name``, custom ones first.

    Raises:
        UnknownNameError: No such profile, or a custom row names no registered family.
        ConfigError: A custom row lets a family follow itself.
    """
    if name not in custom:
        if name not in PROFILES:
            raise UnknownNameError("order profile", name, [*PROFILES, *custom])
        return _with_added_pairs(PROFILES[name])
    known = set(families)
    rows = {first: frozenset(after) for first, after in custom[name].items()}
    for first, after in rows.items():
        for family in {first, *after} - known:
            raise UnknownNameError(f"family in order profile {name!r}:", family, known)
        if first in after:
            raise ConfigError(f"order profile {name!r}: {first!r} may not follow itself")
    return MappingProxyType(rows)


def _with_added_pairs(profile: Profile) -> Profile:
    rows = dict(profile)
    for first, after in ROWS.items():
        rows[first] = rows.get(first, frozenset()) | after
    for first, second in added_pairs():
        rows[first] = rows.get(first, frozenset()) | {second}
    return MappingProxyType(rows)


def among(profile: Profile, families: Iterable[str]) -> Profile:
    """The profile without pairs of families that a run does not know."""
    known = set(families)
    rows = {first: after & known for first, after in profile.items() if first in known}
    return MappingProxyType({first: after for first, after in rows.items() if after})


def allows(profile: Profile, chain: Iterable[str]) -> bool:
    """Whether every neighbouring pair of families in ``chain`` is in the profile."""
    names = list(chain)
    return all(a != b and b in profile.get(a, ()) for a, b in itertools.pairwise(names))


def pairs(profile: Profile) -> list[tuple[str, str]]:
    """All ordered pairs of the profile, sorted; a family never follows itself."""
    return sorted((a, b) for a, after in profile.items() for b in after if a != b)


def require_order(name: str, profile: Profile, chain: Sequence[tuple[Distortion, int]]) -> None:
    """Raise ``ConfigError`` unless the chain's families may follow each other in ``profile``."""
    families = [entry.family for entry, _ in chain]
    for first, second in itertools.pairwise(families):
        if not allows(profile, (first, second)):
            after = ", ".join(sorted(profile.get(first, ()))) or "nothing"
            raise ConfigError(
                f"forbidden chain: {second!r} may not follow {first!r} in order profile "
                f"{name!r}; allowed after it: {after}"
            )
