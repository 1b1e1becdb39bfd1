"""Settings written as TOML and read again."""

import contextlib
import itertools
import tomllib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.errors import ConfigError
from schemas.settings.config import RunConfig
from schemas.settings.section import Section, frozen, parse_set
from schemas.settings.toml_text import toml_text
from schemas.settings.training import MixConfig, PointConfig, SftConfig

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
SCALARS = st.one_of(
    TEXTS, st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.dates()
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3)
)
FREE = {
    "engine": st.dictionaries(TEXTS, VALUES, max_size=3),
    "trainer": st.dictionaries(TEXTS, VALUES, max_size=3),
    "orders": st.dictionaries(TEXTS, st.dictionaries(TEXTS, st.lists(TEXTS), max_size=2)),
}


def values_of(kind):
    """Some keys of a section, with values that their types allow."""
    found = {}
    for name, field in kind.model_fields.items():
        annotation = field.annotation
        if name in FREE:
            found[name] = FREE[name]
        elif isinstance(annotation, type) and issubclass(annotation, Section):
            found[name] = values_of(annotation)
        else:
            found[name] = guesses(annotation)
    return st.fixed_dictionaries({}, optional=found)


def leaves(values, path=()):
    """Dotted keys of nested dicts; free tables are values."""
    for name, value in values.items():
        if isinstance(value, dict) and name not in FREE:
            yield from leaves(value, (*path, name))
        else:
            yield ".".join((*path, name)), value


def guesses(annotation):
    """Values of a type, or what is close to them; bounds are left to the section."""
    if annotation is float:
        return st.floats(0, 1) | st.floats(allow_nan=False)
    if annotation is str:
        return TEXTS
    if annotation is int:
        return st.integers(0, 4) | st.integers(0, 2**40)
    return st.from_type(annotation)


@pytest.mark.parametrize("kind", [RunConfig, SftConfig, PointConfig])
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_written_settings_read_back(kind, data):
    """Whatever settings hold, their TOML gives the same settings."""
    section = kind()
    for key, value in leaves(data.draw(values_of(kind))):
        with contextlib.suppress(ConfigError):  # out of bounds: it stays as it was
            section = section.changed({key: value})
    assert kind.parse(tomllib.loads(toml_text(section))) == section


def test_lists_of_tables():
    """The sources of a mixture are tables of a list, each explained."""
    sources = [{"path": "a", "weight": 1.0, "tasks": ["grounding"]}, {"path": "b", "weight": 2.0}]
    mix = MixConfig.parse({"source": sources, "total": 10})
    assert MixConfig.parse(tomllib.loads(toml_text(mix))) == mix


@pytest.mark.parametrize("kind", [RunConfig, SftConfig, PointConfig])
def test_every_key_is_explained(kind):
    """No key is written without a comment above it."""
    lines = toml_text(kind.parse({"model": "m"} if kind is SftConfig else {})).splitlines()
    for above, line in itertools.pairwise(lines):
        if " = " in line and not line.startswith("#"):
            assert above.startswith("# "), line


def test_values_of_set():
    """Values of ``--set`` are TOML; a single word is itself."""
    given = [
        "a.b=3",
        "c = [1, 'x']",
        "d=ssa",
        "e=coco:a/b.json",
        'f="true"',
        "g=true",
        "h={i=1}",
        "j=x=y",
    ]
    with pytest.raises(ConfigError, match="not a TOML value"):
        parse_set(given)
    assert frozen(parse_set(given[:-1])) == frozen(
        {
            "a.b": 3,
            "c": [1, "x"],
            "d": "ssa",
            "e": "coco:a/b.json",
            "f": "true",
            "g": True,
            "h": {"i": 1},
        }
    )
    for wrong in ("=3", "a", "a..b=1", "a=", "a=1\nb=2"):
        with pytest.raises(ConfigError, match="--set"):
            parse_set([wrong])
