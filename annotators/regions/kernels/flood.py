"""Borders at full resolution: regions grow from their insides, over weak gradients first."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
I32 = NDArray[np.int32]


@njit(nogil=True, cache=True)
def _gradient(image: U8, y: int, x: int) -> int:
    """Sobel ``(|dx| + |dy|) / 8`` of the channel where it is largest; 0 to 255."""
    height, width = image.shape[:2]
    above, below = max(y - 1, 0), min(y + 1, height - 1)
    left, right = max(x - 1, 0), min(x + 1, width - 1)
    best = 0
    for c in range(3):
        a, b = np.int64(image[above, left, c]), np.int64(image[above, right, c])
        d, e = np.int64(image[below, left, c]), np.int64(image[below, right, c])
        across = b + e - a - d + 2 * (np.int64(image[y, right, c]) - np.int64(image[y, left, c]))
        down = d + e - a - b + 2 * (np.int64(image[below, x, c]) - np.int64(image[above, x, c]))
        best = max(best, int(abs(across) + abs(down)))
    return best >> 3


@njit(nogil=True, cache=True)
def flood(labels: U8, image: U8) -> None:
    """Give every pixel labelled 0 the label that reaches it over the lowest gradient.

    ``labels`` ``(height, width)`` is filled in place; ``image`` is RGB of that size. Pixels wait
    in one queue per gradient, first come first served.
    """
    height, width = labels.shape
    head = np.full(256, -1, np.int32)
    tail = np.full(256, -1, np.int32)
    following = np.full(height * width, -1, np.int32)
    level = 256
    for y in range(height):
        for x in range(width):
            if labels[y, x] == 0:
                continue
            open_side = (x > 0 and labels[y, x - 1] == 0) or (y > 0 and labels[y - 1, x] == 0)
            open_side |= x + 1 < width and labels[y, x + 1] == 0
            open_side |= y + 1 < height and labels[y + 1, x] == 0
            if open_side:
                _append(head, tail, following, 0, y * width + x)
                level = 0
    while level < 256:
        node = head[level]
        if node < 0:
            level += 1
            continue
        head[level] = following[node]
        y, x = node // width, node % width
        for way in range(4):
            v, u = y + (-1, 0, 0, 1)[way], x + (0, -1, 1, 0)[way]
            if 0 <= v < height and 0 <= u < width and labels[v, u] == 0:
                labels[v, u] = labels[y, x]
                _append(head, tail, following, max(level, _gradient(image, v, u)), v * width + u)


@njit(nogil=True, cache=True)
def _append(head: I32, tail: I32, following: I32, level: int, node: int) -> None:
    following[node] = -1
    if head[level] < 0:
        head[level] = node
    else:
        following[tail[level]] = node
    tail[level] = node
