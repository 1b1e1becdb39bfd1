"""Weather: a veil over the picture, and small bright things strewn over it.

Pictures come as ``(height, 3 * width)`` uint8 rows; strengths are in 1/65536. What is strewn is
found from the hash of every place, those beyond the crop too, so that no crop needs a halo.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from distortions.kernels.hashing import GAMMA, fill_row, mix

U8 = NDArray[np.uint8]
U16 = NDArray[np.uint16]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
FULL = 1 << 16


@njit(nogil=True, cache=True)
def fade(source: U8, kept: I32, veil: U8, out: U8) -> None:
    """Mix a row with a colour; ``kept`` says how much of every pixel stays."""
    red, green, blue = np.int32(veil[0]), np.int32(veil[1]), np.int32(veil[2])
    for i in range(kept.size):
        share = kept[i]
        rest, half = np.int32(65536) - share, np.int32(32768)
        out[3 * i] = np.uint8((source[3 * i] * share + red * rest + half) >> 16)
        out[3 * i + 1] = np.uint8((source[3 * i + 1] * share + green * rest + half) >> 16)
        out[3 * i + 2] = np.uint8((source[3 * i + 2] * share + blue * rest + half) >> 16)


@njit(nogil=True, cache=True)
def veil_rows(source: U8, kept: I32, veil: U8, out: U8) -> None:
    """Mix with ``veil``; ``kept`` has one share for each row."""
    height, size = source.shape
    line = np.empty(size // 3, np.int32)
    for y in range(height):
        line[:] = kept[y]
        fade(source[y], line, veil, out[y])


@njit(nogil=True, cache=True)
def veil_field(source: U8, field: U16, kept: I32, veil: U8, out: U8) -> None:
    """Mix with ``veil``; the top ten bits of ``field`` choose from ``kept``."""
    height, width = field.shape
    line = np.empty(width, np.int32)
    for y in range(height):
        for i in range(width):
            line[i] = kept[np.int64(field[y, i]) >> 6]
        fade(source[y], line, veil, out[y])


@njit(nogil=True, cache=True)
def lay_over(source: U8, cover: I32, alpha: int, colour: U8, out: U8) -> None:
    """Mix with ``colour`` by ``cover``, at most all of it, times ``alpha``."""
    height, width = cover.shape
    line, share = np.empty(width, np.int32), np.int64(alpha)
    for y in range(height):
        row = cover[y]
        for i in range(width):
            covered = np.int64(min(row[i], np.int32(65536)))
            line[i] = np.int32(65536) - np.int32((covered * share) >> 16)
        fade(source[y], line, colour, out[y])


@njit(nogil=True, cache=True)
def streaks(
    key: np.uint64, x: int, y: int, chance: np.uint64, columns: I64, shares: I32, cover: I32
) -> None:
    """Add a slanting line through every struck place to ``cover`` ``(height, width)``.

    A line runs ``columns.size // 2`` rows up and down; in each it covers the column
    ``columns[row]`` off its middle by ``shares[row, 0]`` and the next one by ``shares[row, 1]``.
    Lines have 3/4 to 5/4 of that strength.
    """
    height, width = cover.shape
    reach = columns.size // 2
    wide = max(abs(columns[0]), abs(columns[-1])) + 1
    words = np.empty(width + 2 * wide, np.uint64)
    for row in range(-reach, height + reach):
        fill_row(key, x - wide, y + row, words)
        for place in range(words.size):
            if words[place] >> np.uint64(11) >= chance:
                continue
            strong = np.int32(192) + np.int32(mix(words[place] + GAMMA) >> np.uint64(57))
            for step in range(max(0, reach - row), min(columns.size, height + reach - row)):
                at, left = row - reach + step, place - wide + columns[step]
                if 0 <= left < width:
                    cover[at, left] += (shares[step, 0] * strong) >> 8
                if 0 <= left + 1 < width:
                    cover[at, left + 1] += (shares[step, 1] * strong) >> 8


@njit(nogil=True, cache=True)
def spots(key: np.uint64, x: int, y: int, chance: np.uint64, stamps: I32, cover: I32) -> None:
    """Add one of ``stamps`` ``(several, side, side)``, odd, about every struck place."""
    height, width = cover.shape
    kinds, side = np.uint64(stamps.shape[0]), stamps.shape[1]
    reach = side // 2
    words = np.empty(width + 2 * reach, np.uint64)
    for row in range(-reach, height + reach):
        fill_row(key, x - reach, y + row, words)
        for place in range(words.size):
            if words[place] >> np.uint64(11) >= chance:
                continue
            stamp = stamps[np.int64(mix(words[place] + GAMMA) % kinds)]
            top, left = row - reach, place - 2 * reach
            first, stop = max(0, -left), min(side, width - left)
            for step in range(max(0, -top), min(side, height - top)):
                for i in range(first, stop):
                    cover[top + step, left + i] += stamp[step, i]


@njit(nogil=True, cache=True)
def droplets(
    source: U8,
    key: np.uint64,
    x: int,
    y: int,
    chance: np.uint64,
    cell: int,
    radii: I64,
    lift: int,
    out: U8,
) -> None:
    """Drops on a lattice: inside, the picture mirrored about the drop's middle, pale and bright.

    ``out`` holds the picture already. Radii run from ``radii[0]`` up to ``radii[1]``; a drop
    stays inside its cell of the lattice. Its rim is darker, its upper left has a highlight.
    """
    height, width = source.shape[0], source.shape[1] // 3
    word = np.empty(1, np.uint64)
    for down in range(y // cell, (y + height - 1) // cell + 1):
        for across in range(x // cell, (x + width - 1) // cell + 1):
            fill_row(key, across, down, word)
            if word[0] >> np.uint64(11) >= chance:
                continue
            more = mix(word[0] + GAMMA)
            radius = (
                radii[0] + np.int64(more & np.uint64(0xFFFF)) * (radii[1] - radii[0] + 1) // FULL
            )
            free = cell - 2 * radius
            middle_x = across * cell + radius - x
            middle_x += np.int64((more >> np.uint64(16)) & np.uint64(0xFFFF)) * free // FULL
            middle_y = down * cell + radius - y
            middle_y += np.int64((more >> np.uint64(32)) & np.uint64(0xFFFF)) * free // FULL
            drop(source, middle_x, middle_y, radius, lift, out)


@njit(nogil=True, cache=True)
def drop(source: U8, middle_x: int, middle_y: int, radius: int, lift: int, out: U8) -> None:
    """One drop."""
    height, width = source.shape[0], source.shape[1] // 3
    square = radius * radius + radius
    for row in range(max(0, middle_y - radius), min(height, middle_y + radius + 1)):
        for column in range(max(0, middle_x - radius), min(width, middle_x + radius + 1)):
            dy, dx = row - middle_y, column - middle_x
            distance = dx * dx + dy * dy
            if distance > square:
                continue
            from_y = min(max(2 * middle_y - row, 0), height - 1)
            from_x = min(max(2 * middle_x - column, 0), width - 1)
            light = lift - (48 * distance * distance) // (square * square)
            glint = 9 * ((3 * dx + radius) ** 2 + (3 * dy + radius) ** 2)
            light += 90 if glint < 10 * square else 0
            for channel in range(3):
                level = np.int64(source[from_y, 3 * from_x + channel]) // 2 + 64 + light
                out[row, 3 * column + channel] = np.uint8(
                    min(max(level, np.int64(0)), np.int64(255))
                )


@njit(nogil=True, cache=True)
def ice(source: U8, field: U16, crystals: I32, through: int, share: int, out: U8) -> None:
    """Add ``share`` of an icy texture to ``through`` of the picture.

    The texture is a film of uneven thickness and crystals on it, up to 65536; a little blue.
    """
    height, width = field.shape
    kept, added = np.int64(through), np.int64(share)
    for y in range(height):
        for i in range(width):
            crystal = np.int64(min(crystals[y, i], np.int32(65536)))
            level = 36 + (np.int64(field[y, i]) * 96 >> 16) + (crystal * 122 >> 16)
            for channel in range(3):
                tint = level - ((2 - channel) * level) // 24
                mixed = (source[y, 3 * i + channel] * kept + tint * added + 32768) >> 16
                out[y, 3 * i + channel] = np.uint8(min(mixed, 255))
