"""The libraries of the extra ``train``, imported when they are needed."""

from typing import Any

from annotators.ssa.loading import find_device
from schemas.extras import import_extra


def require(library: str) -> Any:
    """Import a library of the extra ``train``; raises ``ConfigError`` where that fails."""
    return import_extra(library, "this command", "train")


def choose_device(name: str) -> Any:
    """A ``torch.device``; ``auto`` is a GPU where there is one; raises ``ConfigError``."""
    return find_device(require("torch"), name)
