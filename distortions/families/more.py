"""Families beyond the twelve: by group, and their rows in the order tables.

``GROUPS`` are the names by which a plan asks for several at once (``+weather``): with new types of
old families where there are any.
"""

from collections.abc import Mapping
from types import MappingProxyType

from distortions.families.digital import CODEC, CONTENT, PROCESSING, SENSOR, STRUCTURE
from distortions.families.optical import COLOUR, LENS, WEATHER
from schemas.families import Family

MORE: tuple[Family, ...] = (
    *WEATHER,
    *LENS,
    *COLOUR,
    *STRUCTURE,
    *SENSOR,
    *CODEC,
    *CONTENT,
    *PROCESSING,
)


def _names(families: tuple[Family, ...]) -> tuple[str, ...]:
    return tuple(family.name for family in families)


GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "weather": _names(WEATHER),
        "lens": _names(LENS),
        "colour": _names(COLOUR),
        "structure": _names(STRUCTURE),
        "sensor": (*_names(SENSOR), "noise"),
        "codec": (*_names(CODEC), "compression"),
        "content": _names(CONTENT),
        "processing": _names(PROCESSING),
    }
)
"""Group to its families; of an old family it brings the new types, too."""

_SCENE = "haze rain snow"
_LENS = "lens_deposits chromatic_aberration vignetting flare"
_SENSOR = "noise sensor_pattern low_light"
_COLOUR = "color_cast chroma_bleeding"

_FORWARD = {
    **dict.fromkeys(_SCENE.split(), f"blur {_LENS} {_SENSOR} color_cast compression"),
    **dict.fromkeys(_LENS.split(), "noise sensor_pattern color_cast compression"),
    "sensor_pattern": f"{_COLOUR} compression",
    "low_light": "color_cast compression",
    "noise": _COLOUR,
    "color_cast": "compression",
    "chroma_bleeding": "compression",
    "blur": "sensor_pattern low_light color_cast",
    "oversmoothing": "noise compression",
    "ghosting": "noise compression",
    "aliasing": "noise compression",
}
_BACK = {
    "noise": "aliasing ghosting",
    "compression": (
        "aliasing chroma_bleeding chromatic_aberration haze low_light oversmoothing rain "
        "sensor_pattern snow vignetting"
    ),
    "low_light": "blur haze rain",
    "blur": "rain",
    "color_cast": "haze snow",
    "vignetting": "haze",
    "chroma_bleeding": "noise",
    "chromatic_aberration": "snow",
}

ROWS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        first: frozenset(f"{_FORWARD.get(first, '')} {_BACK.get(first, '')}".split())
        for first in {**_FORWARD, **_BACK}
    }
)
"""What may be laid over what beside the published tables: the order in which a camera does it, and
the other way round where the gate passed half of the chains and saw their order. Source: our own,
``tests/benchmarks/refusals.py --orders`` on shared photographs."""
