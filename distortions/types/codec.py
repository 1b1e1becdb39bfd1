"""What video codecs leave behind, in one frame and from one to the next, and what lost packets do.

All but ``packet_loss`` take the extra ``codec`` (PyAV). Encoders work on one
intra-coded frame, or on two, at a constant quantiser with one thread. The same bytes come out on
one machine always; that another processor or another version of a library gives them, too, is
shown only for what ``distortions/README.md`` names.
"""

from functools import partial

import numpy as np

from distortions.kernels import Kernels
from distortions.pixels.coded import EXACT, decoded, encoded, padded, video_frame
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
# What all video codecs have in common.
_video = partial(distortion, scope="picture", default=False, extra="codec", library="av")


def _coded(
    image: Image, name: str, encoder: str, options: dict[str, str], least: int = UNIT
) -> Image:
    height, width = image.shape[:2]
    found = video_frame(padded(image, UNIT, least), name, encoder, options)
    return np.ascontiguousarray(found[:height, :width])


def _quantised(quantiser: int) -> dict[str, str]:
    return dict(EXACT) | {"g": "1", "qmin": str(quantiser), "qmax": str(quantiser)}


@_video(
    "compression",
    (10, 15, 20, 25, 31),
    halo=UNIT,
    align=UNIT,
    domain="neighbourhood",
    panda="compression",
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


@_video(
    "compression",
    (10, 15, 20, 25, 31),
    halo=UNIT,
    align=UNIT,
    domain="neighbourhood",
    panda="compression",
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


@_video("compression", (33, 38, 42, 46, 50), domain="crop", panda="compression", portable=False)
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


@_video("compression", (33, 38, 42, 46, 50), domain="crop", panda="compression", portable=False)
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


@_video("compression", (44, 50, 55, 59, 63), domain="crop", panda="compression", portable=False)
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


# Nothing is searched for motion, so that a block hangs on itself and on what lies around it alone,
# and a crop gives what the whole picture gives.
# A block is coded as a whole and looks as far as the picture moves.
TWO_FRAMES_HALO = 2 * UNIT
_PREDICTED = {**EXACT, "g": "100", "motion_est": "zero", "sc_threshold": "1000000000"}


def _moved(image: Image, distance: int) -> Image:
    """The picture ``distance`` pixels further left and half as many further up, mirrored beyond."""
    height, width = image.shape[:2]
    across = min(distance, width - 1)
    down = min(distance // 2, height - 1)
    grown = np.pad(image, ((0, down), (0, across), (0, 0)), mode="reflect")
    return np.ascontiguousarray(grown[down:, across:])


def _predicted(quantiser: int) -> dict[str, str]:
    return {**_PREDICTED, "qmin": str(quantiser), "qmax": str(quantiser)}


@_video(
    "compression",
    ((3, 8), (4, 12), (6, 17), (9, 23), (12, 31)),
    halo=TWO_FRAMES_HALO,
    align=UNIT,
    domain="neighbourhood",
)
def skipped_blocks(image: Image, distance: int, quantiser: int, site: Site) -> Image:
    """Soft blocks of what stood there a moment before lie in flat parts, and fine detail doubles.

    Args:
        image: Crop, uint8 ``(height, width, 3)``, starting at a multiple of 16 pixels.
        distance: How far the frame before lies to the left, pixels.
        quantiser: Of both frames, 1 to 31: what is less than that is not renewed.
        site: Unused.

    Source: a predicted frame of MPEG-4 part 2 (FFmpeg's encoder, bit-exact arithmetic) without
    search for motion; levels are our own.
    """
    height, width = image.shape[:2]
    whole = padded(image, UNIT, UNIT)
    frames = [_moved(whole, distance), whole]
    coded = encoded(frames, "skipped_blocks", "mpeg4", _predicted(quantiser))
    return np.ascontiguousarray(decoded(coded.packets, coded)[:height, :width])


@_video(
    "ghosting",
    ((1, 10), (2, 12), (3, 14), (5, 16), (8, 18)),
    halo=TWO_FRAMES_HALO,
    align=UNIT,
    domain="neighbourhood",
)
def frame_drift(image: Image, distance: int, quantiser: int, site: Site) -> Image:
    """Contours carry bright and dark copies of themselves beside them, as after a lost frame.

    Args:
        image: Crop, uint8 ``(height, width, 3)``, starting at a multiple of 16 pixels.
        distance: How far the lost frame lay to the left, pixels.
        quantiser: Of all frames, 1 to 31.
        site: Unused.

    Source: drift of a decoder that predicts from another frame than the encoder did: the change
    between two frames of MPEG-4 part 2 is laid on the wrong one; levels are our own.
    """
    height, width = image.shape[:2]
    whole = padded(image, UNIT, UNIT)
    options = _predicted(quantiser)
    coded = encoded([_moved(whole, distance), whole], "frame_drift", "mpeg4", options)
    shown = encoded([whole], "frame_drift", "mpeg4", options)
    packets = [shown.packets[0], *coded.packets[1:]]
    return np.ascontiguousarray(decoded(packets, coded)[:height, :width])
