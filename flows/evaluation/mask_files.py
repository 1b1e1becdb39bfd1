"""Masks that other programs left: PNG files beside what names them, read without trust."""

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pil

from flows.ingest.decode import DAMAGE
from flows.ingest.pillow import quiet
from flows.store.inside import read_inside
from schemas.arrays import Mask

MOST_BYTES = 64 << 20
PLAIN = ("1", "L", "P", "I", "I;16", "I;16B")
COLOURED = ("RGB", "RGBA")


class _UnfitError(ValueError):
    """A sound file that is not what is needed."""


def read_mask(folder: Path, name: str, height: int, width: int) -> Mask:
    """A mask ``(height, width)``: what is not 0 is inside.

    Args:
        folder: That the file lies in.
        name: As the data names it, relative to the folder.
        height: Of the picture.
        width: Of the picture.

    Raises:
        ValueError: Not there, no PNG, of another size, in colours, or with more than two values,
            as probabilities and masks out of JPEG have.
    """
    values = read_values(folder, name, (height, width))
    if values.ndim == 3:
        raise ValueError(f"mask {name}: in colours, expected one channel")
    found = np.unique(values)
    if len(found) > 2 or (len(found) == 2 and found[0] != 0):
        said = ", ".join(str(value) for value in found[:4].tolist())
        raise ValueError(f"mask {name}: expected 0 and one other value, got {said}, ...")
    return np.ascontiguousarray(values != 0)


def read_values(folder: Path, name: str, size: tuple[int, int] | None = None) -> NDArray[np.int32]:
    """The values of a PNG: ``(height, width)``, or ``(height, width, 3)`` where it has colours.

    Of a palette they are the indices, not the colours.

    Raises:
        ValueError: Not there, no PNG, or of another size than ``(height, width)``.
    """
    try:
        data = read_inside(folder, name, MOST_BYTES)
        with quiet(), Pil.open(io.BytesIO(data), formats=("PNG",)) as picture:
            if size is not None and picture.size != (size[1], size[0]):
                across, down = picture.size
                said = f"{across}x{down}, the picture has {size[1]}x{size[0]}"
                raise _UnfitError(f"mask {name}: {said}")
            if picture.mode not in (*PLAIN, *COLOURED):
                raise _UnfitError(f"mask {name}: mode {picture.mode} is not read")
            plain = picture.convert("RGB") if picture.mode in COLOURED else picture
            return np.asarray(plain).astype(np.int32)
    except _UnfitError:
        raise
    except DAMAGE as error:
        detail = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise ValueError(f"mask {name}: not a readable PNG: {detail}") from None
