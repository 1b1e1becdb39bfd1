"""Compiled pixel loops: numba, fixed order of operations, no fast-math.

Modules in here import numba and are reached through ``Kernels``, which loads them on first
use, so that listing the registry does not pay for the compiler.
"""

import importlib
from typing import Any


class Kernels:
    """Stands for a module of ``distortions.kernels``; attributes load it."""

    def __init__(self, name: str) -> None:
        self._name = f"distortions.kernels.{name}"

    def __getattr__(self, attribute: str) -> Any:
        value = getattr(importlib.import_module(self._name), attribute)
        setattr(self, attribute, value)
        return value
