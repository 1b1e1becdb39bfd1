"""Levels of other benchmarks, for types whose parameters mean the same there as here.

ImageNet-C's zoom goes beyond what ours can do (1.2); its fog, frost, snow and elastic shift are
other formulas.

Source: ImageNet-C (Hendrycks and Dietterich 2019), its published generator.
"""

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias

from distortions.registry import Distortion, Level
from schemas.errors import UnknownNameError

Rows: TypeAlias = tuple[Level, Level, Level, Level, Level]

IMAGENET_C: Mapping[str, Rows] = MappingProxyType(
    {
        "gaussian_noise": (0.08, 0.12, 0.18, 0.26, 0.38),
        "poisson_noise": (60, 25, 12, 5, 3),
        "impulse_noise": (0.03, 0.06, 0.09, 0.17, 0.27),
        "speckle_noise": (0.15, 0.2, 0.35, 0.45, 0.6),
        "gaussian_blur": (1, 2, 3, 4, 6),
        "lens_blur": (3, 4, 6, 8, 10),
        "glass_blur": ((0.7, 1, 2), (0.9, 2, 1), (1, 2, 3), (1.1, 3, 2), (1.5, 4, 2)),
        "motion_blur": ((10, 3), (15, 5), (15, 8), (15, 12), (20, 15)),
        "brighten_value_shift": (0.1, 0.2, 0.3, 0.4, 0.5),
        "contrast_weaken_scale": (0.4, 0.3, 0.2, 0.1, 0.05),
        "jpeg_compression": (25, 18, 15, 10, 7),
        "pixelate": (0.6, 0.5, 0.4, 0.3, 0.25),
    }
)
LEVELS: Mapping[str, Mapping[str, Rows]] = MappingProxyType(
    {"default": MappingProxyType({}), "imagenet_c": IMAGENET_C}
)
"""Profile to type to its five rows; what is not named keeps its own."""


def at_levels(entry: Distortion, profile: str) -> Distortion:
    """The type with the levels of a profile, where that has some for it.

    Raises:
        UnknownNameError: No such profile.
    """
    if profile not in LEVELS:
        raise UnknownNameError("levels", profile, LEVELS)
    rows = LEVELS[profile].get(entry.name)
    if rows is None:
        return entry
    levels = tuple(row if isinstance(row, tuple) else (row,) for row in rows)
    return dataclasses.replace(entry, levels=levels)
