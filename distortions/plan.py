"""Draws what is done to a picture: kind, regions, chains. Everything keyed, nothing measured.

Source: dataset rules, sections 4 and 5.
"""

from collections.abc import Container, Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

from distortions.chain import Link
from distortions.order import Profile, among, get_profile, pairs
from distortions.perception import grade_of as sight_grade
from distortions.profiles import at_levels, drawable
from distortions.registry import (
    DISTORTIONS,
    FAMILIES,
    SEVERITIES,
    Distortion,
    families_among,
    get,
    types_of,
)
from schemas.errors import ConfigError
from schemas.families import Family
from schemas.records import Grade
from schemas.settings.config import PlanConfig, PlanWeights
from schemas.streams import KeyPart, Stream, derive_key

PlanKind: TypeAlias = Literal["regions", "uniform", "clean"]
DrawnStep: TypeAlias = tuple[Distortion, int]


class Palette(NamedTuple):
    """What may be drawn: the resolved side of a ``PlanConfig``.

    Args:
        families: Family name to its types that may be drawn on a region.
        pairs: Ordered pairs of families a chain of two may have.
        order: Profile that order questions must respect.
        config: The settings it came from.
        known: Families that texts of the run know, by name.
        whole: What may be drawn over a whole picture; ``None`` where it is the same.
    """

    families: dict[str, tuple[Distortion, ...]]
    pairs: tuple[tuple[str, str], ...]
    order: Profile
    config: PlanConfig
    known: Mapping[str, Family]
    whole: "Palette | None" = None

    @property
    def over_picture(self) -> "Palette":
        """The palette of chains that lie over a whole picture."""
        return self if self.whole is None else self.whole

    def under(self, config: PlanConfig) -> "Palette":
        """The same under other settings, e.g. other weights."""
        whole = None if self.whole is None else self.whole._replace(config=config)
        return self._replace(config=config, whole=whole)

    @property
    def types(self) -> list[Distortion]:
        """All that may be drawn, anywhere."""
        return [entry for types in self.over_picture.families.values() for entry in types]

    @property
    def weights(self) -> PlanWeights:
        """Family or type to how often it is drawn beside others; 1 where it is not named."""
        return self.config.weights

    def family(self, stream: Stream, names: Sequence[str]) -> str:
        """One of ``names`` by the families' weights."""
        return stream.weighted(names, [self.weights.families.get(name, 1.0) for name in names])

    def type_of(self, stream: Stream, family: str) -> Distortion:
        """A type of a family by the types' weights."""
        types = self.families[family]
        return stream.weighted(types, [self.weights.types.get(t.name, 1.0) for t in types])

    def pair(self, stream: Stream) -> tuple[str, str]:
        """An ordered pair; its weight is the product of both families'."""
        of = self.weights.families
        return stream.weighted(self.pairs, [of.get(a, 1.0) * of.get(b, 1.0) for a, b in self.pairs])


def make_palette(config: PlanConfig) -> Palette:
    """Resolve names against the registry.

    Raises:
        UnknownNameError: A family, type or profile that does not exist.
        ConfigError: Nothing left to draw, or nothing for regions where some are to be degraded.
    """
    everywhere = _drawable(config)
    if not everywhere:
        raise ConfigError(
            "plan: no distortion left to draw; check families, types, exclude_types and weights"
        )
    known = families_among(everywhere)
    order, generate = (
        among(get_profile(name, config.orders, FAMILIES), known)
        for name in (config.order_profile, config.generate_profile or config.order_profile)
    )
    regional = _regional(everywhere) if config.scoped else everywhere
    if not regional and config.uniform_share + config.clean_share < 1:
        raise ConfigError(
            f"plan: what is to be drawn lies over whole pictures ({', '.join(everywhere)}); set "
            "plan.uniform_share = 1 and plan.clean_share = 0, or plan.scoped = false for regions"
        )
    whole = Palette(everywhere, _usable(generate, everywhere), order, config, known)
    if regional == everywhere:
        return whole
    return whole._replace(families=regional, pairs=_usable(generate, regional), whole=whole)


def _usable(profile: Profile, families: Container[str]) -> tuple[tuple[str, str], ...]:
    return tuple(p for p in pairs(profile) if p[0] in families and p[1] in families)


def _regional(families: dict[str, tuple[Distortion, ...]]) -> dict[str, tuple[Distortion, ...]]:
    """What is natural on a part of a picture."""
    parts = {
        name: tuple(entry for entry in types if entry.scope == "region")
        for name, types in families.items()
    }
    return {name: types for name, types in parts.items() if types}


def _drawable(config: PlanConfig) -> dict[str, tuple[Distortion, ...]]:
    """Family to the types that may be drawn, at the levels of the plan."""
    for name in config.weights.families:
        types_of(name)
    weights = {get(name).name: weight for name, weight in config.weights.types.items()}
    wanted = drawable(config.families, config.types, config.exclude_types)
    found: dict[str, tuple[Distortion, ...]] = {}
    named = [name for name in config.families if name in FAMILIES]
    for name in dict.fromkeys([*named, *FAMILIES]):
        own = (entry for entry in types_of(name) if entry.name in wanted)
        types = tuple(at_levels(e, config.levels) for e in own if weights.get(e.name, 1.0) > 0)
        if types and config.weights.families.get(name, 1.0) > 0:
            found[name] = types
    return found


