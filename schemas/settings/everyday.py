"""Short names of settings that people change every day: flags and arguments of ``build``."""

from collections.abc import Mapping
from typing import Any

from schemas.errors import UnknownNameError
from schemas.settings.config import RunConfig

EVERYDAY: Mapping[str, str] = {
    "regions": "regions.source",
    "device": "regions.ssa.device",
    "sam_checkpoint": "regions.ssa.sam_checkpoint",
    "sam_type": "regions.ssa.sam_type",
    "label_models": "regions.ssa.label_models",
    "workers": "run.workers",
    "engine": "run.engine",
    "address": "run.address",
    "look": "run.look",
    "order_profile": "plan.order_profile",
    "profile": "plan.profile",
    "families": "plan.families",
    "types": "plan.types",
    "answers": "answers.writer",
    "endpoints": "answers.endpoints",
    "model": "answers.model",
    "answers_mode": "answers.mode",
    "on_failure": "answers.on_failure",
    "servers": "answers.servers",
    "api_key_env": "answers.api_key_env",
    "questions": "questions.wording",
    "tasks": "questions.tasks",
}
"""Everyday name to dotted key."""

_LISTS = ("label_models", "families", "types", "tasks")
"""Everyday names that take ``a,b,c``, too."""


def dotted(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings under dotted keys, whichever way they were named.

    ``workers=2``, ``regions="segments"`` (everyday names), ``seed=4`` (top level),
    ``{"plan.min_regions": 2}`` (dotted) and ``plan={"min_regions": 2}`` (a table) may be mixed.
    ``None`` means not given.

    Raises:
        UnknownNameError: Neither an everyday name, nor a dotted one, nor a key of the top level.
    """
    found: dict[str, Any] = {}
    for name, value in settings.items():
        if value is None:
            continue
        if isinstance(value, Mapping) and name in RunConfig.model_fields:
            found |= {f"{name}.{key}": inner for key, inner in value.items()}
            continue
        key = EVERYDAY.get(name, name)
        if "." not in key and key not in RunConfig.model_fields:
            raise UnknownNameError("setting", name, [*EVERYDAY, *RunConfig.model_fields])
        split = name in _LISTS and isinstance(value, str)
        found[key] = [part.strip() for part in value.split(",")] if split else value
    return found
