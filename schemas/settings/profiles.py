"""Named sets of settings: what the values are that nobody gave.

Source: IQA-Spider (arXiv 2605.24553), table 7, for the shares of tasks (train: 3251 global, 9742
local, 11669 grounding, 4506 and 4222 referring) and of grounding (54 : 31 : 15). The weights and
chances that lead there were found by building from photographs with weight-free regions and from
COCO pictures; gates refuse some families more often than others.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from schemas.settings.section import Section, thawed

_PUBLISHED: dict[str, Any] = {
    "plan": {
        "length_weights": [0.845, 0.155],
        "reverse_share": 1.0,
        "repeat_share": 0.4,
        "weights": {
            "families": {
                "noise": 0.55,
                "blur": 1.5,
                "compression": 1.5,
                "contrast_weaken": 3,
                "pixelate": 3,
                "saturate_weaken": 3,
                "oversharpen": 4,
                "saturate_strengthen": 4,
                "contrast_strengthen": 5,
                "darken": 6,
                "quantization": 5,
                "brighten": 6,
            }
        },
    },
    "questions": {
        "local_per_image": 6,
        "order_per_image": 6,
        "keep": {"most": 1.0, "least": 0.68, "single": 0.95, "order": 0.9},
        "ratios": {
            "elsewhere": 0.45,
            "global_description": 0.27,
            "local_description": 1.04,
            "short": 0.56,
            "long": 0.335,
        },
    },
}

# In its table of orders hardly any pair may be reversed, so that no order has a rival.
_PAPER: dict[str, Any] = {
    "plan": {
        **_PUBLISHED["plan"],
        "grades": "levels",
        "order_profile": "paper",
        "length_weights": [0.75, 0.25],
        "weights": {
            "families": {
                **_PUBLISHED["plan"]["weights"]["families"],
                "noise": 1.6,
                "contrast_weaken": 0.8,
            }
        },
    },
    "questions": {
        **_PUBLISHED["questions"],
        "intensity": "severity",
        "order_needs_rival": False,
        "keep": {"most": 1.0, "least": 1.0, "single": 0.85},
        "ratios": {
            **_PUBLISHED["questions"]["ratios"],
            "elsewhere": 0.8,
            "global_description": 0.29,
            "local_description": 1.08,
            "short": 0.386,
        },
    },
}
PROFILES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {"default": {}, "published": _PUBLISHED, "paper": _PAPER}
)
"""Profile to the settings it has instead of the defaults."""


def profile_of(values: Mapping[str, Any]) -> str:
    """Name of the profile that nested settings choose; what is no profile is left to validation."""
    plan = _plain(values.get("plan"))
    name = plan.get("profile", "default") if isinstance(plan, Mapping) else "default"
    return name if isinstance(name, str) and name in PROFILES else "default"


def laid_under(values: Mapping[str, Any]) -> dict[str, Any]:
    """Nested settings with those of their profile wherever none is given."""
    return _merged(PROFILES[profile_of(values)], values)


def taken_away(values: Mapping[str, Any]) -> dict[str, Any]:
    """Nested settings without those that their profile brought."""
    return _without(PROFILES[profile_of(values)], values)


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(above)
    for name, value in below.items():
        given = _plain(found.get(name))
        if found.get(name) is None:  # as everywhere: not given
            found[name] = thawed(value)
        elif isinstance(value, Mapping) and isinstance(given, Mapping):
            found[name] = _merged(value, given)
    return found


def _without(profile: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(values)
    for name, value in profile.items():
        given = found.get(name)
        if isinstance(value, Mapping) and isinstance(given, Mapping):
            found[name] = _without(value, given)
        elif name in found and thawed(given) == value:
            del found[name]
    return found


def _plain(value: Any) -> Any:
    return value.model_dump(exclude_unset=True) if isinstance(value, Section) else value
