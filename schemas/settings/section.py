"""A table of the configuration file, and the types its fields share.

Sections are values: frozen, compared by what they hold and hashable, so that a section is its own
key in a cache. Lists of the file become tuples and free tables become ``FrozenTable``.
"""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, NoReturn, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, ValidationError
from pydantic_core.core_schema import CoreSchema, no_info_after_validator_function

from schemas.errors import ConfigError, reading


class FrozenTable(dict[str, Any]):
    """A dict that cannot be changed and therefore has a hash; written like any other dict."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[Any, ...]:
        return FrozenTable, (dict(self),)

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_after_validator_function(frozen, handler(dict[str, Any]))

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("a table of the configuration cannot be changed")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse


def frozen(value: Any) -> Any:
    """The same value with lists as tuples and dicts as ``FrozenTable``, to any depth."""
    if isinstance(value, Mapping):
        return FrozenTable({str(name): frozen(inner) for name, inner in value.items()})
    if isinstance(value, list | tuple):
        return tuple(frozen(inner) for inner in value)
    return value


def thawed(value: Any) -> Any:
    """Plain lists and dicts again, for libraries that ask for exactly these."""
    if isinstance(value, Mapping):
        return {name: thawed(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [thawed(inner) for inner in value]
    return value


Share = Annotated[float, Field(ge=0.0, le=1.0)]
Count = Annotated[int, Field(ge=1)]


class Section(BaseModel):
    """A table of the configuration file."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    @classmethod
    def load(cls, path: Path | None, overrides: Mapping[str, Any] | None = None) -> Self:
        """Read a TOML file (or nothing) and lay dotted ``overrides`` on top; ``None`` is not given.

        Raises:
            ConfigError: File missing or not TOML, a key unknown, a value not allowed.
        """
        values: dict[str, Any] = _read_toml(path) if path else {}
        return cls._overlaid(values, overrides or {}, str(path) if path else "configuration")

    def changed(self, overrides: Mapping[str, Any]) -> Self:
        """A copy with dotted ``overrides`` on top; ``None`` is not given.

        Raises:
            ConfigError: A key unknown, a value not allowed.
        """
        return self._overlaid(thawed(self.model_dump()), overrides, "configuration")

    @classmethod
    def _overlaid(cls, values: dict[str, Any], overrides: Mapping[str, Any], origin: str) -> Self:
        for dotted, value in overrides.items():
            if value is not None:
                _put(values, dotted, value, origin)
        return cls.parse(values, origin)

    @classmethod
    def parse(cls, values: Mapping[str, Any], origin: str = "configuration") -> Self:
        """Validate a nested dict; the first mistake becomes one line.

        Raises:
            ConfigError: A key unknown, a value not allowed.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise ConfigError(f"{origin}: {_first_mistake(error, cls)}") from None


def parse_set(given: Iterable[str]) -> dict[str, Any]:
    """``section.key=value`` of ``--set`` as dotted key to value.

    Values are TOML; a word that is no TOML value stands for itself, so a text needs quotes only
    where it has spaces, commas or brackets.

    Raises:
        ConfigError: No ``=``, no key, a value that cannot be read, a key given twice.
    """
    found: dict[str, Any] = {}
    for text in given:
        dotted, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not all(dotted.split(".")):
            raise ConfigError(f"--set {text!r}: expected section.key=value")
        if dotted in found:
            raise ConfigError(f"--set {dotted}: given twice")
        found[dotted] = _toml_value(text, value)
    return found


def _toml_value(text: str, value: str) -> Any:
    try:
        values = tomllib.loads(f"value = {value}")
    except tomllib.TOMLDecodeError:
        if value and not set(value) & set("\"'[]{}#,= \t\r\n"):
            return value
        raise ConfigError(
            f"--set {text!r}: {value!r} is not a TOML value; write a text as 'key=\"a text\"', "
            "a list as 'key=[1, 2]'"
        ) from None
    if set(values) != {"value"}:
        raise ConfigError(f"--set {text!r}: expected one value")
    return values["value"]


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        with reading(str(path)):
            return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None


def _put(values: dict[str, Any], dotted: str, value: object, origin: str) -> None:
    *sections, key = dotted.split(".")
    for depth, section in enumerate(sections, 1):
        inner = values.setdefault(section, {})
        if not isinstance(inner, dict):
            name = ".".join(sections[:depth])
            raise ConfigError(f"{origin}: {name}: expected a table, got {inner!r}")
        values = inner
    values[key] = value


def _first_mistake(error: ValidationError, model: type[BaseModel]) -> str:
    first = error.errors()[0]
    where = [str(part) for part in first["loc"]]
    name, kind = ".".join(where), first["type"]
    if kind == "extra_forbidden":
        for part in where[:-1]:
            model = _section(model, part)
        return f"unknown key {name!r}; allowed here: {', '.join(sorted(model.model_fields))}"
    if kind == "value_error":
        said = str(first["ctx"]["error"])
        return f"{name}: {said}" if name else said
    if kind == "missing":
        return f"{name} is missing"
    said = "expected a table" if kind == "model_type" else first["msg"]
    said = said.replace("valid tuple", "list").replace("valid dictionary", "table")
    return f"{name}: {said}, got {first['input']!r}"


def _section(model: type[BaseModel], name: str) -> type[BaseModel]:
    """The section under a key; for the number of a list's entry, the section itself."""
    if name not in model.model_fields:
        return model
    annotation = model.model_fields[name].annotation
    kinds = [kind for kind in (annotation, *get_args(annotation)) if isinstance(kind, type)]
    return next((kind for kind in kinds if issubclass(kind, BaseModel)), model)
