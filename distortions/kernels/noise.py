"""Noise kernels: look random bits up in tables that already have the wanted distribution.

Pictures come as ``(height, 3 * width)`` uint8 rows, tables as int16. A pixel has 64 random bits
by its place in the picture; channel ``c`` uses those from ``21 * c`` on.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from distortions.kernels.hashing import fill_row

TABLE_BITS = 13
INDEX = np.uint64((1 << TABLE_BITS) - 1)
SLICE = np.uint64((1 << 21) - 1)

U8 = NDArray[np.uint8]
I16 = NDArray[np.int16]
U64 = NDArray[np.uint64]


@njit(nogil=True, cache=True)
def look_up(words: U64, table: I16, noise: I16) -> None:
    """Fill a row of noise, three values to a word."""
    for i in range(words.size):
        word = words[i]
        noise[3 * i] = table[np.int64(word & INDEX)]
        noise[3 * i + 1] = table[np.int64((word >> np.uint64(21)) & INDEX)]
        noise[3 * i + 2] = table[np.int64((word >> np.uint64(42)) & INDEX)]


@njit(nogil=True, cache=True)
def add_clipped(source: U8, noise: I16, out: U8) -> None:
    """Add whole levels of noise to a row."""
    for i in range(out.size):
        value = np.int16(np.int16(source[i]) + noise[i])
        out[i] = np.uint8(min(max(value, np.int16(0)), np.int16(255)))


@njit(nogil=True, cache=True)
def additive(source: U8, key: np.uint64, x: int, y: int, table: I16, out: U8) -> None:
    """Independent noise; ``table`` in levels."""
    height, size = source.shape
    words = np.empty(size // 3, np.uint64)
    noise = np.empty(size, np.int16)
    for row in range(height):
        fill_row(key, x, y + row, words)
        look_up(words, table, noise)
        add_clipped(source[row], noise, out[row])


@njit(nogil=True, cache=True)
def multiplicative(source: U8, key: np.uint64, x: int, y: int, table: I16, out: U8) -> None:
    """Noise in proportion to the level; ``table`` in 1/4096."""
    height, size = source.shape
    words = np.empty(size // 3, np.uint64)
    noise = np.empty(size, np.int16)
    for row in range(height):
        fill_row(key, x, y + row, words)
        look_up(words, table, noise)
        line, target = source[row], out[row]
        for i in range(size):
            level = np.int32(line[i])
            change = np.int32(np.int32(level * np.int32(noise[i])) + np.int32(2048)) >> 12
            target[i] = np.uint8(min(max(np.int32(level + change), np.int32(0)), np.int32(255)))


@njit(nogil=True, cache=True)
def mixed(source: U8, key: np.uint64, x: int, y: int, tables: I16, gains: I16, out: U8) -> None:
    """Noise drawn in Y, Cr, Cb and turned into RGB.

    ``tables`` (2, entries) hold luma and chroma noise in 1/16 levels; ``gains`` say, in 1/4096,
    how much of Cr goes to red and green and of Cb to green and blue.
    """
    height, size = source.shape
    words = np.empty(size // 3, np.uint64)
    luma, chroma = tables[0], tables[1]
    noise = np.empty(size, np.int16)
    red, green_r = np.int32(gains[0]), np.int32(gains[1])
    green_b, blue = np.int32(gains[2]), np.int32(gains[3])
    for row in range(height):
        fill_row(key, x, y + row, words)
        for i in range(words.size):
            word = words[i]
            light = (np.int32(luma[np.int64(word & INDEX)]) << 12) + 32768
            cr = np.int32(chroma[np.int64((word >> np.uint64(21)) & INDEX)])
            cb = np.int32(chroma[np.int64((word >> np.uint64(42)) & INDEX)])
            noise[3 * i] = np.int16((light + red * cr) >> 16)
            noise[3 * i + 1] = np.int16((light + green_r * cr + green_b * cb) >> 16)
            noise[3 * i + 2] = np.int16((light + blue * cb) >> 16)
        add_clipped(source[row], noise, out[row])


@njit(nogil=True, cache=True)
def correlated(source: U8, key: np.uint64, x: int, y: int, table: I16, out: U8) -> None:
    """Noise summed over 3x3 places, those beyond the picture's border too.

    ``table`` in 1/32 levels, a ninth of the noise at one place.
    """
    height, size = source.shape
    words = np.empty(size // 3 + 2, np.uint64)
    ring = np.empty((3, size + 6), np.int16)
    noise = np.empty(size, np.int16)
    across = np.empty(size + 6, np.int16)
    for row in range(-1, height + 1):
        fill_row(key, x - 1, y + row, words)
        look_up(words, table, ring[(row + 1) % 3])
        if row < 1:
            continue
        first, second, third = ring[0], ring[1], ring[2]
        for i in range(size + 6):
            across[i] = np.int16(first[i] + second[i]) + third[i]
        for i in range(size):
            total = np.int16(np.int16(across[i] + across[i + 3]) + across[i + 6])
            noise[i] = np.int16(total + np.int16(16)) >> 5
        add_clipped(source[row - 1], noise, out[row - 1])


@njit(nogil=True, cache=True)
def from_alias(
    source: U8, key: np.uint64, x: int, y: int, table: NDArray[np.uint32], out: U8
) -> None:
    """Draw every level anew from the distribution of its own.

    ``table`` (256, a power of two up to 128) holds alias tables: entries are a threshold of 14
    bits above two levels of 8.
    """
    height, size = source.shape
    words = np.empty(size // 3, np.uint64)
    entries, marks = np.empty(size, np.uint32), np.empty(size, np.uint32)
    columns = np.uint64(table.shape[1] - 1)
    for row in range(height):
        fill_row(key, x, y + row, words)
        line, target = source[row], out[row]
        for i in range(words.size):
            word = words[i]
            for channel in range(3):
                entries[3 * i + channel] = table[line[3 * i + channel], word & columns]
                marks[3 * i + channel] = np.uint32((word >> np.uint64(7)) & np.uint64(16383))
                word >>= np.uint64(21)
        for i in range(size):
            entry = entries[i]
            above = marks[i] >= entry >> np.uint32(16)
            target[i] = np.uint8(entry >> np.uint32(8)) if above else np.uint8(entry)


@njit(nogil=True, cache=True)
def impulses(source: U8, key: np.uint64, x: int, y: int, black: int, white: int, out: U8) -> None:
    """Set samples to 0 or 255; ``black`` and ``black + white`` of 2**21 are struck."""
    height, size = source.shape
    words = np.empty(size // 3, np.uint64)
    low, high = np.uint64(black), np.uint64(black + white)
    for row in range(height):
        fill_row(key, x, y + row, words)
        line, target = source[row], out[row]
        for i in range(words.size):
            word = words[i]
            for channel in range(3):
                mark = word & SLICE
                value = line[3 * i + channel]
                value = np.uint8(255) if mark < high else value
                target[3 * i + channel] = np.uint8(0) if mark < low else value
                word >>= np.uint64(21)
