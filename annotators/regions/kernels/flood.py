"""Borders at full resolution: regions grow from their insides, over weak gradients first."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
I16 = NDArray[np.int16]
I32 = NDArray[np.int32]


@njit(nogil=True, cache=True)
def _gradients(image: U8) -> U8:
    """Sobel ``(|dx| + |dy|) / 8`` of the channel where it is largest, the border repeated.

    Of ``(height, width, 3)``; has a frame of one pixel more, of which nothing is said.
    """
    height, width = image.shape[:2]
    out = np.empty((height + 2, width + 2), np.uint8)
    # A row of all channels side by side, a pixel more at either end.
    smooth, steep = np.empty(3 * width + 6, np.int16), np.empty(3 * width + 6, np.int16)
    found = np.empty(3 * width, np.uint8)
    flat = image.reshape(height, 3 * width)
    for y in range(height):
        _columns(flat[max(y - 1, 0)], flat[y], flat[min(y + 1, height - 1)], smooth, steep)
        _rows(smooth, steep, found)
        for x in range(width):
            out[y + 1, x + 1] = max(found[3 * x], found[3 * x + 1], found[3 * x + 2])
    return out


@njit(nogil=True, cache=True)
def _columns(above: U8, here: U8, below: U8, smooth: I16, steep: I16) -> None:
    for i in range(here.size):
        smooth[i + 3] = np.int16(above[i]) + np.int16(below[i]) + 2 * np.int16(here[i])
        steep[i + 3] = np.int16(below[i]) - np.int16(above[i])
    last = here.size + 3
    for c in range(3):
        smooth[c], steep[c] = smooth[c + 3], steep[c + 3]
        smooth[last + c], steep[last + c] = smooth[last + c - 3], steep[last + c - 3]


@njit(nogil=True, cache=True)
def _rows(smooth: I16, steep: I16, found: U8) -> None:
    for i in range(found.size):
        across = smooth[i + 6] - smooth[i]
        down = steep[i] + 2 * steep[i + 3] + steep[i + 6]
        found[i] = (abs(across) + abs(down)) >> 3


@njit(nogil=True, cache=True)
def flood(framed: U8, image: U8) -> None:
    """Give every 0 the label that reaches it over the lowest gradient, in place.

    ``image`` is RGB ``(height, width, 3)``; ``framed`` are labels with a frame of one pixel that is
    nobody's (255), which keeps the flood inside without a look at the border. Pixels wait in one
    queue per gradient, first come first served.
    """
    height, width = image.shape[:2]
    wide = width + 2
    gradient, flat = _gradients(image).ravel(), framed.ravel()
    head, tail = np.full(256, -1, np.int32), np.full(256, -1, np.int32)
    following = np.empty(flat.size, np.int32)
    open_side, lowest = np.empty(width, np.uint8), int(np.int64(0))
    for y in range(1, height + 1):
        if _open(framed[y - 1], framed[y], framed[y + 1], open_side):
            for x in range(width):
                if open_side[x]:
                    _append(head, tail, following, lowest, y * wide + x + 1)
    ways = np.array([-wide, -1, 1, wide], np.int32)
    level = 0
    while level < 256:
        node = head[level]
        if node < 0:
            level += 1
            continue
        head[level] = following[node]
        for way in ways:
            other = node + way
            if flat[other] == 0:
                flat[other] = flat[node]
                _append(head, tail, following, max(level, gradient[other]), other)


@njit(nogil=True, cache=True)
def _open(above: U8, here: U8, below: U8, out: U8) -> bool:
    """Which labelled pixels of a row have a neighbour without label; whether any has."""
    some = np.uint8(0)
    for x in range(out.size):
        least = min(min(here[x], here[x + 2]), min(above[x + 1], below[x + 1]))
        out[x] = (least == 0) & (here[x + 1] != 0)
        some |= out[x]
    return bool(some)


@njit(nogil=True, cache=True)
def _append(head: I32, tail: I32, following: I32, level: int, node: int) -> None:
    following[node] = -1
    if head[level] < 0:
        head[level] = node
    else:
        following[tail[level]] = node
    tail[level] = node
