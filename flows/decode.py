"""Bytes to uint8 RGB, strictly: what cannot be decoded cleanly is refused with a reason.

The header is read first; nothing is decoded that is over the limits. Then, by kind:

==================  =========================================================================
grey                the one channel three times; rule ``grey``
palette             colours looked up; ``palette``
alpha               dropped where it is opaque everywhere (``opaque_alpha``), else refused
                    (``transparent``): what lies behind is not in the file
CMYK, Lab           through the embedded profile if there is one that works, else plainly;
                    ``cmyk``, ``lab``
16 bits             scaled to 8, rounded; ``sixteen_bit``
ICC profile         converted to sRGB where the profile is another one; ``icc_srgb``
EXIF orientation    turned upright; ``exif_orientation``
animated            refused (``animated``): one frame is not the picture
several pages       refused (``multi_page``), but the first picture of an MPO, which is how
                    cameras store stereo and previews, is used; ``mpo_first``
truncated, broken   refused (``truncated``, ``corrupt``, ``not_an_image``)
too large           scaled down with area averaging to the configured side; ``downscaled``
==================  =========================================================================
"""

import io
import warnings
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pil
from PIL import ImageCms, ImageOps, UnidentifiedImageError

from schemas.arrays import Image
from schemas.config import IngestConfig
from schemas.errors import PictureError

SIXTEEN_BIT = ("I;16", "I;16B", "I;16L", "I;16N", "I", "F")
ORIENTATION = 0x0112


class Decoded(NamedTuple):
    """A decoded picture.

    Args:
        image: uint8 RGB ``(height, width, 3)``, contiguous.
        format: As the decoder names it.
        rules: Slugs of the rules that applied, in order.
    """

    image: Image
    format: str
    rules: tuple[str, ...]


