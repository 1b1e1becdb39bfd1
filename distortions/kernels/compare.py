"""Loops behind ``distortions.measure``: exact integers where sums meet, fixed order elsewhere.

Row by row: what is the same for every pixel is done for many at once into a buffer, and only the
sum over the mask goes pixel by pixel, so that its order is fixed.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from distortions.kernels.plain import PLAIN

U8 = NDArray[np.uint8]
I32 = NDArray[np.int32]
F64 = NDArray[np.float64]
Flags = NDArray[np.bool_]


@njit(**PLAIN)
def luma(image: U8) -> I32:
    """BT.601 luma rounded to 8 bits, ``(height, width)``."""
    height, width = image.shape[:2]
    out = np.empty((height, width), np.int32)
    for y in range(height):
        row = image[y].reshape(3 * width)
        for x in range(width):
            red, green = np.int32(row[3 * x]), np.int32(row[3 * x + 1])
            out[y, x] = (77 * red + 150 * green + 29 * np.int32(row[3 * x + 2]) + 128) >> 8
    return out


@njit(**PLAIN)
def _move_row(columns: I32, p: I32, q: I32, sign: np.int32) -> None:
    """Add a row of two planes to the sums of p, q, pp, qq and pq down each column, or take it."""
    for x in range(p.size):
        columns[0, x] += sign * p[x]
    for x in range(p.size):
        columns[1, x] += sign * q[x]
    for x in range(p.size):
        columns[2, x] += sign * p[x] * p[x]
    for x in range(p.size):
        columns[3, x] += sign * q[x] * q[x]
    for x in range(p.size):
        columns[4, x] += sign * p[x] * q[x]


@njit(**PLAIN)
def _across(columns: I32, window: int, out: I32) -> None:
    """Sums of ``window`` neighbours in a row; ``out`` has a value for every place of the window."""
    out[:] = 0
    for step in range(window):
        for x in range(out.size):
            out[x] += columns[x + step]


@njit(**PLAIN)
def _ssim(sums: I32, count: float, unbiased: float, out: F64) -> None:
    p, q, pp, qq, pq = sums[0], sums[1], sums[2], sums[3], sums[4]
    c1, c2 = 6.5025, 58.5225
    for x in range(out.size):
        mean_p, mean_q = p[x] / count, q[x] / count
        var_p = unbiased * (pp[x] / count - mean_p * mean_p)
        var_q = unbiased * (qq[x] / count - mean_q * mean_q)
        both = unbiased * (pq[x] / count - mean_p * mean_q)
        top = (2 * mean_p * mean_q + c1) * (2 * both + c2)
        out[x] = top / ((mean_p * mean_p + mean_q * mean_q + c1) * (var_p + var_q + c2))


@njit(**PLAIN)
def ssim_sum(a: I32, b: I32, mask: Flags, window: int) -> float:
    """Sum of SSIM over the mask; uniform window, shifted inwards at the picture's border."""
    height, width = a.shape
    tall, wide = min(window, height), min(window, width)
    places = width - wide + 1
    # Sums of at most ``window`` squared times 255 squared: 32 bits hold them.
    columns, sums = np.zeros((5, width), np.int32), np.empty((5, places), np.int32)
    row = np.empty(places, np.float64)
    count = float(tall * wide)
    unbiased = count / (count - 1.0) if count > 1.0 else 1.0
    total, low, high = 0.0, 0, 0
    for y in range(height):
        top = max(0, min(y - window // 2, height - tall))
        while high < top + tall:
            _move_row(columns, a[high], b[high], np.int32(1))
            high += 1
        while low < top:
            _move_row(columns, a[low], b[low], np.int32(-1))
            low += 1
        if mask[y].any():
            for k in range(5):
                _across(columns[k], wide, sums[k])
            _ssim(sums, count, unbiased, row)
            for x in range(width):
                if mask[y, x]:
                    total += row[max(0, min(x - window // 2, width - wide))]
    return total


@njit(**PLAIN)
def _sums_down(up: I32, here: I32, down: I32, smooth: I32, steep: I32) -> None:
    """Sum and step of three rows at every column, with a column more at either end."""
    width = here.size
    for x in range(width):
        smooth[x + 1] = up[x] + here[x] + down[x]
    for x in range(width):
        steep[x + 1] = down[x] - up[x]
    smooth[0], steep[0] = smooth[1], steep[1]
    smooth[width + 1], steep[width + 1] = smooth[width], steep[width]


@njit(**PLAIN)
def _prewitt(smooth: I32, steep: I32, out: F64) -> None:
    for x in range(out.size):
        dx = smooth[x + 2] - smooth[x]
        dy = steep[x] + steep[x + 1] + steep[x + 2]
        out[x] = math.sqrt(float(dx * dx + dy * dy)) / 3.0


@njit(**PLAIN)
def gradient_sum(plane: I32, mask: Flags) -> float:
    """Sum of Prewitt gradient magnitudes over the mask, grey levels per pixel."""
    height, width = plane.shape
    smooth, steep = np.empty(width + 2, np.int32), np.empty(width + 2, np.int32)
    row, total = np.empty(width, np.float64), 0.0
    for y in range(height):
        up, down = plane[max(y - 1, 0)], plane[min(y + 1, height - 1)]
        _sums_down(up, plane[y], down, smooth, steep)
        _prewitt(smooth, steep, row)
        for x in range(width):
            if mask[y, x]:
                total += row[x]
    return total


@njit(**PLAIN)
def squared_error(a: U8, b: U8, mask: Flags) -> int:
    """Sum of squared differences over the mask and the three channels."""
    total = np.int64(0)
    for y in range(a.shape[0]):
        for x in range(a.shape[1]):
            if mask[y, x]:
                for c in range(3):
                    d = np.int64(a[y, x, c]) - np.int64(b[y, x, c])
                    total += d * d
    return int(total)


@njit(**PLAIN)
def luma_moments(plane: I32, mask: Flags) -> tuple[int, int]:
    """Sum and sum of squares of the luma over the mask."""
    total, squares = np.int64(0), np.int64(0)
    for y in range(plane.shape[0]):
        for x in range(plane.shape[1]):
            v = np.int64(plane[y, x]) * mask[y, x]
            total += v
            squares += v * v
    return int(total), int(squares)


@njit(**PLAIN)
def every_nth(mask: Flags, every: int, count: int) -> I32:
    """Places of every ``every``-th pixel of the mask, ``count`` of them, in reading order."""
    out = np.empty(count, np.int32)
    seen, found = 0, 0
    for y in range(mask.shape[0]):
        for x in range(mask.shape[1]):
            if mask[y, x]:
                if seen % every == 0:
                    out[found] = y * mask.shape[1] + x
                    found += 1
                seen += 1
    return out
