"""Crystals of ice, drawn once."""

import math
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from schemas.arrays import Image

CRYSTALS, FEATHER = 24, 36
"""How many kinds, and how far one reaches from its middle, pixels."""


@lru_cache(maxsize=1)
def crystals() -> NDArray[np.int32]:
    """Feathers of ice in all directions: a stem and branches at 60 degrees that get shorter.

    Returns:
        int32 ``(kinds, side, side)``, how much of each pixel is ice, in 1/65536; read-only.
    """
    stamps = []
    for turn in range(CRYSTALS):
        canvas = np.zeros((2 * FEATHER + 1, 2 * FEATHER + 1), np.uint8)
        angle, length = 360 * turn / CRYSTALS, FEATHER - 2 - 3 * (turn % 5)
        _branch(canvas, (FEATHER, FEATHER), angle, length, 200)
        for step in range(4, length, 4):
            foot = _place((FEATHER, FEATHER), angle, step)
            for side in (-60, 60):
                _branch(canvas, foot, angle + side, 0.55 * (length - step), 130)
        stamps.append(canvas.astype(np.int32) << 8)
    out = np.stack(stamps)
    out.flags.writeable = False
    return out


def _place(start: tuple[float, float], angle_deg: float, length: float) -> tuple[float, float]:
    across = length * math.cos(math.radians(angle_deg))
    return start[0] + across, start[1] + length * math.sin(math.radians(angle_deg))


def _branch(
    canvas: Image, start: tuple[float, float], angle_deg: float, length: float, light: int
) -> None:
    """A thin line; its ends are in 1/16 of a pixel."""
    ends = [start, _place(start, angle_deg, length)]
    first, last = ([round(16 * round(value, 6)) for value in end] for end in ends)
    cv2.line(canvas, first, last, (light,), 1, cv2.LINE_AA, 4)
