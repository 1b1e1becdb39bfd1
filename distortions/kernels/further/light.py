"""Light of the lens: fall-off towards the corners, glare over everything, fringes, a moving grid.

Pictures come as ``(height, 3 * width)`` uint8 rows.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
I16 = NDArray[np.int16]
I64 = NDArray[np.int64]
F64 = NDArray[np.float64]


@njit(nogil=True, cache=True, error_model="numpy")
def fall_off(source: U8, down: F64, across: F64, out: U8) -> None:
    """Divide by ``(1 + down + across)`` squared, rounded; two terms for rows and for columns."""
    height, width = down.size, across.size
    kept = np.empty(width, np.int32)
    for y in range(height):
        row = 1.0 + down[y]
        for i in range(width):
            drop = row + across[i]
            kept[i] = np.int32(65536.0 / (drop * drop) + 0.5)
        line, target = source[y], out[y]
        for i in range(width):
            for channel in range(3):
                level = (line[3 * i + channel] * kept[i] + np.int32(32768)) >> 16
                target[3 * i + channel] = np.uint8(level)


@njit(nogil=True, cache=True)
def glare(source: U8, light: U8, kept: int, added: int, base: int, out: U8) -> None:
    """``kept`` of the picture, ``added`` of the light (both in 1/65536), and ``base``."""
    share, more, level = np.int32(kept), np.int32(added), np.int32(base)
    for y in range(source.shape[0]):
        line, shine, target = source[y], light[y], out[y]
        for i in range(line.size):
            value = (line[i] * share + shine[i] * more + level) >> 16
            target[i] = np.uint8(min(value, np.int32(255)))


@njit(nogil=True, cache=True)
def fringe(source: U8, luma: U8, peak: U8, near: U8, tint: I64, out: U8) -> None:
    """Add ``tint`` to dark pixels that lie beside highlights.

    ``peak`` is the highest luma within reach, ``near`` the share of highlights there. The step up
    to the peak has to be one of an edge.
    """
    height, width = luma.shape
    for y in range(height):
        for i in range(width):
            step = np.int64(peak[y, i]) - np.int64(luma[y, i]) - 24
            edge = min(max(step, np.int64(0)), np.int64(96))
            weight = edge * min(np.int64(near[y, i]) * 3, np.int64(255))
            for channel in range(3):
                change = (tint[channel] * weight + 12240) // 24480
                level = np.int64(source[y, 3 * i + channel]) + change
                out[y, 3 * i + channel] = np.uint8(min(max(level, 0), 255))


@njit(nogil=True, cache=True)
def grid(
    source: U8, first: NDArray[np.uint32], second: NDArray[np.uint32], sine: I16, gain: int, out: U8
) -> None:
    """Multiply with two slanting waves that beat.

    ``first`` and ``second`` hold a wave's phase at the crop's first pixel, its step to the right
    and its step down, in 1/2**32 of a turn; ``sine`` (1024) is in 1/16384, ``gain`` in 1/65536.
    The first wave stands a third of a turn apart in each channel.
    """
    third = np.uint32(1431655765)
    height, size = source.shape
    for y in range(height):
        one = np.uint32(first[0] + np.uint32(y) * first[2])
        other = np.uint32(second[0] + np.uint32(y) * second[2])
        for i in range(0, size, 3):
            beat = np.int64(sine[np.int64(other >> np.uint32(22))]) * gain
            phase = one
            for channel in range(3):
                wave = np.int64(sine[np.int64(phase >> np.uint32(22))])
                share = 65536 + ((wave * beat) >> 28)
                level = (source[y, i + channel] * share + 32768) >> 16
                out[y, i + channel] = np.uint8(min(max(level, 0), 255))
                phase = np.uint32(phase + third)
            one = np.uint32(one + first[1])
            other = np.uint32(other + second[1])
