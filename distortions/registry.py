"""The registry: every distortion type, found by name.

A type is a plain function ``(image, *parameters, site) -> image`` under ``@distortion``. The
decorator takes what cannot be read off the function: its family, its five levels, how far an
output pixel looks. Parameter names are the function's own.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import TypeAlias, get_args

from distortions.definition import LIBRARIES, Domain, Function, Scope
from distortions.definition import SEVERITIES as SEVERITIES
from distortions.definition import Distortion as Distortion
from distortions.definition import Value as Value
from distortions.families import BUILT_IN, MORE, known
from schemas.errors import ConfigError, UnknownNameError
from schemas.families import Family, Shows

Level: TypeAlias = Value | tuple[Value, ...]

_DISTORTIONS: dict[str, Distortion] = {}
_ADDED_PAIRS: list[tuple[str, str]] = []
_FAMILIES: dict[str, Family] = known((*BUILT_IN, *MORE))
_SHIPPED = frozenset(_FAMILIES)

DISTORTIONS: Mapping[str, Distortion] = MappingProxyType(_DISTORTIONS)
FAMILIES: Mapping[str, Family] = MappingProxyType(_FAMILIES)


def families_among(names: Iterable[str]) -> dict[str, Family]:
    """Families that texts of a run know, with the words they have there.

    The twelve published ones and those of plugins are always among them; "banding" is colour
    quantization until a run has banding.

    Args:
        names: Those that the run draws.
    """
    drawn = set(names)
    own = [family for name, family in _FAMILIES.items() if name not in _SHIPPED]
    return known((*BUILT_IN, *(family for family in MORE if family.name in drawn), *own))


def register_family(
    family: Family, *, after: Iterable[str] = (), before: Iterable[str] = ()
) -> Family:
    """Add a family with its row in the order tables.

    Args:
        family: The family and its words.
        after: Families it may be laid over, in every built-in order profile.
        before: Families that may be laid over it, likewise.

    Raises:
        ConfigError: The name is taken.
        UnknownNameError: ``after`` or ``before`` names no family.
    """
    if family.name in _FAMILIES:
        raise ConfigError(f"family {family.name!r} is registered twice")
    for name in (*after, *before):
        if name not in _FAMILIES:
            raise UnknownNameError("family", name, _FAMILIES)
    _FAMILIES[family.name] = family
    _ADDED_PAIRS.extend((name, family.name) for name in after)
    _ADDED_PAIRS.extend((family.name, name) for name in before)
    return family


def added_pairs() -> list[tuple[str, str]]:
    """Ordered pairs of families that plugins brought."""
    return list(_ADDED_PAIRS)


def distortion(
    family: str,
    levels: tuple[Level, Level, Level, Level, Level],
    *,
    halo: int | Callable[..., int] | None = 0,
    align: int = 1,
    random: bool = False,
    domain: Domain = "pixel",
    visible_from: int = 1,
    draws: Mapping[str, tuple[float, float]] | None = None,
    dq495k: str | None = None,
    scope: Scope = "region",
    default: bool = True,
    sparse: bool | None = None,
    kadid: int | None = None,
    panda: str | None = None,
    vida: str | None = None,
    extra: str = "",
    library: str = "",
    portable: bool = True,
) -> Callable[[Function], Function]:
    """Register a distortion type under its function's name.

    Args:
        family: A registered family.
        levels: Five entries, severity 1 to 5: the value of the function's parameter, or a tuple
            of values when it has several.
        halo: How far (Chebyshev, pixels) an output pixel looks: a number, a function of the
            parameters (by name), or ``None`` when it looks at the whole picture.
        align: Crops start at multiples of this many pixels (block codecs).
        random: Whether the result depends on ``site.key``.
        domain: What the result depends on.
        visible_from: Lowest severity a viewer can see without the reference.
        draws: Parameters drawn per region, name to uniform range; not part of the levels.
        dq495k: Name of this type in DQ-495K, if it is one of its 35.
        scope: ``picture`` for what is natural only over a whole picture, as rain is; it is drawn on
            regions only where a plan is not ``scoped``.
        default: Whether it is drawn where a plan does not ask for it.
        sparse: Whether it is told by few strong places; ``None``: as its family is.
        kadid: Number of its kind in KADID-10k, 1 to 25.
        panda: Its class in Panda.
        vida: Its class in ViDA-UGC.
        extra: Of ours that it takes: ``codec``, ``generative``.
        library: Distribution whose version decides the pixels, e.g. ``av``: a run that was begun
            with one version is not gone on with under another.
        portable: Whether every x86-64 machine gives the same bytes; ``False`` where that was not
            seen.

    Raises:
        ConfigError: A name taken, an unknown family, levels that do not fit the signature.
            Whatever is found here is found while the file with the type is read.
    """

    def register(function: Function) -> Function:
        entry = Distortion(
            name=function.__name__,
            family=family,
            function=function,
            parameters=tuple(inspect.signature(function).parameters)[1:-1],
            levels=tuple(level if isinstance(level, tuple) else (level,) for level in levels),
            draws=MappingProxyType(dict(draws or {})),
            halo=halo,
            align=align,
            random=random,
            domain=domain,
            visible_from=visible_from,
            dq495k=dq495k,
            summary=(inspect.getdoc(function) or "").split("\n", 1)[0],
            scope=scope,
            default=default,
            shows=_shows(family, sparse),
            kadid=kadid,
            panda=panda,
            vida=vida,
            extra=extra,
            library=library,
            portable=portable,
        )
        _require(entry)
        _DISTORTIONS[entry.name] = entry
        return function

    return register


def _shows(family: str, sparse: bool | None) -> Shows:
    if sparse is not None:
        return "sparse" if sparse else "any"
    return _FAMILIES[family].shows if family in _FAMILIES else "any"


def _require(entry: Distortion) -> None:
    names = list(inspect.signature(entry.function).parameters)
    if len(names) < 2 or names[0] != "image" or names[-1] != "site":
        raise ConfigError(
            f"{entry.name}: a distortion takes (image, ..., site), got ({', '.join(names)})"
        )
    if entry.name in _DISTORTIONS:
        raise ConfigError(f"distortion {entry.name!r} is registered twice")
    if entry.family not in _FAMILIES:
        raise UnknownNameError("family", entry.family, _FAMILIES)
    for drawn in entry.draws:
        if drawn not in entry.parameters:
            raise UnknownNameError(f"parameter in draws of {entry.name}:", drawn, entry.parameters)
    fixed = [name for name in entry.parameters if name not in entry.draws]
    numbers = all(isinstance(value, int | float) for row in entry.levels for value in row)
    if len(entry.levels) != 5 or any(len(row) != len(fixed) for row in entry.levels) or not numbers:
        wanted = f"{len(fixed)} number(s) ({', '.join(fixed)})" if fixed else "an empty tuple"
        raise ConfigError(
            f"{entry.name}: levels must be five rows of {wanted}, got {list(entry.levels)}"
        )
    _require_words(entry)
    if entry.visible_from not in SEVERITIES or entry.align < 1:
        raise ConfigError(
            f"{entry.name}: visible_from must be 1 to 5 and align at least 1, "
            f"got {entry.visible_from} and {entry.align}"
        )


def _require_words(entry: Distortion) -> None:
    if entry.domain not in get_args(Domain):
        raise UnknownNameError(f"domain of {entry.name}:", entry.domain, get_args(Domain))
    if entry.scope not in get_args(Scope):
        raise UnknownNameError(f"scope of {entry.name}:", entry.scope, get_args(Scope))
    if entry.extra and entry.extra not in LIBRARIES:
        raise UnknownNameError(f"extra of {entry.name}:", entry.extra, LIBRARIES)


def get(name: str) -> Distortion:
    """The type called ``name``; ``UnknownNameError`` offers near names."""
    if name not in _DISTORTIONS:
        raise UnknownNameError("distortion", name, _DISTORTIONS)
    return _DISTORTIONS[name]


def types_of(family: str) -> list[Distortion]:
    """The types of a family, in order of registration."""
    if family not in _FAMILIES:
        raise UnknownNameError("family", family, _FAMILIES)
    return [entry for entry in _DISTORTIONS.values() if entry.family == family]
