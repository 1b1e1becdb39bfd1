"""The registry: every distortion type, found by name.

A type is a plain function ``(image, *parameters, site) -> image`` under ``@distortion``. The
decorator takes what cannot be read off the function: its family, its five levels, how far an
output pixel looks. Parameter names are the function's own.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

from distortions.families import BUILT_IN
from distortions.site import Site
from schemas.arrays import Image
from schemas.errors import ConfigError, UnknownNameError
from schemas.families import Family
from schemas.streams import Stream

Value: TypeAlias = float | int
Level: TypeAlias = Value | tuple[Value, ...]
Domain: TypeAlias = Literal["pixel", "neighbourhood", "region", "crop"]
"""What a result depends on: the pixel itself, pixels within the halo, statistics over the
region's own pixels, or the whole crop handed to a codec."""
Function = Callable[..., Image]

SEVERITIES = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class Distortion:
    """One registered type; see ``distortion`` for the fields."""

    name: str
    family: str
    function: Function
    parameters: tuple[str, ...]
    levels: tuple[tuple[Value, ...], ...]
    draws: Mapping[str, tuple[float, float]]
    halo: int | Callable[..., int] | None
    align: int
    random: bool
    domain: Domain
    visible_from: int
    dq495k: str | None
    summary: str

    def resolve(self, severity: int, key: int = 0) -> dict[str, Value]:
        """Parameters at ``severity`` (1..5), the drawn ones taken from the stream of ``key``."""
        if severity not in SEVERITIES:
            raise ConfigError(f"{self.name}: severity must be 1, 2, 3, 4 or 5, got {severity}")
        fixed = [name for name in self.parameters if name not in self.draws]
        values = dict(zip(fixed, self.levels[severity - 1], strict=True))
        drawn = {
            name: round(Stream(key, name).uniform(low, high), 3)
            for name, (low, high) in self.draws.items()
        }
        return {name: (values | drawn)[name] for name in self.parameters}

    def reach(self, params: Mapping[str, Value]) -> int | None:
        """Halo in pixels at these parameters; ``None`` means it reads the whole picture."""
        return self.halo(**params) if callable(self.halo) else self.halo

    def apply(self, image: Image, params: Mapping[str, Value], site: Site) -> Image:
        """Run the function; the input is left as it was."""
        return self.function(image, **params, site=site)


_DISTORTIONS: dict[str, Distortion] = {}
_ADDED_PAIRS: list[tuple[str, str]] = []
_FAMILIES: dict[str, Family] = {family.name: family for family in BUILT_IN}

DISTORTIONS: Mapping[str, Distortion] = MappingProxyType(_DISTORTIONS)
FAMILIES: Mapping[str, Family] = MappingProxyType(_FAMILIES)


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

    Raises:
        ConfigError: A name taken, an unknown family, levels that do not fit the signature.
    """

    def register(function: Function) -> Function:
        name = function.__name__
        names = tuple(inspect.signature(function).parameters)
        if len(names) < 2 or names[0] != "image" or names[-1] != "site":
            raise ConfigError(
                f"{name}: a distortion takes (image, ..., site), got ({', '.join(names)})"
            )
        if name in _DISTORTIONS:
            raise ConfigError(f"distortion {name!r} is registered twice")
        if family not in _FAMILIES:
            raise UnknownNameError("family", family, _FAMILIES)
        rows = tuple(level if isinstance(level, tuple) else (level,) for level in levels)
        fixed = len(names) - 2 - len(draws or {})
        if len(rows) != 5 or any(len(row) != fixed for row in rows):
            raise ConfigError(f"{name}: levels must be five rows of {fixed} value(s), got {levels}")
        _DISTORTIONS[name] = Distortion(
            name=name,
            family=family,
            function=function,
            parameters=names[1:-1],
            levels=rows,
            draws=MappingProxyType(dict(draws or {})),
            halo=halo,
            align=align,
            random=random,
            domain=domain,
            visible_from=visible_from,
            dq495k=dq495k,
            summary=(inspect.getdoc(function) or "").split("\n", 1)[0],
        )
        return function

    return register


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
