"""The array types that cross a border between modules.

There are two. ``Image`` is uint8 RGB of shape ``(height, width, 3)``; ``Mask`` is bool of shape
``(height, width)``. Nothing else travels: other dtypes and channel orders are converted where
they enter (``flows/decode.py``) and where they leave.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from schemas.errors import ContractError

Image: TypeAlias = NDArray[np.uint8]
Mask: TypeAlias = NDArray[np.bool_]


def require_image(image: object, what: str = "image") -> None:
    """Raise ``ContractError`` unless ``image`` is uint8 of shape ``(height, width, 3)``."""
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8:
        got = getattr(image, "dtype", type(image).__name__)
        raise ContractError(f"{what}: expected a uint8 array, got {got}")
    if image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise ContractError(f"{what}: expected shape (height, width, 3), got {image.shape}")


def require_mask(mask: object, height: int, width: int, what: str = "mask") -> None:
    """Raise ``ContractError`` unless ``mask`` is bool of shape ``(height, width)``."""
    if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_:
        got = getattr(mask, "dtype", type(mask).__name__)
        raise ContractError(f"{what}: expected a bool array, got {got}")
    if mask.shape != (height, width):
        raise ContractError(f"{what}: expected shape {(height, width)}, got {mask.shape}")
