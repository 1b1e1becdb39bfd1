"""Loads a kernel module the first time one of its functions is called.

``import numba`` costs about half a second; the registry, the command line's help and the order
tables do not need it.
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
