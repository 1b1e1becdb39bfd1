"""Settings as TOML that explains itself: every key under the docstring of its field."""

import datetime
import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from schemas.settings.section import Section

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def toml_text(section: Section) -> str:
    """A section as commented TOML; what cannot be written, a value that is not set, is a comment.

    ``type(section).parse(tomllib.loads(text))`` gives an equal section.
    """
    return "\n".join(_lines(section, ())).strip() + "\n"


def _lines(section: Section, path: tuple[str, ...]) -> Iterator[str]:
    """Own keys first, tables below: a key after a header would belong to the table."""
    tables: list[tuple[str, Any]] = []
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if isinstance(value, Section) or _is_list_of_tables(value):
            tables.append((name, value))
            continue
        yield from _comment(field.description or "")
        yield f"# {name} is not set" if value is None else f"{_key(name)} = {toml_value(value)}"
        yield ""
    for name, value in tables:
        inner, listed = (*path, name), not isinstance(value, Section)
        header = ".".join(map(_key, inner))
        for table in value if listed else (value,):
            yield ""
            yield from _comment(_first_paragraph(type(table)))
            yield f"[[{header}]]" if listed else f"[{header}]"
            yield ""
            yield from _lines(table, inner)


def _is_list_of_tables(value: Any) -> bool:
    return isinstance(value, tuple) and bool(value) and isinstance(value[0], Section)


def _comment(text: str) -> Iterator[str]:
    yield from (f"# {line}".rstrip() for line in text.splitlines())


def _first_paragraph(kind: type) -> str:
    return (kind.__doc__ or "").partition("\n\n")[0]


def toml_value(value: Any) -> str:
    """A value on one line.

    Raises:
        TypeError: Nothing that TOML knows.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else str(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, Mapping):
        pairs = (f"{_key(name)} = {toml_value(inner)}" for name, inner in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    raise TypeError(f"no TOML for {type(value).__name__}")


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else toml_value(name)
