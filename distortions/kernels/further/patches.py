"""Pieces of a picture moved, lost or filled in.

Pictures come as ``(height, 3 * width)`` uint8 rows.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from distortions.kernels.hashing import GAMMA, fill_row, mix

U8 = NDArray[np.uint8]
U16 = NDArray[np.uint16]
I16 = NDArray[np.int16]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
BLOCK = 16
LONGEST, SHORTEST = 8, 2
REACH = 2
STEPS = 40
"""So many layers deep a hole is filled; each looks two pixels far."""


@njit(nogil=True, cache=True)
def lost_blocks(
    source: U8, key: np.uint64, x: int, y: int, chance: np.uint64, grey: int, out: U8
) -> None:
    """Runs of 2 to 8 blocks of 16 x 16 pixels show what is elsewhere, or grey.

    A run starts at a struck block; ``out`` holds the picture already. Content comes from up to
    three blocks to the left or right and two above or below; one run in three is grey.
    """
    height, width = source.shape[0], source.shape[1] // 3
    first, last = x // BLOCK, (x + width - 1) // BLOCK
    words = np.empty(last - first + LONGEST, np.uint64)
    for down in range(y // BLOCK, (y + height - 1) // BLOCK + 1):
        fill_row(key, first + 1 - LONGEST, down, words)
        for place in range(words.size):
            if words[place] >> np.uint64(11) >= chance:
                continue
            more = mix(words[place] + GAMMA)
            length = SHORTEST + np.int64(more % np.uint64(LONGEST - SHORTEST + 1))
            right = np.int64((more >> np.uint64(8)) % np.uint64(7)) * BLOCK - 3 * BLOCK
            below = np.int64((more >> np.uint64(16)) % np.uint64(5)) * BLOCK - 2 * BLOCK
            right = np.int64(BLOCK) if right == 0 and below == 0 else right
            grey_run = (more >> np.uint64(24)) % np.uint64(3) == np.uint64(0)
            left = BLOCK * (first + 1 - LONGEST + place) - x
            columns = max(left, 0), min(left + BLOCK * length, width)
            for row in range(max(BLOCK * down - y, 0), min(BLOCK * (down + 1) - y, height)):
                line = source[min(max(row + below, 0), height - 1)]
                for column in range(*columns):
                    at = min(max(column + right, 0), width - 1)
                    for channel in range(3):
                        level = np.uint8(grey) if grey_run else line[3 * at + channel]
                        out[row, 3 * column + channel] = level


@njit(nogil=True, cache=True)
def holes(field: U16, below: int, layer: I16, rim: I32) -> int:
    """Mark what lies below a level with -1, the rest with 0; the number of holes' rim pixels.

    ``rim`` gets the flat places of the pixels of holes that touch something known; they are
    marked with -2.
    """
    height, width = field.shape
    for row in range(height):
        for i in range(width):
            layer[row, i] = np.int16(-1) if field[row, i] < below else np.int16(0)
    found = 0
    for row in range(height):
        for i in range(width):
            if layer[row, i] == -1 and touches(layer, row, i):
                layer[row, i] = np.int16(-2)
                rim[found] = row * width + i
                found += 1
    return found


@njit(nogil=True, cache=True)
def touches(layer: I16, row: int, column: int) -> bool:
    """Whether one of the eight neighbours is known."""
    height, width = layer.shape
    for j in range(max(row - 1, 0), min(row + 2, height)):
        for i in range(max(column - 1, 0), min(column + 2, width)):
            if layer[j, i] == 0:
                return True
    return False


@njit(nogil=True, cache=True)
def mean_around(colours: I32, layer: I16, row: int, column: int, number: int) -> None:
    """Set a pixel to the weighted mean of those around it from layers before ``number``."""
    height, width = layer.shape
    total, red, green, blue = np.int64(0), np.int64(0), np.int64(0), np.int64(0)
    for j in range(max(row - REACH, 0), min(row + REACH + 1, height)):
        for i in range(max(column - REACH, 0), min(column + REACH + 1, width)):
            if 0 <= layer[j, i] < number:
                far = (j - row) * (j - row) + (i - column) * (i - column)
                weight = np.int64(240 // (far * far))
                total += weight
                red += weight * colours[j, i, 0]
                green += weight * colours[j, i, 1]
                blue += weight * colours[j, i, 2]
    half = total // 2
    colours[row, column, 0] = np.int32((red + half) // total)
    colours[row, column, 1] = np.int32((green + half) // total)
    colours[row, column, 2] = np.int32((blue + half) // total)


@njit(nogil=True, cache=True)
def reach_in(layer: I16, row: int, column: int, following: I32, coming: int) -> int:
    """Note the unknown neighbours of a pixel for the next layer; how many are noted by now."""
    height, width = layer.shape
    for j in range(max(row - 1, 0), min(row + 2, height)):
        for i in range(max(column - 1, 0), min(column + 2, width)):
            if layer[j, i] == -1:
                layer[j, i] = np.int16(-2)
                following[coming] = np.int32(j * width + i)
                coming += 1
    return coming


@njit(nogil=True, cache=True)
def fill(colours: I32, field: U16, below: int) -> None:
    """Fill what lies below a level of the field from its rim inwards, layer by layer.

    ``colours`` ``(height, width, 3)`` have eight fraction bits. A pixel of a layer sees earlier
    layers only, so that the order within one does not matter. What is deeper than ``STEPS``
    layers stays.
    """
    height, width = field.shape
    layer = np.empty((height, width), np.int16)
    rim, following = np.empty(height * width, np.int32), np.empty(height * width, np.int32)
    count = holes(field, below, layer, rim)
    for number in range(1, STEPS + 1):
        coming = 0
        for k in range(count):
            row, column = rim[k] // width, rim[k] % width
            mean_around(colours, layer, row, column, number)
            layer[row, column] = np.int16(number)
            coming = reach_in(layer, row, column, following, coming)
        rim, following, count = following, rim, coming


@njit(nogil=True, cache=True)
def feather(left: int, top: int, soft: int, patch: U8, out: U8) -> None:
    """Lay ``patch`` ``(height, 3 * width)`` over ``out``, its border ``soft`` pixels wide."""
    height, width = patch.shape[0], patch.shape[1] // 3
    for row in range(max(-top, 0), min(height, out.shape[0] - top)):
        for column in range(max(-left, 0), min(width, out.shape[1] // 3 - left)):
            inside = min(min(row, height - 1 - row), min(column, width - 1 - column)) + 1
            share = np.int32(min(inside, soft + 1))
            at = 3 * (left + column)
            for channel in range(3):
                old = np.int32(out[top + row, at + channel]) * (np.int32(soft + 1) - share)
                new = np.int32(patch[row, 3 * column + channel]) * share
                level = (old + new + np.int32((soft + 1) // 2)) // np.int32(soft + 1)
                out[top + row, at + channel] = np.uint8(level)
