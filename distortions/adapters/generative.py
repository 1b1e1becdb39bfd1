"""The round trip through a generator: texture that a model made up, as a type of yours.

No weights come with this project and none are fetched unasked, so a file for ``--plugin`` names
them::

    from distortions.adapters.generative import autoencoder
    autoencoder("weights/vae")  # a folder, or a name of the hub

registers ``generator_roundtrip``: the region's crop is made smaller, goes through encoder and
decoder, and is made large again. ``upscaler`` does the same with a model that enlarges. Both are
loaded once in a process, when the first picture asks; nothing of a checkpoint is executed. Whether
a model will do, the contract says (``iqa-spider distortions check``): with one that spoils pictures
more than reducing them does, severity does not grow.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import cv2
import numpy as np

from distortions.definition import Distortion
from distortions.pixels.coded import padded
from distortions.registry import Level, distortion, get
from distortions.site import Site
from schemas.arrays import Image
from schemas.errors import ConfigError
from schemas.extras import import_extra

EXTRA = "generative"
FAMILY = "generative_artifact"
REDUCED = (1.0, 1.5, 2.0, 3.0, 4.0)
"""By how much the crop is reduced, severity 1 to 5."""
LEAST_SIDE = 64

Through = Callable[[Image], Image]


def autoencoder(
    weights: str,
    *,
    name: str = "generator_roundtrip",
    subfolder: str = "",
    device: str = "cpu",
    levels: tuple[Level, Level, Level, Level, Level] = REDUCED,
) -> Distortion:
    """Register the round trip through the autoencoder of a latent diffusion model.

    Args:
        weights: Folder or hub name of a diffusers ``AutoencoderKL``.
        name: Of the type.
        subfolder: Where in it the autoencoder lies, e.g. ``vae`` of a whole pipeline.
        device: As torch calls it.
        levels: Factors by which the crop is reduced before.

    Raises:
        ConfigError: A name taken, or levels that are none.
    """
    return _registered(name, levels, "diffusers", lambda: _autoencoder(weights, subfolder, device))


def upscaler(
    weights: str,
    *,
    name: str = "upscaler_roundtrip",
    device: str = "cpu",
    levels: tuple[Level, Level, Level, Level, Level] = REDUCED,
) -> Distortion:
    """Register what a model that enlarges pictures makes of a reduced one.

    Args:
        weights: Folder or hub name of a transformers ``Swin2SRForImageSuperResolution``.
        name: Of the type.
        device: As torch calls it.
        levels: Factors by which the crop is reduced before.

    Raises:
        ConfigError: A name taken, or levels that are none.
    """
    return _registered(name, levels, "transformers", lambda: _upscaler(weights, device))


def _registered(
    name: str,
    levels: tuple[Level, Level, Level, Level, Level],
    library: str,
    load: Callable[[], Through],
) -> Distortion:
    def run(image: Image, reduced: float, site: Site) -> Image:
        """Fine detail is replaced by texture that looks right and is made up.

        Source: our own, after the autoencoders of latent diffusion (Rombach et al. 2022).
        """
        return _roundtrip(image, reduced, load())

    run.__name__ = name
    distortion(
        FAMILY,
        levels,
        domain="crop",
        default=False,
        extra=EXTRA,
        library=library,
        portable=False,
    )(run)
    return get(name)


def _roundtrip(image: Image, reduced: float, through: Through) -> Image:
    height, width = image.shape[:2]
    small = image
    if reduced != 1:
        size = max(1, round(width / reduced)), max(1, round(height / reduced))
        small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    made = through(small)
    if made.shape == image.shape:
        return made
    larger = made.shape[0] * made.shape[1] > height * width
    how = cv2.INTER_AREA if larger else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(made, (width, height), interpolation=how), np.uint8)


@lru_cache(maxsize=4)
def _autoencoder(weights: str, subfolder: str, device: str) -> Through:
    torch = import_extra("torch", "generator_roundtrip", EXTRA)
    kinds = import_extra("diffusers", "generator_roundtrip", EXTRA)
    model = _loaded(kinds.AutoencoderKL, weights, subfolder=subfolder or None)
    model = model.to(device).eval()
    unit = 2 ** (len(model.config.block_out_channels) - 1)

    def run(image: Image) -> Image:
        height, width = image.shape[:2]
        with torch.inference_mode():
            pixels = _tensor(torch, padded(image, unit, LEAST_SIDE), device) * 2 - 1
            latents = model.encode(pixels).latent_dist.mode()
            made = model.decode(latents).sample
        return _pixels((made + 1) / 2)[:height, :width]

    return run


@lru_cache(maxsize=4)
def _upscaler(weights: str, device: str) -> Through:
    torch = import_extra("torch", "upscaler_roundtrip", EXTRA)
    kinds = import_extra("transformers", "upscaler_roundtrip", EXTRA)
    model = _loaded(kinds.Swin2SRForImageSuperResolution, weights).to(device).eval()
    unit, scale = int(model.config.window_size), int(model.config.upscale)

    def run(image: Image) -> Image:
        height, width = image.shape[:2]
        with torch.inference_mode():
            pixels = _tensor(torch, padded(image, unit, LEAST_SIDE), device)
            made = model(pixels).reconstruction
        return _pixels(made)[: height * scale, : width * scale]

    return run


def _loaded(kind: Any, weights: str, **more: Any) -> Any:
    """Weights as safetensors only: nothing that is unpickled."""
    try:
        return kind.from_pretrained(weights, use_safetensors=True, **more)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        said = " ".join(str(error).split())[:200]
        raise ConfigError(f"{weights}: no weights of {kind.__name__}: {said}") from None


def _tensor(torch: Any, image: Image, device: str) -> Any:
    """From 0 to 1, float32 ``(1, 3, height, width)``."""
    return torch.from_numpy(image).to(device).permute(2, 0, 1)[None].float() / 255


def _pixels(made: Any) -> Image:
    levels = made[0].clamp(0, 1).mul(255).round().byte().permute(1, 2, 0)
    return np.ascontiguousarray(levels.cpu().numpy())
