"""Named parts that packages and plugin files may add to."""

from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

from schemas.errors import ConfigError

Part = TypeVar("Part")


class Registry(Mapping[str, Part], Generic[Part]):
    """Parts by name; each name once, none is ever replaced.

    Args:
        kind: What the parts are, for messages: ``region source``.
        group: Entry points under which packages bring more.
    """

    every: "list[Registry[object]]" = []
    """All registries there are, so that whoever loads plugins can tell what they brought."""

    def __init__(self, kind: str, group: str) -> None:
        self.kind, self.group = kind, group
        self._parts: dict[str, Part] = {}
        Registry.every.append(self)  # type: ignore[arg-type]

    def add(self, name: str, part: Part) -> None:
        """Register a part.

        Raises:
            ConfigError: The name is taken, or cannot be typed on a command line.
        """
        if name in self._parts:
            raise ConfigError(f"{self.kind} {name!r} is registered twice")
        if not name.replace("-", "_").isidentifier():
            raise ConfigError(f"{self.kind} {name!r}: expected letters, digits, - and _")
        self._parts[name] = part

    def __getitem__(self, name: str) -> Part:
        """The part of this name."""
        return self._parts[name]

    def __iter__(self) -> Iterator[str]:
        """Names in order of registration."""
        return iter(self._parts)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._parts)
