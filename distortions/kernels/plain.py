"""How the kernels of sight are compiled: no fast-math, divisions not guarded.

Loops of plain arithmetic then work on several pixels at once. Every divisor is above zero.
"""

from typing import Any

PLAIN: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy"}
