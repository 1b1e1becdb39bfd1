"""How kernels of sight are compiled: no fast-math; a division is not guarded, so that loops of
plain arithmetic work on several pixels at once. Every divisor in them is above zero.
"""

from typing import Any

PLAIN: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy"}
