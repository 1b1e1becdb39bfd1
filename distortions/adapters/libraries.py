"""Transforms of albumentations, imagecorruptions and torchvision as types of ours.

Each is built on ``from_function``: it gets the whole picture, so that its result does not hang on
the region, and is slower than a type with a halo. Randomness is keyed by the library's own seed.
Whether a transform will do, the contract (``iqa-spider distortions check``) says: one that does not
grow with severity, for instance, is refused.
"""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, TypeAlias

import numpy as np

from distortions.definition import Distortion
from distortions.plugins import from_function
from schemas.arrays import Image
from schemas.errors import ConfigError

Levels: TypeAlias = Sequence[Any]
_SEVERITIES = (1, 2, 3, 4, 5)


def albumentations(
    name: str, family: str, transforms: Levels, summary: str, visible_from: int = 1
) -> Distortion:
    """Five transforms of albumentations, one a severity.

    Args:
        name: Name to register.
        family: A registered family.
        transforms: Weakest first, e.g. ``[A.ISONoise(intensity=(s, s), p=1) for s in ...]``; each
            is seeded by a ``Compose`` of its own.
        summary: A sentence that says what a viewer sees.
        visible_from: Lowest severity a viewer can see without the reference.

    Raises:
        ConfigError: The library is missing, not five transforms, or one with a ``p`` below 1.
    """
    library = _library("albumentations")
    held = _five(name, transforms)
    if any(getattr(transform, "p", 1) < 1 for transform in held):
        raise ConfigError(f"{name}: a transform with p below 1 may do nothing; give p=1")

    def run(image: Image, severity: int, seed: int) -> Image:
        changed = library.Compose([held[severity - 1]], seed=seed)(image=image)["image"]
        return np.ascontiguousarray(changed)

    return _registered(name, family, run, summary, f"albumentations, {_kind(held)}", visible_from)


def torchvision(
    name: str, family: str, transforms: Levels, summary: str, visible_from: int = 1
) -> Distortion:
    """Five transforms of torchvision (v2), one a severity; arguments as ``albumentations``.

    They draw from torch's own generator, which is seeded for the call and then as it was before.

    Raises:
        ConfigError: The library is missing, or not five transforms.
    """
    torch = _library("torch")
    held = _five(name, transforms)

    def run(image: Image, severity: int, seed: int) -> Image:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            tensor = torch.from_numpy(image).permute(2, 0, 1)
            changed = held[severity - 1](tensor)
        return np.ascontiguousarray(changed.permute(1, 2, 0).numpy())

    return _registered(name, family, run, summary, f"torchvision, {_kind(held)}", visible_from)


def imagecorruptions(
    name: str, family: str, corruption: str, summary: str, visible_from: int = 1
) -> Distortion:
    """A corruption of imagecorruptions (ImageNet-C) with its five severities.

    Some draw from numpy's global generator, which is seeded for the call and then as it was before.
    It takes no picture under 32 pixels a side; such a one stays as it is.

    Args:
        name: Name to register.
        family: A registered family.
        corruption: Its name there, e.g. ``defocus_blur``.
        summary: A sentence that says what a viewer sees.
        visible_from: Lowest severity a viewer can see without the reference.

    Raises:
        ConfigError: The library is missing, or has no such corruption.
    """
    library = _library("imagecorruptions")
    known = library.get_corruption_names("all")
    if corruption not in known:
        raise ConfigError(f"{name}: no corruption {corruption!r}; there are {', '.join(known)}")

    def run(image: Image, severity: int, seed: int) -> Image:
        if min(image.shape[:2]) < _SMALLEST:
            return image
        with _numpy_seeded(seed):
            changed = library.corrupt(image, severity=severity, corruption_name=corruption)
        return np.ascontiguousarray(changed, np.uint8)

    return _registered(name, family, run, summary, f"imagecorruptions, {corruption}", visible_from)


_SMALLEST = 32


class _numpy_seeded:  # noqa: N801  # used as a context, like a function
    """Numpy's global generator seeded inside, and outside as if nothing had been drawn."""

    def __init__(self, seed: int) -> None:
        self._seed, self._generator = seed, np.random.mtrand

    def __enter__(self) -> None:
        self._state = self._generator.get_state()
        self._generator.seed(self._seed)

    def __exit__(self, *_: object) -> None:
        self._generator.set_state(self._state)


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise ConfigError(f"{name} is not installed ({error}); pip install {name}") from None


def _five(name: str, transforms: Levels) -> Levels:
    if len(transforms) != len(_SEVERITIES):
        raise ConfigError(
            f"{name}: expected five transforms, one a severity, got {len(transforms)}"
        )
    return tuple(transforms)


def _kind(transforms: Levels) -> str:
    return type(transforms[0]).__name__


def _registered(
    name: str,
    family: str,
    run: Callable[..., Image],
    summary: str,
    source: str,
    visible_from: int,
) -> Distortion:
    return from_function(
        name,
        family,
        _SEVERITIES,
        run,
        summary=summary,
        source=source,
        random=True,
        visible_from=visible_from,
        library=source.partition(",")[0],
    )
