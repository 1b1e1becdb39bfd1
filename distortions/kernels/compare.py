"""Loops behind ``distortions.measure``: exact integers where sums meet, fixed order elsewhere."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
I32 = NDArray[np.int32]
Flags = NDArray[np.bool_]


@njit(cache=True, nogil=True)
def luma(image: U8) -> I32:
    """BT.601 luma rounded to 8 bits, ``(height, width)``."""
    height, width = image.shape[:2]
    out = np.empty((height, width), np.int32)
    for y in range(height):
        for x in range(width):
            red, green = np.int32(image[y, x, 0]), np.int32(image[y, x, 1])
            out[y, x] = (77 * red + 150 * green + 29 * np.int32(image[y, x, 2]) + 128) >> 8
    return out


@njit(cache=True, nogil=True)
def _move_rows(columns: NDArray[np.int64], a: I32, b: I32, row: int, sign: int) -> None:
    for x in range(a.shape[1]):
        p, q = np.int64(a[row, x]), np.int64(b[row, x])
        columns[0, x] += sign * p
        columns[1, x] += sign * q
        columns[2, x] += sign * p * p
        columns[3, x] += sign * q * q
        columns[4, x] += sign * p * q


@njit(cache=True, nogil=True)
def ssim_sum(a: I32, b: I32, mask: Flags, window: int) -> float:
    """Sum of SSIM over the mask; uniform window, shifted inwards at the picture's border."""
    height, width = a.shape
    tall, wide = min(window, height), min(window, width)
    columns = np.zeros((5, width), np.int64)
    total, low, high = 0.0, 0, 0
    count = float(tall * wide)
    unbiased = count / (count - 1.0) if count > 1.0 else 1.0
    s = np.zeros(5, np.int64)
    for y in range(height):
        top = max(0, min(y - window // 2, height - tall))
        while high < top + tall:
            _move_rows(columns, a, b, high, 1)
            high += 1
        while low < top:
            _move_rows(columns, a, b, low, -1)
            low += 1
        s[:] = 0
        left, right = 0, 0
        for x in range(width):
            start = max(0, min(x - window // 2, width - wide))
            while right < start + wide:
                for k in range(5):
                    s[k] += columns[k, right]
                right += 1
            while left < start:
                for k in range(5):
                    s[k] -= columns[k, left]
                left += 1
            if mask[y, x]:
                total += _ssim(s[0], s[1], s[2], s[3], s[4], count, unbiased)
    return total


@njit(cache=True, nogil=True, inline="always")
def _ssim(p: int, q: int, pp: int, qq: int, pq: int, count: float, unbiased: float) -> float:
    mean_p, mean_q = p / count, q / count
    var_p = unbiased * (pp / count - mean_p * mean_p)
    var_q = unbiased * (qq / count - mean_q * mean_q)
    both = unbiased * (pq / count - mean_p * mean_q)
    c1, c2 = 6.5025, 58.5225
    top = (2 * mean_p * mean_q + c1) * (2 * both + c2)
    return top / ((mean_p * mean_p + mean_q * mean_q + c1) * (var_p + var_q + c2))


@njit(cache=True, nogil=True, inline="always")
def _prewitt(plane: I32, y: int, x: int) -> float:
    height, width = plane.shape
    up, down = max(y - 1, 0), min(y + 1, height - 1)
    left, right = max(x - 1, 0), min(x + 1, width - 1)
    dx = (plane[up, right] + plane[y, right] + plane[down, right]) - (
        plane[up, left] + plane[y, left] + plane[down, left]
    )
    dy = (plane[down, left] + plane[down, x] + plane[down, right]) - (
        plane[up, left] + plane[up, x] + plane[up, right]
    )
    return math.sqrt(float(dx * dx + dy * dy)) / 3.0


@njit(cache=True, nogil=True)
def gradient_sum(plane: I32, mask: Flags) -> float:
    """Sum of Prewitt gradient magnitudes over the mask, grey levels per pixel."""
    total = 0.0
    for y in range(plane.shape[0]):
        for x in range(plane.shape[1]):
            if mask[y, x]:
                total += _prewitt(plane, y, x)
    return total


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def luma_moments(plane: I32, mask: Flags) -> tuple[int, int]:
    """Sum and sum of squares of the luma over the mask."""
    total, squares = np.int64(0), np.int64(0)
    for y in range(plane.shape[0]):
        for x in range(plane.shape[1]):
            if mask[y, x]:
                v = np.int64(plane[y, x])
                total += v
                squares += v * v
    return int(total), int(squares)
