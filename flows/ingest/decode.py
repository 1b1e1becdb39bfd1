"""Bytes to uint8 RGB, strictly: what cannot be decoded cleanly is refused with a reason.

The header is read first; nothing is decoded that is over the limits. Then, in this order:

====================  ======================================================================
several pictures      an animation is refused (``animated``), so are pages (``multi_page``);
                      of an MPO, which is how cameras store stereo and previews, the first
                      is used (``mpo_first``)
size                  ``too_many_pixels``, ``too_long_side``: as the file states it (half of the
                      pixels where decoding takes more memory, see ``flows/ingest/limits.py``);
                      ``too_small``: the short side after scaling down, as it will be used,
                      so that a narrow strip is refused as well
``sixteen_bit``       16 bits a channel become 8: ``value / 257``, rounded
``exif_orientation``  turned upright
``palette``           colours looked up
``opaque_alpha``      alpha that is opaque everywhere is dropped; else the picture is refused
                      (``transparent``), for what lies behind is not in the file
``grey``              one channel three times; a profile of a grey picture is ignored
``cmyk`` ``lab``      through the embedded profile if one works, else plainly
``icc_srgb``          the embedded profile is not sRGB and was converted, perceptual intent;
                      a profile that does not work is ignored
``downscaled``        area average, until the long side fits
====================  ======================================================================

Other reasons to refuse: ``not_an_image`` (no format we take), ``truncated``, ``corrupt``,
``too_large`` (the file), ``unsupported_mode`` (floating point or 32 bits a channel).

Everything is decoded by Pillow but colour of 16 bits, which Pillow cuts to 8 without rounding.
OpenCV gives the same pixels for plain 8-bit files and is a fifth faster, but takes truncated files
without complaint.
"""

import io
import struct
from typing import Final, NamedTuple

import cv2
import numpy as np
from PIL import Image as Pil
from PIL import ImageCms, UnidentifiedImageError

from flows.ingest.limits import check_file, check_size
from flows.ingest.pillow import quiet
from flows.ingest.strips import eight_bit_colour, eight_bit_grey, rgb_array
from schemas.arrays import Image
from schemas.errors import PictureError
from schemas.settings.config import IngestConfig

# Named, because Pillow also opens formats that run other programs or are no photographs; an MPO
# is opened as the JPEG it begins with.
FORMATS: Final = (
    "JPEG",
    "PNG",
    "WEBP",
    "BMP",
    "TIFF",
    "GIF",
    "JPEG2000",
    "AVIF",
    "PPM",
)
DEEP_GREY: Final = ("I;16", "I;16B", "I;16L", "I;16N")
ORIENTATION: Final = 0x0112
BITS_PER_SAMPLE: Final = 0x0102
TURNS: Final = {
    2: Pil.Transpose.FLIP_LEFT_RIGHT,
    3: Pil.Transpose.ROTATE_180,
    4: Pil.Transpose.FLIP_TOP_BOTTOM,
    5: Pil.Transpose.TRANSPOSE,
    6: Pil.Transpose.ROTATE_270,
    7: Pil.Transpose.TRANSVERSE,
    8: Pil.Transpose.ROTATE_90,
}
# What Pillow's readers raise on damaged files besides OSError.
DAMAGE: Final = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    MemoryError,
    OverflowError,
    RuntimeError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    struct.error,
)


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
    """Decode a picture file under the rules above; safe in threads.

    Raises:
        PictureError: With the slug of the reason.
    """
    with quiet():
        try:
            return _decode(data, config)
        except PictureError:
            raise
        except UnidentifiedImageError:
            raise PictureError("not_an_image", f"none of {', '.join(FORMATS)}") from None
        except DAMAGE as error:
            raise PictureError(*_damage(error)) from None


def _damage(error: BaseException) -> tuple[str, str]:
    text = " ".join(str(error).split()) or type(error).__name__
    short = isinstance(error, EOFError) or "truncat" in text.lower()
    return "truncated" if short else "corrupt", text


def _decode(data: bytes, config: IngestConfig) -> Decoded:
    check_file(data)
    rules: list[str] = []
    with Pil.open(io.BytesIO(data), formats=FORMATS) as opened:
        _check_header(opened, data, config, rules)
        stated, kind = _orientation(opened) if opened.format == "TIFF" else 1, opened.format or ""
        opened.load()
        profile = opened.info.get("icc_profile")
        picture = _eight_bit(opened, data, rules)
    # One name for every step, and none for what was before: copies of large pictures add up.
    del opened
    if stated in TURNS and _orientation(picture) not in TURNS:  # Pillow turns TIFF itself
        rules.append("exif_orientation")
    picture = _turned(picture, _orientation(picture), rules)
    picture = _looked_up(picture, rules)
    picture = _opaque(picture, rules)
    picture = _to_rgb(picture, profile, rules)
    image = _fit(rgb_array(picture), config, rules)
    return Decoded(np.ascontiguousarray(image), kind, tuple(rules))


