"""What picture formats leave behind: JPEG and JPEG 2000, WebP and AVIF."""

import io
from functools import partial

import cv2
import numpy as np
from PIL import Image as Pil

from distortions.registry import distortion
from distortions.site import Site
from schemas.arrays import Image

# A JPEG unit is 16 pixels wide at 4:2:0, and chroma upsampling looks into the next one.
UNIT = 16
# OpenJPEG wants a few pixels for its wavelet levels.
LEAST_SIDE = 64
# It stops before the target rather than behind it. Where a region is smooth the step that it leaves
# out is worth up to 9 dB (a red door comes out green), so what is left further behind than this is
# encoded again for more. Source: 1,440 regions and levels of photographs, of which 95 % end within
# these 2 dB at once and all after three rounds at most.
BEHIND, MORE, ROUNDS = 2.0, 1.5, 20


@distortion(
    family="compression",
    levels=(25, 18, 12, 8, 5),
    halo=UNIT,
    align=UNIT,
    domain="neighbourhood",
    dq495k="compression_jpeg",
    kadid=10,
    panda="compression",
)
def jpeg_compression(image: Image, quality: int, site: Site) -> Image:
    """Blocks of eight pixels, ringing along edges, smeared colour.

    Source: DQ-495K; JPEG 4:2:0, blocks anchored at the picture's origin.
    """
    bgr = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2BGR)
    sampling = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
    _, data = cv2.imencode(".jpg", bgr, options)
    decoded = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), np.uint8)


@distortion(
    family="compression",
    levels=(29.0, 27.5, 26.0, 24.5, 23.0),
    domain="crop",
    dq495k="compression_jpeg_2000",
    kadid=9,
    panda="compression",
)
def jpeg2000_compression(image: Image, psnr_db: float, site: Site) -> Image:
    """Smeared detail and soft ripples around edges.

    Source: DQ-495K; OpenJPEG at a target PSNR, missed by 2 dB at most. Its rate control looks at
    all it is given, so the type is defined on the region's box, not on the picture.
    """
    height, width = image.shape[:2]
    padding = ((0, max(0, LEAST_SIDE - height)), (0, max(0, LEAST_SIDE - width)), (0, 0))
    padded = np.ascontiguousarray(np.pad(image, padding, mode="edge"))
    decoded = image
    for step in range(ROUNDS):
        quality = [psnr_db + step * MORE]
        decoded = _through(padded, "JPEG2000", quality_mode="dB", quality_layers=quality)
        decoded = decoded[:height, :width].copy()
        if cv2.PSNR(image, decoded) >= psnr_db - BEHIND:
            break
    return decoded


def _through(image: Image, kind: str, **options: object) -> Image:
    """A picture through one of Pillow's formats."""
    buffer = io.BytesIO()
    Pil.fromarray(np.ascontiguousarray(image)).save(buffer, kind, **options)
    return np.array(Pil.open(buffer).convert("RGB"), np.uint8)


_format = partial(
    distortion,
    "compression",
    domain="crop",
    default=False,
    panda="compression",
    library="pillow",
    portable=False,
)


@_format((12, 7, 4, 2, 1))
def webp_compression(image: Image, quality: int, site: Site) -> Image:
    """Detail is smeared, colours run in large soft patches.

    Args:
        image: Crop, uint8 ``(height, width, 3)``; the codec sees nothing else.
        quality: 0 to 100, the best.
        site: Unused.

    Source: WebP, lossy (libwebp as Pillow has it); levels are our own.
    """
    return _through(image, "WEBP", quality=quality, method=2)


@_format((28, 20, 14, 8, 2))
def avif_compression(image: Image, quality: int, site: Site) -> Image:
    """Detail is painted over smoothly, as in a picture of a few kilobytes.

    Args:
        image: Crop, uint8 ``(height, width, 3)``; the codec sees nothing else.
        quality: 0 to 100, the best.
        site: Unused.

    Source: AVIF (libavif as Pillow has it, one thread); levels are our own.
    """
    return _through(image, "AVIF", quality=quality, speed=9, max_threads=1)
