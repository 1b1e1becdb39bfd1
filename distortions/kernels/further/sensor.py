"""Sensors: noise from quantiles, stripes, stuck pixels.

Pictures come as ``(height, 3 * width)`` uint8 rows. A pixel has 64 random bits by its place in
the picture; channel ``c`` uses those from ``21 * c`` on.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from distortions.kernels.hashing import GAMMA, fill_row, mix

U8 = NDArray[np.uint8]
I16 = NDArray[np.int16]
I64 = NDArray[np.int64]


@njit(nogil=True, cache=True)
def from_quantiles(source: U8, key: np.uint64, x: int, y: int, table: U8, out: U8) -> None:
    """Draw every level anew; ``table`` ``(256, 4096)`` holds equally likely results for each."""
    height, size = source.shape
    words = np.empty(size // 3, np.uint64)
    last = np.uint64(table.shape[1] - 1)
    for row in range(height):
        fill_row(key, x, y + row, words)
        line, target = source[row], out[row]
        for i in range(words.size):
            word = words[i]
            for channel in range(3):
                at = 3 * i + channel
                target[at] = table[line[at], np.int64(word & last)]
                word >>= np.uint64(21)


@njit(nogil=True, cache=True)
def add_lines(source: U8, down: I16, across: I16, out: U8) -> None:
    """Add one offset for each row and one for each column, to all channels."""
    height, size = source.shape
    for row in range(height):
        line, target, level = source[row], out[row], np.int32(down[row])
        for i in range(size // 3):
            change = level + np.int32(across[i])
            for channel in range(3):
                value = np.int32(line[3 * i + channel]) + change
                target[3 * i + channel] = np.uint8(min(max(value, np.int32(0)), np.int32(255)))


@njit(nogil=True, cache=True)
def line_noise(key: np.uint64, first: int, table: I16, out: I16) -> None:
    """An offset for each of the lines from ``first`` on, from equally likely ones."""
    words = np.empty(out.size, np.uint64)
    fill_row(key, first, 0, words)
    kinds = np.uint64(table.size)
    for i in range(out.size):
        out[i] = table[np.int64(words[i] % kinds)]


@njit(nogil=True, cache=True)
def stuck(
    source: U8, key: np.uint64, x: int, y: int, chance: np.uint64, side: int, out: U8
) -> None:
    """Set one channel of struck pixels to 0 or 255; ``out`` holds the picture already.

    A struck pixel takes those up to ``side - 1`` to its right and below with it. Of several that
    meet, the last in reading order decides.
    """
    height, width = source.shape[0], source.shape[1] // 3
    words = np.empty(width + side - 1, np.uint64)
    for row in range(1 - side, height):
        fill_row(key, x + 1 - side, y + row, words)
        for place in range(words.size):
            if words[place] >> np.uint64(11) >= chance:
                continue
            more = mix(words[place] + GAMMA)
            channel, level = np.int64(more % np.uint64(3)), np.uint8(255 * (more >> np.uint64(63)))
            left = place + 1 - side
            for down in range(max(row, 0), min(row + side, height)):
                for across in range(max(left, 0), min(left + side, width)):
                    out[down, 3 * across + channel] = level
