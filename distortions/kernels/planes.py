"""What a viewer resolves of a picture: light averaged over blocks, Lab, gradients, Haar waves.

Integers up to the last step, then single divisions and square roots: the same bytes everywhere.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from distortions.kernels.plain import PLAIN

U8 = NDArray[np.uint8]
I32 = NDArray[np.int32]
F32 = NDArray[np.float32]
Flags = NDArray[np.bool_]

LUMA_UNIT = 16
LAB_UNIT = 64
ROOT_TABLE = 1 << 14


@njit(**PLAIN)
def reduce(image: U8, linear: I32, root: I32, factor: int, left: int, top: int) -> tuple[I32, I32]:
    """Means over blocks of ``factor`` pixels a side, the lattice starting at ``-top, -left``.

    Returns Y, I, Q in 1/16 grey level and L*, a*, b* in 1/64, each ``(3, height, width)``. Y, I
    and Q are means of coded levels (as GMSD and HaarPSI have it), Lab comes of mean linear light.
    """
    tall = (image.shape[0] + top + factor - 1) // factor
    wide = (image.shape[1] + left + factor - 1) // factor
    tone = np.empty((3, tall, wide), np.int32)
    lab = np.empty((3, tall, wide), np.int32)
    for v in range(tall):
        first, last = max(v * factor - top, 0), min((v + 1) * factor - top, image.shape[0])
        for u in range(wide):
            start, end = max(u * factor - left, 0), min((u + 1) * factor - left, image.shape[1])
            red = green = blue = lit_red = lit_green = lit_blue = np.int64(0)
            for y in range(first, last):
                for x in range(start, end):
                    r, g, b = image[y, x, 0], image[y, x, 1], image[y, x, 2]
                    red += r
                    green += g
                    blue += b
                    lit_red += linear[r]
                    lit_green += linear[g]
                    lit_blue += linear[b]
            count = max((last - first) * (end - start), 1)
            _put_tone(tone, v, u, red, green, blue, count)
            _put_lab(lab, v, u, lit_red // count, lit_green // count, lit_blue // count, root)
    # An offset beyond one block leaves the first row or column without pixels.
    if left >= factor:
        tone[:, :, 0], lab[:, :, 0] = tone[:, :, 1], lab[:, :, 1]
    if top >= factor:
        tone[:, 0], lab[:, 0] = tone[:, 1], lab[:, 1]
    return tone, lab


@njit(inline="always", **PLAIN)
def _put_tone(
    tone: I32, v: int, u: int, red: np.int64, green: np.int64, blue: np.int64, count: int
) -> None:
    unit, half = 1000 * count, 500 * count
    red, green, blue = LUMA_UNIT * red, LUMA_UNIT * green, LUMA_UNIT * blue
    tone[0, v, u] = (299 * red + 587 * green + 114 * blue + half) // unit
    tone[1, v, u] = (596 * red - 274 * green - 322 * blue + half) // unit
    tone[2, v, u] = (211 * red - 523 * green + 312 * blue + half) // unit


@njit(inline="always", **PLAIN)
def _put_lab(
    lab: I32, v: int, u: int, red: np.int64, green: np.int64, blue: np.int64, root: I32
) -> None:
    """Lab (D65, 2 degrees); light in 1/65535 of full, ``root`` in 1/65536."""
    # Rows of the sRGB matrix over the white point, in 1/65536; each sums to 65536.
    fx = root[(28440 * red + 24656 * green + 12440 * blue) >> 18]
    fy = root[(13938 * red + 46868 * green + 4730 * blue) >> 18]
    fz = root[(1164 * red + 7176 * green + 57196 * blue) >> 18]
    lab[0, v, u] = (116 * LAB_UNIT * fy >> 16) - 16 * LAB_UNIT
    lab[1, v, u] = 500 * LAB_UNIT * (fx - fy) >> 16
    lab[2, v, u] = 200 * LAB_UNIT * (fy - fz) >> 16


@njit(**PLAIN)
def weights(mask: Flags, factor: int, left: int, top: int) -> I32:
    """How many pixels of each block the mask holds; the same lattice as ``reduce``."""
    tall = (mask.shape[0] + top + factor - 1) // factor
    wide = (mask.shape[1] + left + factor - 1) // factor
    out = np.zeros((tall, wide), np.int32)
    for y in range(mask.shape[0]):
        for x in range(mask.shape[1]):
            out[(y + top) // factor, (x + left) // factor] += mask[y, x]
    return out


@njit(**PLAIN)
def gradient(plane: I32) -> F32:
    """Prewitt magnitude in grey levels; the border pixel is repeated."""
    height, width = plane.shape
    out = np.empty((height, width), np.float32)
    for y in range(height):
        up, down = max(y - 1, 0), min(y + 1, height - 1)
        for x in range(width):
            left, right = max(x - 1, 0), min(x + 1, width - 1)
            dx = (plane[up, right] + plane[y, right] + plane[down, right]) - (
                plane[up, left] + plane[y, left] + plane[down, left]
            )
            dy = (plane[down, left] + plane[down, x] + plane[down, right]) - (
                plane[up, left] + plane[up, x] + plane[up, right]
            )
            square = np.int64(dx) * dx + np.int64(dy) * dy
            out[y, x] = math.sqrt(square) / (3.0 * LUMA_UNIT)
    return out


@njit(**PLAIN)
def haar(plane: I32) -> F32:
    """Absolute Haar responses ``(6, height, width)``: across and down at 2, 4 and 8 pixels.

    Source: HaarPSI, Reisenhofer et al. 2018: windows of ones and minus ones over their side.
    """
    height, width = plane.shape
    pad = 4
    total = np.zeros((height + 2 * pad + 1, width + 2 * pad + 1), np.int32)
    for y in range(height + 2 * pad):
        row, line = min(max(y - pad, 0), height - 1), 0
        for x in range(width + 2 * pad):
            line += plane[row, min(max(x - pad, 0), width - 1)]
            total[y + 1, x + 1] = total[y, x + 1] + line
    out = np.empty((6, height, width), np.float32)
    for k in range(3):
        half = 1 << k
        unit = np.float32(1.0 / (2 * half * LUMA_UNIT))
        for y in range(height):
            # the window's second half starts at the pixel itself
            a, b, c = y + pad - half, y + pad, y + pad + half
            for x in range(width):
                p, q, r = x + pad - half, x + pad, x + pad + half
                north = total[b, r] - total[b, p] - total[a, r] + total[a, p]
                south = total[c, r] - total[c, p] - total[b, r] + total[b, p]
                west = total[c, q] - total[c, p] - total[a, q] + total[a, p]
                east = total[c, r] - total[c, q] - total[a, r] + total[a, q]
                out[2 * k, y, x] = abs(south - north) * unit
                out[2 * k + 1, y, x] = abs(east - west) * unit
    return out


@njit(**PLAIN)
def chroma(tone: I32) -> F32:
    """Absolute means of I and Q over 2x2, in grey levels, ``(2, height, width)``."""
    height, width = tone.shape[1:]
    out = np.empty((2, height, width), np.float32)
    unit = np.float32(1.0 / (4 * LUMA_UNIT))
    for c in range(2):
        for y in range(height):
            up = max(y - 1, 0)
            for x in range(width):
                left = max(x - 1, 0)
                total = tone[c + 1, y, x] + tone[c + 1, up, x]
                total += tone[c + 1, y, left] + tone[c + 1, up, left]
                out[c, y, x] = abs(total) * unit
    return out
