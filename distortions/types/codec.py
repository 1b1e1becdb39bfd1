"""What video codecs and newer picture formats leave behind, and what lost packets do.

The five of video take the extra ``codec`` (PyAV). Every encoder works on one intra-coded frame at
a constant quantiser with one thread. The same bytes come out on one machine always; that another
processor or another version of a library gives them, too, is shown only for what
``distortions/README.md`` names.
"""

import io

import numpy as np
from PIL import Image as Pil

from distortions.kernels import Kernels
from distortions.pixels.coded import EXACT, padded, video_frame
from distortions.pixels.lookup import rows_of
from distortions.registry import distortion
from distortions.site import Site
from schemas.arrays import Image
from schemas.streams import derive_key

_patches = Kernels("further.patches")

UNIT = 16
# x265 and SVT-AV1 want a few blocks.
LEAST_SIDE = 64
CHANCE = 1 << 53


def _coded(
    image: Image, name: str, encoder: str, options: dict[str, str], least: int = UNIT
) -> Image:
    height, width = image.shape[:2]
    decoded = video_frame(padded(image, UNIT, least), name, encoder, options)
    return np.ascontiguousarray(decoded[:height, :width])


def _quantised(quantiser: int) -> dict[str, str]:
    return dict(EXACT) | {"g": "1", "qmin": str(quantiser), "qmax": str(quantiser)}


@distortion(
    "compression",
    (10, 15, 20, 25, 31),
    halo=UNIT,
    align=UNIT,
    domain="neighbourhood",
    scope="picture",
    default=False,
    panda="compression",
    extra="codec",
)
def mpeg2_compression(image: Image, quantiser: int, site: Site) -> Image:
    """Blocks of eight pixels and smeared colour, as of a DVD that holds too much.

    Args:
        image: Crop, uint8 ``(height, width, 3)``, starting at a multiple of 16 pixels.
        quantiser: Of every block, 1 to 31.
        site: Unused.

    Source: MPEG-2 video at 4:2:0 (FFmpeg's encoder, bit-exact arithmetic); levels are our own.
    """
    return _coded(image, "mpeg2_compression", "mpeg2video", _quantised(quantiser))


@distortion(
    "compression",
    (10, 15, 20, 25, 31),
    halo=UNIT,
    align=UNIT,
    domain="neighbourhood",
    scope="picture",
    default=False,
    panda="compression",
    extra="codec",
)
def mpeg4_compression(image: Image, quantiser: int, site: Site) -> Image:
    """Blocks of eight pixels and smeared colour, as of an early video from the network.

    Args:
        image: Crop, uint8 ``(height, width, 3)``, starting at a multiple of 16 pixels.
        quantiser: Of every block, 1 to 31.
        site: Unused.

    Source: MPEG-4 part 2 at 4:2:0 (FFmpeg's encoder, bit-exact arithmetic); levels are our own.
    """
    return _coded(image, "mpeg4_compression", "mpeg4", _quantised(quantiser))


@distortion(
    "compression",
    (33, 38, 42, 46, 50),
    domain="crop",
    scope="picture",
    default=False,
    panda="compression",
    extra="codec",
)
def h264_compression(image: Image, quantiser: int, site: Site) -> Image:
    """Detail is washed out block by block, with faint edges between the blocks.

    Args:
        image: Crop, uint8 ``(height, width, 3)``; the codec sees nothing else.
        quantiser: Constant, up to 51.
        site: Unused.

    Source: H.264 (x264) with a constant quantiser: its rate control hangs on content and threads,
    and without ``cpu-independent`` its result on the processor. Levels are our own.
    """
    options = {
        "qp": str(quantiser),
        "tune": "psnr",
        "g": "1",
        "x264-params": "cpu-independent=1:threads=1:log-level=none",
    }
    return _coded(image, "h264_compression", "libx264", options)


@distortion(
    "compression",
    (33, 38, 42, 46, 50),
    domain="crop",
    scope="picture",
    default=False,
    panda="compression",
    extra="codec",
)
def hevc_compression(image: Image, quantiser: int, site: Site) -> Image:
    """Detail is washed out in patches of several sizes, contours stay rather clean.

    Args:
        image: Crop, uint8 ``(height, width, 3)``; the codec sees nothing else.
        quantiser: Constant, up to 51.
        site: Unused.

    Source: H.265 (x265) with a constant quantiser, no pools, one frame thread; levels are our own.
    """
    parameters = f"qp={quantiser}:pools=none:frame-threads=1:keyint=1:log-level=none"
    options = {"x265-params": parameters}
    return _coded(image, "hevc_compression", "libx265", options, LEAST_SIDE)


@distortion(
    "compression",
    (44, 50, 55, 59, 63),
    domain="crop",
    scope="picture",
    default=False,
    panda="compression",
    extra="codec",
)
def av1_compression(image: Image, quality: int, site: Site) -> Image:
    """Detail is painted over smoothly, textures vanish, contours swim.

    Args:
        image: Crop, uint8 ``(height, width, 3)``; the codec sees nothing else.
        quality: Constant rate factor, up to 63, the worst.
        site: Unused.

    Source: AV1 (SVT-AV1, preset 8, one thread; dav1d reads it); levels are our own.
    """
    options = {"preset": "8", "crf": str(quality), "svtav1-params": "lp=1:keyint=1"}
    return _coded(image, "av1_compression", "libsvtav1", options, LEAST_SIDE)


def _through(image: Image, kind: str, **options: object) -> Image:
    """A picture through one of Pillow's formats."""
    buffer = io.BytesIO()
    Pil.fromarray(np.ascontiguousarray(image)).save(buffer, kind, **options)
    return np.array(Pil.open(buffer).convert("RGB"), np.uint8)


@distortion("compression", (12, 7, 4, 2, 1), domain="crop", default=False, panda="compression")
def webp_compression(image: Image, quality: int, site: Site) -> Image:
    """Detail is smeared, colours run in large soft patches.

    Args:
        image: Crop, uint8 ``(height, width, 3)``; the codec sees nothing else.
        quality: 0 to 100, the best.
        site: Unused.

    Source: WebP, lossy (libwebp as Pillow has it); levels are our own.
    """
    return _through(image, "WEBP", quality=quality, method=2)


@distortion("compression", (28, 20, 14, 8, 2), domain="crop", default=False, panda="compression")
def avif_compression(image: Image, quality: int, site: Site) -> Image:
    """Detail is painted over smoothly, as in a picture of a few kilobytes.

    Args:
        image: Crop, uint8 ``(height, width, 3)``; the codec sees nothing else.
        quality: 0 to 100, the best.
        site: Unused.

    Source: AVIF (libavif as Pillow has it, one thread); levels are our own.
    """
    return _through(image, "AVIF", quality=quality, speed=9, max_threads=1)


@distortion(
    "packet_loss",
    (0.004, 0.009, 0.018, 0.035, 0.07),
    halo=3 * UNIT,
    random=True,
    domain="neighbourhood",
    default=False,
)
def packet_loss(image: Image, chance: float, site: Site) -> Image:
    """Runs of square blocks show what belongs elsewhere, or plain grey.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        chance: Share of the blocks of 16 x 16 pixels at which a run of 2 to 8 begins.
        site: Place in the picture and key; blocks are counted from the picture's corner.

    Source: our own, after concealed errors of broadcast video.
    """
    rows = rows_of(image)
    out = rows.copy()
    key, share = np.uint64(derive_key(site.key, "packets")), np.uint64(round(chance * CHANCE))
    _patches.lost_blocks(rows, key, site.x, site.y, share, 128, out)
    return out.reshape(image.shape)
