"""What is known about one distortion type, and how it is run."""

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from distortions.guard import call_outside, reach_outside
from distortions.site import Site
from schemas.arrays import Image, Mask, require_image, require_mask
from schemas.errors import ConfigError
from schemas.families import Shows
from schemas.masks import bounding_box
from schemas.streams import Stream, derive_key

Value: TypeAlias = float | int
Domain: TypeAlias = Literal["pixel", "neighbourhood", "region", "crop"]
"""What a result depends on: the pixel itself, pixels within the halo, statistics over the
region's own pixels, or the whole crop handed to a codec."""
Scope: TypeAlias = Literal["region", "picture"]
"""Where a type is natural: on any part, or only over a picture as a whole, as rain is."""
Function = Callable[..., Image]

LIBRARIES = {"codec": "av", "generative": "torch"}
"""Extra to the module that it brings."""
SEVERITIES = (1, 2, 3, 4, 5)
_OURS = "distortions.types."


@dataclass(frozen=True, slots=True)
class Distortion:
    """One registered type; see ``distortion`` for the fields.

    It can be called: ``get("gaussian_blur")(image, severity=3)``.
    """

    name: str
    family: str
    function: Function
    parameters: tuple[str, ...]
    levels: tuple[tuple[Value, ...], ...]
    draws: Mapping[str, tuple[float, float]]
    halo: int | Callable[..., int] | None
    align: int
    random: bool
    domain: Domain
    visible_from: int
    dq495k: str | None
    summary: str
    scope: Scope = "region"
    default: bool = True
    shows: Shows = "any"
    kadid: int | None = None
    panda: str | None = None
    vida: str | None = None
    extra: str = ""
    library: str = ""
    portable: bool = True

    @property
    def outside(self) -> bool:
        """Whether its code is not ours: a plugin's, or a notebook's."""
        return not self.function.__module__.startswith(_OURS)

    @property
    def installed(self) -> bool:
        """Whether the library is there that it takes, if it takes one."""
        return not self.extra or importlib.util.find_spec(LIBRARIES[self.extra]) is not None

    def resolve(self, severity: int, key: int = 0) -> dict[str, Value]:
        """Parameters at ``severity`` (1..5), the drawn ones taken from the stream of ``key``.

        Raises:
            ConfigError: Another severity.
        """
        whole = isinstance(severity, int | np.integer) and not isinstance(severity, bool)
        if not whole or severity not in SEVERITIES:
            raise ConfigError(f"{self.name}: severity must be 1, 2, 3, 4 or 5, got {severity!r}")
        fixed = [name for name in self.parameters if name not in self.draws]
        values = dict(zip(fixed, self.levels[severity - 1], strict=True))
        drawn = {
            name: round(Stream(key, name).uniform(low, high), 3)
            for name, (low, high) in self.draws.items()
        }
        return {name: (values | drawn)[name] for name in self.parameters}

    def reach(self, params: Mapping[str, Value]) -> int | None:
        """Halo in pixels at these parameters; ``None`` means it reads the whole picture.

        Raises:
            PluginError: The halo of a type from outside is no number of pixels.
        """
        if self.outside:
            return reach_outside(self.name, self.function, self.halo, params)
        return self.halo(**params) if callable(self.halo) else self.halo

    def apply(self, image: Image, params: Mapping[str, Value], site: Site) -> Image:
        """Run the function; the input is left as it was.

        Raises:
            PluginError: A type from outside fails, or returns what it may not return.
        """
        if self.outside:
            return call_outside(self.name, self.function, image, params, site)
        return self.function(image, **params, site=site)

    def __call__(
        self, image: Image, severity: int, *, seed: int = 0, mask: Mask | None = None
    ) -> Image:
        """A degraded copy of a picture, the pixels of ``iqa-spider distortions apply``.

        Args:
            image: uint8 RGB ``(height, width, 3)``.
            severity: 1 to 5.
            seed: Seed of what is random.
            mask: bool ``(height, width)``; only these pixels change. ``None`` means all.

        Raises:
            ConfigError: Another severity.
            ContractError: Arrays of another type or shape, an empty mask.
            PluginError: See ``apply``.
        """
        require_image(image)
        height, width = image.shape[:2]
        region = np.ones((height, width), np.bool_) if mask is None else mask
        require_mask(region, height, width)
        key = derive_key(seed, 0, "pixels")  # that of a chain's first step, see `link_chain`
        params = self.resolve(severity, key)
        box, reach = bounding_box(region), self.reach(params)
        crop = box.grown(max(width, height) if reach is None else reach, width, height, self.align)
        domain = region[crop.slices] if self.domain == "region" else None
        window = box.shifted(-crop.x0, -crop.y0)
        site = Site(key, crop.x0, crop.y0, width, height, domain, window)
        result = self.apply(image[crop.slices], params, site)
        out = image.copy()
        np.copyto(out[crop.slices], result, where=region[crop.slices][..., None])
        return out
