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
F64 = NDArray[np.float64]
Flags = NDArray[np.bool_]

LUMA_UNIT = 16
LAB_UNIT = 64


@njit(**PLAIN)
def reduce(image: U8, linear: I32, root: I32, factor: int, left: int, top: int) -> tuple[I32, I32]:
    """Means over blocks of ``factor`` pixels a side, the lattice starting at ``-top, -left``.

    Returns Y, I, Q in 1/16 grey level and L*, a*, b* in 1/64, each ``(3, height, width)``. Y, I
    and Q are means of coded levels (as GMSD and HaarPSI have it), Lab comes of mean linear light.
    """
    tall = (image.shape[0] + top + factor - 1) // factor
    wide = (image.shape[1] + left + factor - 1) // factor
    flat = image.reshape(image.shape[0], 3 * image.shape[1])
    tone = np.empty((3, tall, wide), np.int32)
    lab = np.empty((3, tall, wide), np.int32)
    # Whole numbers that doubles hold exactly; so are the quotients' whole parts.
    coded, lit = np.empty((3, wide)), np.empty((3, wide))
    across, count = np.zeros(wide), np.empty(wide)
    for x in range(image.shape[1]):
        across[(x + left) // factor] += 1
    for v in range(tall):
        first, last = max(v * factor - top, 0), min((v + 1) * factor - top, image.shape[0])
        for c in range(3):
            for u in range(wide):
                coded[c, u], lit[c, u] = 0, 0
        if factor == 2 and last - first == 2:
            _add_pair(flat[first], flat[first + 1], linear, left, coded, lit)
        else:
            for y in range(first, last):
                _add_row(flat[y], linear, factor, left, coded, lit)
        for u in range(wide):
            count[u] = max(across[u] * (last - first), 1.0)
        _put_tone(coded, count, tone[:, v])
        _put_lab(lit, count, root, lab[:, v])
    # An offset beyond one block leaves the first row or column without pixels.
    if left >= factor:
        tone[:, :, 0], lab[:, :, 0] = tone[:, :, 1], lab[:, :, 1]
    if top >= factor:
        tone[:, 0], lab[:, 0] = tone[:, 1], lab[:, 1]
    return tone, lab


@njit(**PLAIN)
def _add_row(row: U8, linear: I32, factor: int, left: int, coded: F64, lit: F64) -> None:
    """Add a row of pixels, channels side by side, to the sums of its blocks."""
    for x in range(row.size // 3):
        u = (x + left) // factor
        for c in range(3):
            level = row[3 * x + c]
            coded[c, u] += level
            lit[c, u] += linear[level]


@njit(**PLAIN)
def _add_pair(above: U8, below: U8, linear: I32, left: int, coded: F64, lit: F64) -> None:
    """Both rows of blocks of two pixels a side, the usual case, at once."""
    width = above.size // 3
    first, last = (left + 1) // 2, (width + left) // 2
    for u in range(first, last):
        x = 3 * (2 * u - left)
        for c in range(3):
            p, q, r, s = above[x + c], above[x + c + 3], below[x + c], below[x + c + 3]
            coded[c, u] = np.int32(p) + np.int32(q) + np.int32(r) + np.int32(s)
            lit[c, u] = linear[p] + linear[q] + linear[r] + linear[s]
    for u, x in ((first - 1, 0), (last, width - 1)):
        # a block cut off by the border has one column
        if (x + left) // 2 == u:
            for c in range(3):
                p, r = above[3 * x + c], below[3 * x + c]
                coded[c, u] = np.int32(p) + np.int32(r)
                lit[c, u] = linear[p] + linear[r]


@njit(**PLAIN)
def _put_tone(coded: F64, count: F64, tone: I32) -> None:
    red, green, blue = coded[0], coded[1], coded[2]
    for u in range(count.size):
        unit, half = 1000.0 * count[u], 500.0 * count[u]
        r, g, b = LUMA_UNIT * red[u], LUMA_UNIT * green[u], LUMA_UNIT * blue[u]
        tone[0, u] = np.int32(math.floor((299 * r + 587 * g + 114 * b + half) / unit))
        tone[1, u] = np.int32(math.floor((596 * r - 274 * g - 322 * b + half) / unit))
        tone[2, u] = np.int32(math.floor((211 * r - 523 * g + 312 * b + half) / unit))


@njit(**PLAIN)
def _put_lab(lit: F64, count: F64, root: I32, lab: I32) -> None:
    """Lab (D65, 2 degrees); light in 1/65535 of full, ``root`` in 1/65536."""
    for u in range(count.size):
        red, green = np.int64(lit[0, u] / count[u]), np.int64(lit[1, u] / count[u])
        blue = np.int64(lit[2, u] / count[u])
        # Rows of the sRGB matrix over the white point, in 1/65536; each sums to 65536.
        fx = np.int64(root[(28440 * red + 24656 * green + 12440 * blue) >> 18])
        fy = np.int64(root[(13938 * red + 46868 * green + 4730 * blue) >> 18])
        fz = np.int64(root[(1164 * red + 7176 * green + 57196 * blue) >> 18])
        lab[0, u] = (116 * LAB_UNIT * fy >> 16) - 16 * LAB_UNIT
        lab[1, u] = 500 * LAB_UNIT * (fx - fy) >> 16
        lab[2, u] = 200 * LAB_UNIT * (fy - fz) >> 16


@njit(**PLAIN)
def weights(mask: Flags, factor: int, left: int, top: int) -> I32:
    """How many pixels of each block the mask holds; the same lattice as ``reduce``."""
    tall = (mask.shape[0] + top + factor - 1) // factor
    wide = (mask.shape[1] + left + factor - 1) // factor
    out = np.zeros((tall, wide), np.int32)
    for y in range(mask.shape[0]):
        row, here = out[(y + top) // factor], mask[y]
        for step in range(factor):
            begin = step - left
            first = (max(0, -begin) + factor - 1) // factor
            last = min(wide, (here.size - 1 - begin) // factor + 1)
            for u in range(first, last):
                row[u] += here[u * factor + begin]
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
