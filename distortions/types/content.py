"""Content that is missing, doubled or torn: flat patches, ghosts, fields apart."""

import numpy as np

from distortions.pixels.frame import frame_of
from distortions.registry import distortion
from distortions.site import Site
from schemas.arrays import Image
from schemas.boxes import Box
from schemas.streams import Stream

# Black, white, the green of a decoder without data, grey.
FLAT_COLOURS = ((0, 0, 0), (255, 255, 255), (0, 135, 0), (128, 128, 128))


def _paint(out: Image, site: Site, box: Box, colour: tuple[int, ...]) -> None:
    """Fill a box given in picture coordinates, as far as it lies on the crop."""
    rows = slice(max(box.y0 - site.y, 0), max(box.y1 - site.y, 0))
    columns = slice(max(box.x0 - site.x, 0), max(box.x1 - site.x, 0))
    out[rows, columns] = colour


@distortion(
    "solid_color",
    ((3, 40), (5, 44), (8, 50), (12, 54), (16, 58)),
    random=True,
    domain="region",
    default=False,
    kadid=23,
)
def color_blocks(image: Image, count: int, size: int, site: Site) -> Image:
    """Squares of one plain colour each cover parts of it.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        count: How many.
        size: Side of a square where the region's box is as large as 640 x 480 pixels; else it
            goes with the root of the area.
        site: Place in the picture, key and region.

    Source: KADID-10k (Lin et al. 2019), "color block"; levels are our own.
    """
    frame, out = frame_of(image, site), image.copy()
    side = frame.side(size)
    for index in range(count):
        stream = Stream(site.key, "block", index)
        x = frame.box.x0 + stream.below(frame.box.width) - side // 2
        y = frame.box.y0 + stream.below(frame.box.height) - side // 2
        colour = tuple(stream.below(256) for _ in range(3))
        _paint(out, site, Box(x, y, x + side, y + side), colour)
    return out


@distortion(
    "solid_color",
    (0.15, 0.3, 0.5, 0.75, 1.0),
    random=True,
    domain="region",
    default=False,
    vida="Meaningless solid color",
)
def solid_patch(image: Image, share: float, site: Site) -> Image:
    """A patch of one flat colour stands where content should be, at worst all over it.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        share: Share of the region's box that is covered.
        site: Place in the picture, key and region.

    Source: ViDA-UGC, "meaningless solid color"; levels are our own.
    """
    box, out = frame_of(image, site).box, image.copy()
    stream = Stream(site.key, "patch")
    colour = stream.choice(FLAT_COLOURS)
    along = share**0.5
    width, height = (max(1, int(round(along * size, 6) + 0.5)) for size in (box.width, box.height))
    x = box.x0 + int(round(stream.uniform() * (box.width - width), 6))
    y = box.y0 + int(round(stream.uniform() * (box.height - height), 6))
    _paint(out, site, Box(x, y, x + width, y + height), colour)
    return out


def _read_from(image: Image, right: int, down: int) -> Image:
    """The picture moved, its border repeated."""
    height, width = image.shape[:2]
    rows = np.clip(np.arange(height) - down, 0, height - 1)
    columns = np.clip(np.arange(width) - right, 0, width - 1)
    return image[rows[:, None], columns]


def _ghost_reach(distance: int, strength: float) -> int:
    return distance


@distortion(
    "ghosting",
    ((6, 0.27), (8, 0.32), (10, 0.37), (13, 0.42), (16, 0.48)),
    halo=_ghost_reach,
    domain="neighbourhood",
    default=False,
)
def ghosting(image: Image, distance: int, strength: float, site: Site) -> Image:
    """Everything is there twice, a fainter copy beside it.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        distance: How far to the right the copy stands, pixels; a third of that below.
        strength: Share of the copy.
        site: Unused.

    Source: pictures merged while something moved; levels are our own.
    """
    share = round(256 * strength)
    copy = _read_from(image, distance, distance // 3).astype(np.uint16)
    mixed = image.astype(np.uint16) * np.uint16(256 - share) + copy * np.uint16(share)
    return ((mixed + np.uint16(128)) >> np.uint16(8)).astype(np.uint8)


def _comb_reach(distance: int) -> int:
    return distance


@distortion(
    "interlacing",
    (2, 4, 7, 11, 16),
    halo=_comb_reach,
    domain="neighbourhood",
    default=False,
)
def interlacing(image: Image, distance: int, site: Site) -> Image:
    """Contours are frayed like a comb, since every other line has moved.

    Args:
        image: Crop, uint8 ``(height, width, 3)``.
        distance: How far the odd lines of the picture stand to the right, pixels.
        site: Place in the picture: lines are counted from its top.

    Source: two fields of a moving camera shown as one picture; levels are our own.
    """
    out = image.copy()
    odd = slice((site.y + 1) % 2, None, 2)
    out[odd] = _read_from(image[odd], distance, 0) if image[odd].size else image[odd]
    return out
