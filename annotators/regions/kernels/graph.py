"""From a small picture to homogeneous patches: join pixels along weak edges.

Everything is integer arithmetic, so that a border decided by the last bit is decided alike on
every machine.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

U16 = NDArray[np.uint16]
I64 = NDArray[np.int64]
I32 = NDArray[np.int32]

WAYS = 4
"""To the right, below to the left, below, below to the right."""
COSTS = 1 << 16


@njit(nogil=True, cache=True)
def edges(values: I32) -> tuple[I32, U16]:
    """All edges between neighbours, cheapest first, and what they cost.

    An edge is its first pixel times four plus its way; equal costs are in the order of the pixels.
    ``values`` are in 1/16 levels, costs (Euclidean colour difference) in 1/256 levels, capped
    at 65535.
    """
    height, width = values.shape[:2]
    cost = np.empty((height, width, WAYS), np.uint16)
    starts = np.zeros(COSTS + 1, np.int32)
    count = 0
    for y in range(height):
        for way in range(WAYS):
            first, last = _columns(way, y, height, width)
            v, u = y + (0, 1, 1, 1)[way], (1, -1, 0, 1)[way]
            for x in range(first, last):
                total = 0
                for c in range(3):
                    step = int(values[y, x, c]) - int(values[v, x + u, c])
                    total += step * step
                cost[y, x, way] = min(COSTS - 1, int(np.sqrt(total * 256)))
            for x in range(first, last):
                starts[cost[y, x, way] + 1] += 1
            count += max(0, last - first)
    starts = np.cumsum(starts).astype(np.int32)
    edge, price = np.empty(count, np.int32), np.empty(count, np.uint16)
    for y in range(height):
        below = y + 1 < height
        for x in range(width):
            right = x + 1 < width
            there = (right, below and x > 0, below, below and right)
            for way in range(WAYS):
                if there[way]:
                    own = cost[y, x, way]
                    place = starts[own]
                    starts[own] += 1
                    edge[place] = (y * width + x) * WAYS + way
                    price[place] = own
    return edge, price


@njit(nogil=True, cache=True)
def _columns(way: int, y: int, height: int, width: int) -> tuple[int, int]:
    """From which column to which there is an edge this way."""
    if way > 0 and y + 1 == height:
        return 0, 0
    return (1 if way == 1 else 0), (width - 1 if way in (0, 3) else width)


@njit(nogil=True, cache=True)
def _root(parent: I32, node: int) -> int:
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


@njit(nogil=True, cache=True)
def join(edge: I32, price: U16, size: int, width: int, scale: int, smallest: int) -> I32:
    """Join ``size`` pixels along the edges, cheapest first; patch number per pixel.

    Two patches join when the edge between them costs less than each one's dearest inner edge
    plus ``scale`` over its pixels; patches under ``smallest`` pixels are joined afterwards.
    ``scale`` is in 1/256 levels, as are costs. Patches are numbered in row order.

    Source: P. Felzenszwalb, D. Huttenlocher, Efficient graph-based image segmentation, 2004.
    """
    reach = np.array([1, width - 1, width, width + 1], np.int32)
    parent = np.arange(size).astype(np.int32)
    pixels = np.ones(size, np.int32)
    limit = np.full(size, scale, np.int64)
    for place in range(edge.size):
        node = edge[place] >> 2
        a, b = _root(parent, node), _root(parent, node + reach[edge[place] & 3])
        cost = np.int64(price[place])
        if a != b and cost < limit[a] and cost < limit[b]:
            a, b = min(a, b), max(a, b)
            parent[b] = a
            pixels[a] += pixels[b]
            # Edges come cheapest first: this one is the dearest inside of what it joins.
            limit[a] = cost + scale // pixels[a]
    for node in range(size):  # roots are smaller than what hangs on them
        parent[node] = parent[parent[node]]
    for place in range(edge.size):
        # Most edges lie inside of a patch by now, which one look at each end tells.
        node = edge[place] >> 2
        other = node + reach[edge[place] & 3]
        if parent[node] == parent[other]:
            continue
        a, b = _root(parent, node), _root(parent, other)
        if a != b and min(pixels[a], pixels[b]) < smallest:
            a, b = min(a, b), max(a, b)
            parent[b] = a
            pixels[a] += pixels[b]
    return _numbered(parent)


@njit(nogil=True, cache=True)
def _numbered(parent: I32) -> I32:
    """Numbers of the roots, in the order in which their patches begin, at every pixel."""
    number = np.full(parent.size, -1, np.int32)
    out = np.empty(parent.size, np.int32)
    count = 0
    for node in range(parent.size):
        root = _root(parent, node)
        if number[root] < 0:
            number[root] = count
            count += 1
        out[node] = number[root]
    return out
