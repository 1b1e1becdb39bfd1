"""From a picture to small homogeneous patches: shrink, smooth, join pixels along weak edges.

Everything is integer arithmetic, so that a border decided by the last bit is decided alike on
every machine. Samples are widened with ``np.int64``: to numba ``int`` of a uint8 is unsigned,
and a difference below zero would wrap.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
U16 = NDArray[np.uint16]
I64 = NDArray[np.int64]
I32 = NDArray[np.int32]


@njit(nogil=True, cache=True)
def shrink(image: U8, out: U8) -> None:
    """Fill ``out`` (smaller) with the rounded mean of the block behind each of its pixels."""
    height, width = image.shape[:2]
    rows, columns = out.shape[:2]
    for i in range(rows):
        top, bottom = i * height // rows, (i + 1) * height // rows
        for j in range(columns):
            left, right = j * width // columns, (j + 1) * width // columns
            count = (bottom - top) * (right - left)
            red, green, blue = count // 2, count // 2, count // 2
            for y in range(top, bottom):
                for x in range(left, right):
                    red += np.int64(image[y, x, 0])
                    green += np.int64(image[y, x, 1])
                    blue += np.int64(image[y, x, 2])
            out[i, j, 0] = red // count
            out[i, j, 1] = green // count
            out[i, j, 2] = blue // count


@njit(nogil=True, cache=True)
def bilateral(image: U8, near: I64, alike: I64, out: U8) -> None:
    """Edge-keeping mean: weights ``near[dy, dx]`` by distance, ``alike`` by colour difference.

    Colour difference is the sum of the channels' absolute differences (0 to 765). The border
    is clipped, not mirrored.
    """
    height, width = image.shape[:2]
    radius = near.shape[0] // 2
    for y in range(height):
        for x in range(width):
            r, g, b = np.int64(image[y, x, 0]), np.int64(image[y, x, 1]), np.int64(image[y, x, 2])
            total, red, green, blue = 0, 0, 0, 0
            for v in range(max(0, y - radius), min(height, y + radius + 1)):
                for u in range(max(0, x - radius), min(width, x + radius + 1)):
                    p, q = np.int64(image[v, u, 0]), np.int64(image[v, u, 1])
                    s = np.int64(image[v, u, 2])
                    weight = near[v - y + radius, u - x + radius]
                    weight *= alike[abs(p - r) + abs(q - g) + abs(s - b)]
                    total += weight
                    red, green, blue = red + weight * p, green + weight * q, blue + weight * s
            half = total // 2
            out[y, x, 0] = (red + half) // total
            out[y, x, 1] = (green + half) // total
            out[y, x, 2] = (blue + half) // total


@njit(nogil=True, cache=True)
def soften(image: U8, weights: I64) -> I32:
    """Convolve both ways with an odd kernel that sums to 256; result in 1/16 grey levels."""
    height, width, channels = image.shape
    radius = weights.size // 2
    across = np.empty((height, width, channels), np.int32)
    out = np.empty((height, width, channels), np.int32)
    for y in range(height):
        for x in range(width):
            for c in range(channels):
                total = 0
                for k in range(-radius, radius + 1):
                    column = min(max(x + k, 0), width - 1)
                    total += weights[k + radius] * image[y, column, c]
                across[y, x, c] = total
    for y in range(height):
        for x in range(width):
            for c in range(channels):
                total = 1 << 11
                for k in range(-radius, radius + 1):
                    row = min(max(y + k, 0), height - 1)
                    total += weights[k + radius] * across[row, x, c]
                out[y, x, c] = total >> 12
    return out


@njit(nogil=True, cache=True)
def edges(values: I32, first: I32, second: I32, cost: U16) -> int:
    """List the edges to the right, below and on both diagonals; returns how many there are.

    ``values`` are in 1/16 levels, costs (Euclidean colour difference) in 1/256 levels, capped
    at 65535.
    """
    height, width = values.shape[:2]
    count = 0
    for y in range(height):
        for x in range(width):
            for way in range(4):
                v = y + (0, 1, 1, 1)[way]
                u = x + (1, -1, 0, 1)[way]
                if v >= height or u < 0 or u >= width:
                    continue
                total = 0
                for c in range(3):
                    step = int(values[y, x, c]) - int(values[v, u, c])
                    total += step * step
                first[count], second[count] = y * width + x, v * width + u
                cost[count] = min(65535, int(np.sqrt(total * 256)))
                count += 1
    return count


@njit(nogil=True, cache=True)
def _root(parent: I32, node: int) -> int:
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


@njit(nogil=True, cache=True)
def join(
    first: I32, second: I32, cost: U16, order: I64, size: int, scale: int, smallest: int
) -> I32:
    """Join ``size`` pixels along edges in ``order`` (cheapest first); patch number per pixel.

    Two patches join when the edge between them costs less than each one's dearest inner edge
    plus ``scale`` over its pixels; patches under ``smallest`` pixels are joined afterwards.
    ``scale`` is in 1/256 levels, as are costs. Patches are numbered in row order.

    Source: P. Felzenszwalb, D. Huttenlocher, Efficient graph-based image segmentation, 2004.
    """
    parent = np.arange(size).astype(np.int32)
    pixels = np.ones(size, np.int64)
    inner = np.zeros(size, np.int64)
    for edge in order:
        a, b = _root(parent, first[edge]), _root(parent, second[edge])
        if a == b:
            continue
        price = np.int64(cost[edge])
        if price < min(inner[a] + scale // pixels[a], inner[b] + scale // pixels[b]):
            a, b = min(a, b), max(a, b)
            parent[b] = a
            pixels[a] += pixels[b]
            inner[a] = max(price, inner[a], inner[b])
    for node in range(size):  # roots are smaller than what hangs on them
        parent[node] = parent[parent[node]]
    for edge in order:
        # Most edges lie inside of a patch by now, which one look at each end tells.
        if parent[first[edge]] == parent[second[edge]]:
            continue
        a, b = _root(parent, first[edge]), _root(parent, second[edge])
        if a != b and min(pixels[a], pixels[b]) < smallest:
            a, b = min(a, b), max(a, b)
            parent[b] = a
            pixels[a] += pixels[b]
    number = np.full(size, -1, np.int32)
    out = np.empty(size, np.int32)
    count = 0
    for node in range(size):
        root = _root(parent, node)
        if number[root] < 0:
            number[root] = count
            count += 1
        out[node] = number[root]
    return out
