"""What a picture file may cost, looked at before any of it is decoded.

A few kilobytes can ask for gigabytes or for hours. A picture takes at most about 600 MB and a few
seconds with the limits here and ``ingest.max_pixels``: Pillow holds 4 bytes a pixel, the array 3,
and a decoder of a costly format up to 16 for a while.
"""

import re
from typing import Final

from PIL import Image as Pil

from schemas.errors import PictureError
from schemas.settings.config import IngestConfig

_KNOWN = "jpg jpeg jpe png apng webp bmp tif tiff gif jp2 j2k avif ppm pgm pnm"
ENDINGS: Final = frozenset(f".{ending}" for ending in _KNOWN.split())
"""What is taken for a picture by its name; what is in it is looked at later."""
MOST_BYTES: Final = 160 << 20
"""Of a file; 50 megapixels of RGB are 150 MB where nothing is packed."""
MOST_SCANS: Final = 100
"""Of a JPEG; encoders write 10, each is a pass over all of the picture."""
MOST_SEGMENTS: Final = 10_000
"""Of a JPEG; a profile or a preview may take hundreds."""
MOST_CHUNKS: Final = 100_000
"""Of a PNG; one of 8 kB each is usual."""
MOST_TEXTS: Final = 500
"""Of a PNG."""
COSTLY: Final = ("JPEG2000", "WEBP", "AVIF")
"""Formats whose decoders hold several copies of a picture; half of the pixels are allowed."""

_JPEG, _PNG = b"\xff\xd8", b"\x89PNG\r\n\x1a\n"
# What stands in the data of a scan is no marker when a zero or a restart's number follows.
_MARKER: Final = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])")
_START_OF_SCAN, _END, _BARE = 0xDA, 0xD9, (0x01, 0xD8)


def check_file(data: bytes) -> None:
    """Refuse a file that would take too long, by its size and its structure.

    Raises:
        PictureError: ``too_large`` or ``corrupt``.
    """
    if len(data) > MOST_BYTES:
        raise PictureError("too_large", f"{len(data):,} bytes, allowed {MOST_BYTES:,}")
    if data.startswith(_JPEG):
        _check_jpeg(data)
    if data.startswith(_PNG):
        _check_png(data)


def _check_jpeg(data: bytes) -> None:
    scans, at = 0, 2
    for _ in range(MOST_SEGMENTS):
        found = _MARKER.search(data, at)
        if found is None or found[1][0] == _END:
            return
        scans += found[1][0] == _START_OF_SCAN
        if scans > MOST_SCANS:
            raise PictureError("corrupt", f"more than {MOST_SCANS} scans")
        at = found.end()
        if found[1][0] not in _BARE:
            at += int.from_bytes(data[at : at + 2], "big")
    raise PictureError("corrupt", f"more than {MOST_SEGMENTS} segments")


def _check_png(data: bytes) -> None:
    texts, at = 0, len(_PNG)
    for _ in range(MOST_CHUNKS):
        size, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if len(kind) < 4 or kind == b"IEND":
            return
        texts += kind in (b"tEXt", b"zTXt", b"iTXt")
        if texts > MOST_TEXTS:
            raise PictureError("corrupt", f"more than {MOST_TEXTS} texts")
        at += 12 + size
    raise PictureError("corrupt", f"more than {MOST_CHUNKS} chunks")


def check_size(picture: Pil.Image, deep: bool, config: IngestConfig) -> None:
    """Refuse a picture that is too large, by its header.

    Args:
        picture: Opened, not decoded.
        deep: Whether it has colour of 16 bits, which takes twice the memory.
        config: Limits.

    Raises:
        PictureError: ``too_many_pixels`` or ``too_long_side``.
    """
    width, height = picture.size
    costly = deep or picture.format in COSTLY
    allowed = config.max_pixels // 2 if costly else config.max_pixels
    if width * height > allowed:
        what = f"allowed {allowed} of such" if costly else f"allowed {allowed}"
        raise PictureError("too_many_pixels", f"{width}x{height}, {what}")
    if max(width, height) > config.max_side:
        raise PictureError("too_long_side", f"{width}x{height}, allowed {config.max_side}")
