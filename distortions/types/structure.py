"""Structure that was not there: ringing, staircases, moiré, false colour, bands."""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from distortions.kernels import Kernels
from distortions.pixels.edges import edge_kept
from distortions.pixels.lookup import mirrored, nearest, rows_of, table_of
from distortions.registry import distortion
from distortions.site import Site
from schemas.arrays import Image

_smooth = Kernels("further.smooth")
_gather = Kernels("further.gather")
_light = Kernels("further.light")
_bayer = Kernels("further.bayer")

Places = NDArray[np.int64]
TAPS = 12
UNIT = 4096
TURN = 1 << 32
# Source: the spec's screen photographs; one wave every 5.3 pixels, a second one a little finer.
PERIOD, FINER, SLANTED = 5.3, 1.045, 1.25
BAND_RANGE, BAND_SPACE, BAND_RADIUS = 18.0, 6.0, 8


@lru_cache(maxsize=16)
def _ripples(cutoff: float, boost: float) -> NDArray[np.int32]:
    """Half of the kernel, centre first, in 1/4096; the whole sums to that exactly.

    A truncated sinc, and ``boost`` times what sets it apart from a Gaussian of half its power at
    the cutoff: that are the ripples.
    """
    sigma = math.sqrt(math.log(2)) / (2 * math.pi * cutoff)
    sinc = [2 * cutoff]
    sinc += [math.sin(2 * math.pi * cutoff * n) / (math.pi * n) for n in range(1, TAPS + 1)]
    soft = [math.exp(-0.5 * (n / sigma) ** 2) for n in range(TAPS + 1)]
    hard, calm = (np.array(half) / (2 * sum(half) - half[0]) for half in (sinc, soft))
    rounded = [round(UNIT * round(value, 9)) for value in hard + boost * (hard - calm)]
    # So the centre is even, and can be added as a pair of halves.
    rounded[0] = UNIT - 2 * sum(rounded[1:])
    out = np.array(rounded, np.int32)
    out.flags.writeable = False
    return out


@distortion(
    "ringing",
    ((0.25, 0.5), (0.2, 0.6), (0.17, 0.65), (0.135, 1.0), (0.11, 1.2)),
    halo=TAPS,
    domain="neighbourhood",
    default=False,
    vida="Edge ringing effect",
)
def ringing(image: Image, cutoff: float, boost: float, site: Site) -> Image:
    """Every edge is followed by fainter copies of itself, like ripples.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        cutoff: Highest frequency kept, cycles a pixel.
        boost: How much the ripples are strengthened, so that they are seen and not just blur.
        site: Unused.

    Source: an ideal low-pass filter, cut to 25 taps in each direction so that its reach is
    finite; boost and levels are our own. ViDA calls it "edge ringing effect".
    """
    rows = rows_of(image)
    out = np.empty_like(rows)
    down, across = (nearest(size, TAPS) for size in image.shape[:2])
    _smooth.ring(rows, _ripples(cutoff, boost), down, across, out)
    return out.reshape(image.shape)


def _grid(size: int, step: float, first: int, count: int) -> Places:
    """Between which samples the lines from ``first`` on lie, samples at the middles of cells.

    Returns:
        int64 ``(count, 3)``: the line before and after in lines of the crop, and the fraction
        between in 1/256. Cells are counted from the picture's first line.
    """
    cells = max(1, int(round(size / step, 6)))
    place = np.clip((np.arange(first, first + count) + 0.5) / step - 0.5, 0, cells - 1)
    before = np.floor(np.round(place, 6)).astype(np.int64)
    share = np.rint(256 * np.round(place - before, 6)).astype(np.int64)
    lines = [
        np.clip(np.floor(np.round((cell + 0.5) * step, 6)).astype(np.int64), 0, size - 1)
        for cell in (before, np.minimum(before + 1, cells - 1))
    ]
    ends = [np.clip(line - first, 0, count - 1) for line in lines]
    return np.stack([*ends, np.maximum(share, 0)], axis=1)


def _grid_reach(step: float) -> int:
    return math.ceil(1.5 * step) + 1


@distortion(
    "aliasing",
    (1.6, 2.2, 3.0, 4.0, 5.5),
    halo=_grid_reach,
    domain="neighbourhood",
    default=False,
    vida="Edge aliasing effect",
)
def aliasing(image: Image, step: float, site: Site) -> Image:
    """Slanting edges turn into soft staircases and fine patterns into coarse false ones.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        step: Distance of the samples that are kept, pixels.
        site: Place in the picture: samples stand at the middles of cells counted from its corner.

    Source: sampling without a filter, bilinear back; levels are our own. ViDA calls it "edge
    aliasing effect".
    """
    rows = rows_of(image)
    height, width = image.shape[:2]
    down = _grid(site.height, step, site.y, height)
    across = _grid(site.width, step, site.x, width)
    out = np.empty_like(rows)
    for channel in range(3):
        _gather.bilinear(rows, channel, 3, down, across, out)
    return out.reshape(image.shape)


