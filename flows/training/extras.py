"""The libraries of the extra ``train``, imported when they are needed."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from annotators.regions.ssa.loading import find_device
from schemas.extras import import_extra


def require(library: str) -> Any:
    """Import a library of the extra ``train``; raises ``ConfigError`` where that fails."""
    return import_extra(library, "this command", "train")


def choose_device(name: str) -> Any:
    """A ``torch.device``; ``auto`` is a GPU where there is one; raises ``ConfigError``."""
    return find_device(require("torch"), name)


def need(module: str, what: str) -> Any:
    """A module of an extra.

    Raises:
        ConfigError: It is not installed; says what for and how to get it.
    """
    with quiet():
        return import_extra(module, what, "evaluate")


@contextmanager
def quiet() -> Iterator[None]:
    """Warnings of strangers' code about its own future are not the user's business."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def quadratic_kappa(first: Sequence[int], second: Sequence[int]) -> float | None:
    """Cohen's kappa with quadratic weights, by scikit-learn; 1 when all are equal, else by chance.

    Source: Cohen 1968, weighted kappa.
    """
    if not first:
        return None
    if list(first) == list(second):
        return 1.0
    metrics = need("sklearn.metrics", "the weighted kappa")
    with quiet():
        value = float(metrics.cohen_kappa_score(first, second, weights="quadratic"))
    return value if value == value else 0.0