def draw_kind(stream: Stream, config: PlanConfig) -> PlanKind:
    """Whether a picture is degraded by region, as a whole, or left clean."""
    mark = stream.uniform()
    if mark < config.clean_share:
        return "clean"
    return "uniform" if mark < config.clean_share + config.uniform_share else "regions"


def draw_targets(stream: Stream, regions: int, config: PlanConfig) -> list[int]:
    """Indices of the regions to degrade, in the order they are degraded.

    One region is kept clean where the picture has more than ``min_regions``.
    """
    spare = regions - 1 if regions > config.min_regions else regions
    wanted = config.min_regions + stream.below(config.max_regions - config.min_regions + 1)
    return stream.shuffled(range(regions))[: min(wanted, spare)]


def draw_chain(
    stream: Stream, palette: Palette, earlier: Sequence[Sequence[DrawnStep]]
) -> list[DrawnStep]:
    """A chain for a region; its length by ``length_weights``, its families by the profile.

    Now and then it takes up what an ``earlier`` region of the same picture got: the reverse of
    a chain of two (without which knowing the families would answer order questions), whatever the
    length drawn, or a single type again at another severity (without which one distortion's
    strength could not be compared).
    """
    waiting = _unanswered(palette, earlier)
    if waiting and stream.chance(palette.config.reverse_share):
        return _with_severities(stream, palette, [t for t, _ in stream.choice(waiting)][::-1])
    weights = palette.config.length_weights
    length = 1 + stream.weighted(range(len(weights)), weights)
    if length == 1 or not palette.pairs:
        return _draw_single(stream, palette, earlier)
    families = list(palette.pair(stream))
    while len(families) < length:
        after = [b for a, b in palette.pairs if a == families[-1] and _joins(b, families)]
        if not after:
            break
        families.append(palette.family(stream, after))
    return _with_severities(stream, palette, [palette.type_of(stream, name) for name in families])


def _joins(family: str, chain: Sequence[str]) -> bool:
    """Whether a family may lie on a region beside those of a chain, as far as they go together."""
    excluded = {other for name in chain for other in FAMILIES[name].excludes}
    return family not in (*chain, *excluded) and not {*FAMILIES[family].excludes} & {*chain}


def _unanswered(
    palette: Palette, earlier: Sequence[Sequence[DrawnStep]]
) -> list[Sequence[DrawnStep]]:
    """Chains of two whose reverse may be drawn and is on no region yet."""
    taken = {_families(chain) for chain in earlier}
    return [
        chain
        for chain in earlier
        if len(chain) == 2
        and _families(chain)[::-1] in palette.pairs
        and _families(chain)[::-1] not in taken
    ]


def _draw_single(
    stream: Stream, palette: Palette, earlier: Sequence[Sequence[DrawnStep]]
) -> list[DrawnStep]:
    singles = [chain[0] for chain in earlier if len(chain) == 1]
    if singles and stream.chance(palette.config.repeat_share):
        entry, severity = stream.choice(singles)
        others = [s for s in SEVERITIES if s != severity and s >= entry.visible_from]
        return [(entry, stream.choice(others or [severity]))]
    family = palette.family(stream, list(palette.families))
    return _with_severities(stream, palette, [palette.type_of(stream, family)])


def _families(chain: Sequence[DrawnStep]) -> tuple[str, ...]:
    return tuple(entry.family for entry, _ in chain)


def _with_severities(
    stream: Stream, palette: Palette, types: Sequence[Distortion]
) -> list[DrawnStep]:
    highest = 5 if len(types) == 1 else len(palette.config.pair_grades)
    drawn = []
    for entry in types:
        lowest = min(entry.visible_from, highest)
        drawn.append((entry, lowest + stream.below(highest - lowest + 1)))
    return drawn


def link_chain(chain: Sequence[DrawnStep], *key: KeyPart) -> list[Link]:
    """Give every step of a chain its own key."""
    return [
        Link(entry, severity, derive_key(*key, step, "pixels"))
        for step, (entry, severity) in enumerate(chain)
    ]


def grade_of(severity: int, length: int, damage: float | None, config: PlanConfig) -> Grade:
    """The word for a step in a chain of ``length``, empty where none is safe.

    Args:
        severity: Its level, 1 to 5.
        length: Of the chain.
        damage: What it does to the finished region; ``None`` where nothing was measured.
        config: Whether words follow sight or levels.
    """
    if config.grades == "levels" or damage is None:
        grades = config.single_grades if length == 1 else config.pair_grades
        return grades[severity - 1]
    # As stored: a word is the same whether it is derived from the measure or from the record.
    return sight_grade(round(float(damage), 4)) or ""


def fingerprint(levels: str = "default") -> dict[str, list[object]]:
    """Every registered type with family and levels, for the manifest and the shard key.

    Args:
        levels: As ``plan.levels``.
    """
    entries = (at_levels(entry, levels) for _, entry in sorted(DISTORTIONS.items()))
    return {e.name: [e.family, list(map(list, e.levels))] for e in entries}
