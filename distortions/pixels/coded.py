"""One picture through an encoder and its decoder: PyAV's, or a picture format's.

Pictures become 4:2:0 here and not inside of the codec's library, whose conversion depends on the
processor. Encoders run on one thread, with everything that hangs on the processor switched off.
"""

import os
from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType

import cv2
import numpy as np

from schemas.arrays import Image
from schemas.errors import ConfigError
from schemas.extras import import_extra

EXACT: Mapping[str, str] = MappingProxyType({"flags": "+bitexact", "idct": "simple", "dct": "int"})
"""FFmpeg's own codecs with the arithmetic that does not hang on the processor."""
_DECODERS = {"libsvtav1": "libdav1d"}


def padded(image: Image, unit: int, least: int) -> Image:
    """A copy with its right and bottom reflected up to a multiple of ``unit``, and ``least``."""
    down, across = (max(-(-size // unit) * unit, least) - size for size in image.shape[:2])
    widths = ((0, down), (0, across), (0, 0))
    flat = min(image.shape[:2]) == 1
    grown = np.pad(image, widths, mode="edge") if flat else np.pad(image, widths, mode="reflect")
    return np.ascontiguousarray(grown)


def video_frame(image: Image, name: str, encoder: str, options: Mapping[str, str]) -> Image:
    """A picture as the only frame of a video, intra coded, and read back.

    Args:
        image: uint8 RGB ``(height, width, 3)``, contiguous, sides multiples of 16.
        name: The distortion type, for the message.
        encoder: FFmpeg's name of the encoder.
        options: Its options.

    Raises:
        ConfigError: PyAV is not installed, or was built without the encoder.
    """
    os.environ.setdefault("SVT_LOG", "1")  # errors only; it greets on every picture
    av = import_extra("av", name, "codec")
    if encoder not in av.codecs_available:
        raise ConfigError(f"{name}: the PyAV that is installed has no encoder {encoder}")
    coder = av.CodecContext.create(encoder, "w")
    coder.width, coder.height = image.shape[1], image.shape[0]
    coder.pix_fmt, coder.time_base, coder.thread_count = "yuv420p", Fraction(1, 25), 1
    coder.options = dict(options)
    planes = cv2.cvtColor(image, cv2.COLOR_RGB2YUV_I420)
    frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
    frame.pts = 0
    packets = [*coder.encode(frame), *coder.encode(None)]
    reader = av.CodecContext.create(_DECODERS.get(encoder, coder.codec.canonical_name), "r")
    reader.thread_count, reader.options = 1, {"flags": "+bitexact", "idct": "simple"}
    if coder.extradata:
        reader.extradata = coder.extradata
    frames = [found for packet in packets for found in reader.decode(packet)]
    frames += reader.decode(None)
    decoded = frames[0].to_ndarray(format="yuv420p")
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_YUV2RGB_I420), np.uint8)