def decode(data: bytes, config: IngestConfig) -> Decoded:
    """Decode a picture file under the rules above.

    Raises:
        PictureError: With the slug of the reason.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            picture = Pil.open(io.BytesIO(data))
        except UnidentifiedImageError:
            raise PictureError("not_an_image", "no picture format recognised") from None
        except Pil.DecompressionBombError as error:
            raise PictureError("too_many_pixels", str(error)) from None
        except (OSError, SyntaxError, ValueError) as error:
            raise PictureError("corrupt", f"header: {error}") from None
        with picture:
            return _decode(picture, data, config)


def _decode(picture: Pil.Image, data: bytes, config: IngestConfig) -> Decoded:
    rules: list[str] = []
    kind = picture.format or ""
    _check_header(picture, config, rules)
    try:
        picture.load()
        if _is_deep(picture, data):
            pixels = _deep(data)
            rules.append("sixteen_bit")
            if pixels.ndim == 2:
                rules.append("grey")
        else:
            pixels = np.asarray(_to_rgb(picture, rules))
    except PictureError:
        raise
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError) as error:
        reason = "truncated" if "truncat" in str(error).lower() else "corrupt"
        raise PictureError(reason, str(error)) from None
    image = np.ascontiguousarray(_fit(_as_rgb(pixels), config, rules))
    return Decoded(image, kind, tuple(rules))


def _check_header(picture: Pil.Image, config: IngestConfig, rules: list[str]) -> None:
    width, height = picture.size
    if width * height > config.max_pixels:
        raise PictureError("too_many_pixels", f"{width}x{height}, allowed {config.max_pixels}")
    if max(width, height) > config.max_side:
        raise PictureError("too_long_side", f"{width}x{height}, allowed {config.max_side}")
    if min(width, height) < config.min_side:
        raise PictureError("too_small", f"{width}x{height}, short side at least {config.min_side}")
    frames = getattr(picture, "n_frames", 1)
    if picture.format == "MPO":
        rules.append("mpo_first")
    elif frames > 1:
        animated = picture.format != "TIFF"
        reason = "animated" if animated else "multi_page"
        raise PictureError(reason, f"{frames} pictures in one file")


def _is_deep(picture: Pil.Image, data: bytes) -> bool:
    """Whether the file holds 16 bits a channel; Pillow cuts such colour pictures to 8."""
    if picture.mode in SIXTEEN_BIT:
        return True
    if picture.format == "PNG":
        return len(data) > 25 and data[24] == 16 and picture.mode in ("RGB", "L", "RGBA", "LA")
    bits = picture.tag_v2.get(258, (8,)) if picture.format == "TIFF" else (8,)  # type: ignore[attr-defined]
    return max(bits) == 16


def _deep(data: bytes) -> NDArray[np.uint8]:
    """A 16-bit picture scaled to 8 bits: ``round(value / 257)``, alpha refused unless opaque."""
    flags = cv2.IMREAD_UNCHANGED
    raw = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    if raw is None or raw.dtype != np.uint16:
        found = "nothing" if raw is None else str(raw.dtype)
        raise PictureError("unsupported_mode", f"expected 16-bit whole numbers, got {found}")
    if raw.ndim == 3 and raw.shape[2] == 4 and raw[..., 3].min() < 65535:
        raise PictureError("transparent", "the picture has transparent parts")
    scaled = ((raw.astype(np.uint32) + 128) // 257).astype(np.uint8)
    return scaled if scaled.ndim == 2 else np.ascontiguousarray(scaled[..., 2::-1])


def _to_rgb(picture: Pil.Image, rules: list[str]) -> Pil.Image:
    turned = ImageOps.exif_transpose(picture)
    if _orientation(picture) not in (None, 1):
        rules.append("exif_orientation")
    profile = picture.info.get("icc_profile")
    mode = turned.mode
    if mode == "P":
        rules.append("palette")
        turned = turned.convert("RGBA" if "transparency" in turned.info else "RGB")
    if turned.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in turned.info:
        turned = _without_alpha(turned.convert("RGBA"), rules, grey=mode in ("L", "LA", "La"))
    named = {"L": "grey", "1": "grey", "CMYK": "cmyk", "LAB": "lab"}
    if turned.mode in named:
        rules.append(named[turned.mode])
    return _to_srgb(turned, profile, rules)


def _orientation(picture: Pil.Image) -> int | None:
    try:
        value = picture.getexif().get(ORIENTATION)
    except (SyntaxError, ValueError, OSError, KeyError, TypeError):  # broken EXIF, sound picture
        return None
    return value if isinstance(value, int) and 1 <= value <= 8 else None


def _without_alpha(picture: Pil.Image, rules: list[str], grey: bool) -> Pil.Image:
    low, _ = picture.getchannel("A").getextrema()
    if isinstance(low, tuple) or low < 255:
        raise PictureError("transparent", "the picture has transparent parts")
    rules.append("opaque_alpha")
    return picture.convert("L" if grey else "RGB")


def _to_srgb(picture: Pil.Image, profile: bytes | None, rules: list[str]) -> Pil.Image:
    """Through the embedded profile where it fits the mode and is not sRGB already."""
    if profile and picture.mode in ("RGB", "CMYK", "LAB"):
        try:
            embedded = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            name = ImageCms.getProfileDescription(embedded).lower()
            if picture.mode != "RGB" or "srgb" not in name:
                srgb = ImageCms.createProfile("sRGB")
                converted = ImageCms.profileToProfile(picture, embedded, srgb, outputMode="RGB")
                if converted is not None:
                    rules.append("icc_srgb")
                    return converted
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            # A profile that does not work is as good as none.
            return picture.convert("RGB")
    return picture.convert("RGB")


def _as_rgb(pixels: NDArray[np.uint8]) -> Image:
    return np.repeat(pixels[..., None], 3, axis=2) if pixels.ndim == 2 else pixels


def _fit(image: Image, config: IngestConfig, rules: list[str]) -> Image:
    height, width = image.shape[:2]
    longest = max(height, width)
    if longest <= config.max_long_side:
        return image
    scale = config.max_long_side / longest
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    rules.append("downscaled")
    shrunk = cv2.resize(np.ascontiguousarray(image), size, interpolation=cv2.INTER_AREA)
    return np.asarray(shrunk, np.uint8)