def _check_header(picture: Pil.Image, data: bytes, config: IngestConfig, rules: list[str]) -> None:
    check_size(picture, _is_deep_colour(picture, data), config)
    if picture.format == "MPO":
        rules.append("mpo_first")
    elif getattr(picture, "is_animated", False):  # counting all of them could take for ever
        reason = "multi_page" if picture.format == "TIFF" else "animated"
        raise PictureError(reason, "several pictures in one file")
    used = _fitted(*picture.size, config.max_long_side)
    if min(used) < config.min_side:
        raise PictureError("too_small", f"{used[0]}x{used[1]}, allowed from {config.min_side}")


def _eight_bit(picture: Pil.Image, data: bytes, rules: list[str]) -> Pil.Image:
    if picture.mode in ("I", "F") and picture.format != "PPM":
        raise PictureError("unsupported_mode", f"{picture.mode}: 32 bits a channel")
    if picture.mode in (*DEEP_GREY, "I"):  # Pillow stretches every PGM to 16 bits
        rules.append("sixteen_bit")
        return Pil.fromarray(eight_bit_grey(picture))
    if _is_deep_colour(picture, data):
        rules.append("sixteen_bit")
        return _deep_colour(data)
    if picture.mode == "F":
        raise PictureError("unsupported_mode", "floating point")
    return picture


def _is_deep_colour(picture: Pil.Image, data: bytes) -> bool:
    return picture.mode in ("RGB", "RGBA", "LA") and _has_sixteen_bits(picture, data)


def _has_sixteen_bits(picture: Pil.Image, data: bytes) -> bool:
    if picture.format == "PNG":
        return data[24] == 16  # bit depth in the header chunk
    tags = getattr(picture, "tag_v2", {})
    return 16 in tags.get(BITS_PER_SAMPLE, ())


def _deep_colour(data: bytes) -> Pil.Image:
    flags = cv2.IMREAD_UNCHANGED
    raw = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    if raw is None or raw.dtype != np.uint16 or raw.ndim != 3:
        raise PictureError("unsupported_mode", "16-bit colour that OpenCV does not read")
    return Pil.fromarray(eight_bit_colour(raw))


def _orientation(picture: Pil.Image) -> int:
    try:
        value = picture.getexif().get(ORIENTATION, 1)
    except DAMAGE:  # broken EXIF in a sound picture
        return 1
    return value if isinstance(value, int) else 1


def _turned(picture: Pil.Image, orientation: int, rules: list[str]) -> Pil.Image:
    if orientation not in TURNS:
        return picture
    rules.append("exif_orientation")
    turned = picture.transpose(TURNS[orientation])
    turned.info = dict(picture.info)
    return turned


def _looked_up(picture: Pil.Image, rules: list[str]) -> Pil.Image:
    if picture.mode not in ("P", "PA"):
        return picture
    rules.append("palette")
    alpha = picture.mode == "PA" or "transparency" in picture.info
    return picture.convert("RGBA" if alpha else "RGB")


def _opaque(picture: Pil.Image, rules: list[str]) -> Pil.Image:
    if not picture.has_transparency_data:
        return picture
    own = picture.mode in ("RGBA", "LA")
    low, _ = (picture if own else picture.convert("RGBA")).getchannel("A").getextrema()
    if isinstance(low, tuple) or low < 255:
        raise PictureError("transparent", "the picture has transparent parts")
    rules.append("opaque_alpha")
    return picture.convert("L" if picture.mode in ("1", "L", "LA", "La") else "RGB")


def _to_rgb(picture: Pil.Image, profile: bytes | None, rules: list[str]) -> Pil.Image:
    named = {"L": "grey", "1": "grey", "CMYK": "cmyk", "LAB": "lab"}
    if picture.mode in named:
        rules.append(named[picture.mode])
    if profile and picture.mode in ("RGB", "CMYK", "LAB"):
        converted = _through_profile(picture, profile)
        if converted:
            rules.append("icc_srgb")
            return converted
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _through_profile(picture: Pil.Image, profile: bytes) -> Pil.Image | None:
    """The picture in sRGB; ``None`` when it is sRGB already or the profile does not work."""
    try:
        embedded = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if picture.mode == "RGB" and "srgb" in ImageCms.getProfileDescription(embedded).lower():
            return None
        srgb = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(picture, embedded, srgb, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def _fitted(width: int, height: int, longest: int) -> tuple[int, int]:
    """Width and height after scaling down, pixels."""
    if max(width, height) <= longest:
        return width, height
    scale = longest / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _fit(image: Image, config: IngestConfig, rules: list[str]) -> Image:
    height, width = image.shape[:2]
    size = _fitted(width, height, config.max_long_side)
    if size == (width, height):
        return image
    rules.append("downscaled")
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
