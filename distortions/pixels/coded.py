"""Pictures through an encoder and its decoder: PyAV's, or a picture format's.

Pictures become 4:2:0 here and not inside of the codec's library, whose conversion depends on the
processor. Encoders run on one thread, with everything that hangs on the processor switched off.
"""

import os
from collections.abc import Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType
from typing import Any, NamedTuple

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
    coded = encoded([image], name, encoder, options)
    return decoded(coded.packets, coded)


class Coded(NamedTuple):
    """Frames as an encoder wrote them.

    Args:
        packets: In the order of decoding.
        decoder: Name of what reads them.
        header: What a decoder must be told before, if anything.
    """

    packets: list[Any]
    decoder: str
    header: bytes | None


def encoded(frames: Sequence[Image], name: str, encoder: str, options: Mapping[str, str]) -> Coded:
    """Frames of one size through an encoder; arguments and errors as of ``video_frame``."""
    os.environ.setdefault("SVT_LOG", "1")  # errors only; it greets on every picture
    av = import_extra("av", name, "codec")
    if encoder not in av.codecs_available:
        raise ConfigError(f"{name}: the PyAV that is installed has no encoder {encoder}")
    coder = av.CodecContext.create(encoder, "w")
    coder.height, coder.width = frames[0].shape[:2]
    coder.pix_fmt, coder.time_base, coder.thread_count = "yuv420p", Fraction(1, 25), 1
    coder.options = dict(options)
    packets = []
    for number, image in enumerate(frames):
        planes = cv2.cvtColor(image, cv2.COLOR_RGB2YUV_I420)
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts = number
        packets += coder.encode(frame)
    packets += coder.encode(None)
    reader = _DECODERS.get(encoder, coder.codec.canonical_name)
    return Coded(packets, reader, coder.extradata)


def decoded(packets: Sequence[Any], coded: Coded) -> Image:
    """The last picture of some packets.

    Args:
        packets: Those of ``coded``, or some of another encoding in their place.
        coded: How they are read.
    """
    reader = import_extra("av", "video", "codec").CodecContext.create(coded.decoder, "r")
    reader.thread_count, reader.options = 1, {"flags": "+bitexact", "idct": "simple"}
    if coded.header:
        reader.extradata = coded.header
    frames = [found for packet in packets for found in reader.decode(packet)]
    frames += reader.decode(None)
    last = frames[-1].to_ndarray(format="yuv420p")
    return np.asarray(cv2.cvtColor(last, cv2.COLOR_YUV2RGB_I420), np.uint8)