@lru_cache(maxsize=1)
def _sine() -> NDArray[np.int16]:
    turns = [math.sin(2 * math.pi * (i + 0.5) / 1024) for i in range(1024)]
    out = np.array([round(round(16384 * value, 6)) for value in turns], np.int16)
    out.flags.writeable = False
    return out


def _wave(period: float, angle_deg: float, site: Site) -> NDArray[np.uint32]:
    """Phase at the crop's first pixel, step to the right, step down; in 1/2**32 of a turn."""
    angle = math.radians(angle_deg)
    steps = [round(round(part / period, 10) * TURN) for part in (math.cos(angle), math.sin(angle))]
    start = site.x * steps[0] + site.y * steps[1]
    return np.array([value % TURN for value in (start, *steps)], np.uint32)


@distortion(
    "moire",
    (0.09, 0.14, 0.2, 0.28, 0.38),
    draws={"angle_deg": (4.0, 16.0)},
    default=False,
)
def moire(image: Image, strength: float, angle_deg: float, site: Site) -> Image:
    """Coloured bands and a fine slanting grid wave over everything, as on a filmed screen.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        strength: How far the waves move a level, share of it.
        angle_deg: Slant of the first wave, degrees.
        site: Place in the picture.

    Source: two sines that beat, after photographs of screens; levels are our own.
    """
    rows = rows_of(image)
    first = _wave(PERIOD, angle_deg, site)
    second = _wave(PERIOD / FINER, SLANTED * angle_deg, site)
    out = np.empty_like(rows)
    _light.grid(rows, first, second, _sine(), round(65536 * strength), out)
    return out.reshape(image.shape)


def _blocks(factor: float, first: int, stop: int, start: int, count: int) -> Places:
    """First line and the one after the last of blocks ``first`` .. ``stop - 1``, in crop lines."""
    edges = np.floor(np.round(np.arange(first, stop + 1) * factor, 6)).astype(np.int64) - start
    low = np.clip(edges[:-1], 0, count - 1)
    return np.stack([low, np.clip(edges[1:], low + 1, count)], axis=1)


def _between(factor: float, first: int, size: int, start: int, count: int) -> Places:
    """Between which of ``size`` blocks from ``first`` on the lines lie; see ``_grid``."""
    place = (np.arange(start, start + count) + 0.5) / factor - 0.5 - first
    place = np.clip(np.round(place, 6), 0, size - 1)
    before = np.floor(place).astype(np.int64)
    share = np.rint(256 * (place - before)).astype(np.int64)
    return np.stack([before, np.minimum(before + 1, size - 1), share], axis=1)


def _mosaic_reach(factor: float) -> int:
    return math.ceil(4 * factor) + 1


@distortion(
    "demosaicing",
    (1.0, 1.2, 1.4, 1.6, 1.8),
    halo=_mosaic_reach,
    domain="neighbourhood",
    default=False,
)
def demosaicing(image: Image, factor: float, site: Site) -> Image:
    """Edges look like zips and fine detail carries false colours, as from a crude raw converter.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        factor: Pixels to each place of the sensor; beyond 1.8 it would look like blur.
        site: Place in the picture: the sensor's places are counted from its corner.

    Source: a Bayer mosaic (red and green, green and blue below) and bilinear interpolation;
    levels are our own.
    """
    rows = rows_of(image)
    height, width = image.shape[:2]
    spans = []
    for start, count, whole in ((site.y, height, site.height), (site.x, width, site.width)):
        last = math.ceil(round(whole / factor, 6))
        first = int(round(start / factor, 6))
        stop = min(last, math.ceil(round((start + count) / factor, 6)))
        spans.append((first, max(stop, first + 1), start, count))
    blocks = [_blocks(factor, *span) for span in spans]
    plane = np.empty((blocks[0].shape[0], blocks[1].shape[0]), np.uint8)
    corner = spans[1][0], spans[0][0]
    _bayer.mosaic(rows, *blocks, *corner, plane)
    colours = np.empty((plane.shape[0], 3 * plane.shape[1]), np.uint8)
    _bayer.demosaic(plane, *(mirrored(size, 1) for size in plane.shape), *corner, colours)
    down, across = (
        _between(factor, first, stop - first, start, count) for first, stop, start, count in spans
    )
    out = np.empty_like(rows)
    for channel in range(3):
        _gather.bilinear(colours, channel, 3, down, across, out)
    return out.reshape(image.shape)


@distortion(
    "banding",
    (4.2, 3.8, 3.4, 3.0, 2.5),
    halo=BAND_RADIUS,
    domain="neighbourhood",
    visible_from=2,
    default=False,
)
def banding(image: Image, bits: float, site: Site) -> Image:
    """Smooth shading, as of a sky, breaks into flat bands with false contours between them.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        bits: Bits a level has left.
        site: Unused.

    Source: our own: texture is smoothed first, as encoders do, so that contours come out whole.
    """
    step = 256 / 2**bits
    table = table_of(lambda level: math.floor(level / step) * step + step / 2)
    return edge_kept(image, BAND_RANGE, BAND_SPACE, BAND_RADIUS, 1, table)
