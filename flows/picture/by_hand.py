"""Degrading a picture at hand: a chain of your own on a mask of your own."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from distortions.chain import parse_chain
from distortions.order import get_profile, require_order
from distortions.plan import link_chain
from distortions.region import composite, degrade_region
from distortions.registry import DISTORTIONS, FAMILIES, Distortion, get
from schemas.arrays import Image, Mask, require_image, require_mask
from schemas.errors import ConfigError


def degrade(
    image: Image,
    chain: str | Sequence[tuple[str, int]],
    mask: Any = None,
    seed: int = 0,
    order_profile: str | None = None,
) -> Image:
    """A copy of a picture with a chain of distortions on exactly the pixels of a mask.

    Args:
        image: uint8 RGB ``(height, width, 3)``; it stays as it is.
        chain: ``"noise:gaussian_noise:3,blur:gaussian_blur:2"`` in the order they are applied
            (families may be left out), or pairs ``("gaussian_noise", 3)``.
        mask: ``(height, width)``, non-zero is the region; ``None`` is the whole picture.
        seed: Of what is random; the same seed gives the same bytes.
        order_profile: Refuse orders that are not in this profile; ``None`` allows any.

    Raises:
        ConfigError: A chain that cannot be, or an empty mask.
        ContractError: Not such an array.
    """
    require_image(image)
    text = chain if isinstance(chain, str) else ",".join(f"{name}:{level}" for name, level in chain)
    steps = parse_chain(text)
    if order_profile is not None:
        require_order(order_profile, get_profile(order_profile, {}, FAMILIES), steps)
    region = _region(mask, image.shape[0], image.shape[1])
    return composite(image, [degrade_region(image, region, link_chain(steps, seed))])


def corrupt(image: Image, name: str, severity: int = 3, seed: int = 0) -> Image:
    """A copy of a whole picture with one distortion on it.

    Args:
        image: uint8 RGB ``(height, width, 3)``.
        name: Of the type, e.g. ``gaussian_blur``.
        severity: 1 (weak) to 5 (strong).
        seed: Of what is random.

    Raises:
        ConfigError: No such type or severity.
        ContractError: Not such an array.
    """
    return degrade(image, [(get(name).name, severity)], seed=seed)


def distortions() -> dict[str, Distortion]:
    """The registered types by name; each knows its family, levels and parameters."""
    return dict(DISTORTIONS)


def _region(mask: Any, height: int, width: int) -> Mask:
    if mask is None:
        return np.ones((height, width), np.bool_)
    region = np.asarray(mask).astype(np.bool_)
    require_mask(region, height, width)
    if not region.any():
        raise ConfigError("mask: it is empty; at least one pixel must be non-zero")
    return region
