"""Region sources by name: those that ship, and those that packages and plugin files bring.

A file of yours is enough::

    @region_source("thirds")
    def thirds(request: SourceRequest) -> RegionSource:
        return Thirds()

and ``--regions thirds`` finds it. A package declares one entry point in the group
``iqa_spider.region_sources`` that names the module.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

from annotators.regions.source import RegionSource
from schemas.errors import ConfigError, UnknownNameError
from schemas.plugins import Registry
from schemas.settings.config import RegionConfig

Takes: TypeAlias = Literal["", "FILE", "DIR"]
"""What stands behind the colon of ``name:...``."""


class Files(Protocol):
    """The disk, lent to a source while it is made; annotators open nothing themselves."""

    def text(self, name: str) -> str:
        """A whole text file, UTF-8."""
        ...

    def json(self, name: str) -> Any:
        """A parsed JSON file."""
        ...

    def folder(self, name: str) -> Callable[[str], bytes] | None:
        """A reader of the files inside a folder, by relative name; ``None``: it is no folder."""
        ...

    def beside(self, name: str) -> Callable[[str], bytes]:
        """A reader of the files in the folder of a file."""
        ...


@dataclass(frozen=True)
class SourceRequest:
    """What a source is made from.

    Args:
        argument: What stands behind the colon; empty without one.
        config: ``[regions]`` of the configuration.
        files: Reads what the source needs.
    """

    argument: str
    config: RegionConfig
    files: Files


@dataclass(frozen=True)
class SourceType:
    """A registered source; see ``region_source``."""

    name: str
    takes: Takes
    exclusive: bool
    make: Callable[[SourceRequest], RegionSource]

    def __str__(self) -> str:
        """As it is typed: ``coco:FILE``."""
        return f"{self.name}:{self.takes}" if self.takes else self.name


REGION_SOURCES: Registry[SourceType] = Registry("region source", "iqa_spider.region_sources")


def region_source(
    name: str, takes: Takes = "", exclusive: bool = False
) -> Callable[[Callable[[SourceRequest], RegionSource]], Callable[[SourceRequest], RegionSource]]:
    """Register what makes a source.

    Args:
        name: As in ``--regions name``.
        takes: ``FILE`` or ``DIR`` where it is typed ``name:PATH``. A file's content is part of
            the identity of a run.
        exclusive: One process holds it, because its models fill a device; others degrade.

    Raises:
        ConfigError: The name is taken.
    """

    def add(make: Callable[[SourceRequest], RegionSource]) -> Callable[..., RegionSource]:
        REGION_SOURCES.add(name, SourceType(name, takes, exclusive, make))
        return make

    return add


def source_type(typed: str) -> tuple[SourceType, str]:
    """The source that ``name`` or ``name:argument`` asks for, and the argument.

    Raises:
        UnknownNameError: There is none of this name.
        ConfigError: It lacks its argument, or takes none.
    """
    name, colon, argument = typed.partition(":")
    found = REGION_SOURCES.get(name)
    if found is None:
        known = sorted(str(one) for one in REGION_SOURCES.values())
        raise UnknownNameError("region source", typed, known)
    if bool(argument) != bool(found.takes) or (colon and not found.takes):
        raise ConfigError(f"region source {typed!r}: expected {found}")
    return found, argument
