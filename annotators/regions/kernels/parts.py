"""The largest connected part of every region, found in one go over the picture."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
I32 = NDArray[np.int32]
Flags = NDArray[np.bool_]


@njit(nogil=True, cache=True)
def _root(parent: I32, node: int) -> int:
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


@njit(nogil=True, cache=True)
def _runs(labels: U8) -> tuple[I32, I32]:
    """Where pieces of rows of one label begin, and which is the first of each row; both closed."""
    height, width = labels.shape
    count = 0
    for y in range(height):
        for x in range(1, width):
            count += labels[y, x] != labels[y, x - 1]
    start = np.empty(count + height + 1, np.int32)
    start[-1] = width
    first = np.empty(height + 1, np.int32)
    count = 0
    for y in range(height):
        first[y] = count
        for x in range(width):
            if x == 0 or labels[y, x] != labels[y, x - 1]:
                start[count] = x
                count += 1
    first[height] = count
    return start, first


@njit(nogil=True, cache=True)
def _join(labels: U8, start: I32, first: I32) -> I32:
    """Root of every run: runs of one label that touch, also at a corner, hang together."""
    height, width = labels.shape
    parent = np.arange(start.size - 1).astype(np.int32)
    for y in range(1, height):
        above, here = first[y - 1], first[y]
        while above < first[y] and here < first[y + 1]:
            above_end = start[above + 1] if above + 1 < first[y] else width
            here_end = start[here + 1] if here + 1 < first[y + 1] else width
            alike = labels[y - 1, start[above]] == labels[y, start[here]]
            if alike and start[above] <= here_end and start[here] <= above_end:
                a, b = _root(parent, above), _root(parent, here)
                parent[max(a, b)] = min(a, b)
            # At a corner the longer run may touch the next one of the other row, too.
            if above_end < here_end:
                above += 1
            elif above_end > here_end:
                here += 1
            else:
                above, here = _past_corner(labels, start, first, parent, y, above, here)
    for run in range(parent.size):
        parent[run] = _root(parent, int(run))
    return parent


@njit(nogil=True, cache=True)
def _past_corner(
    labels: U8, start: I32, first: I32, parent: I32, y: int, above: int, here: int
) -> tuple[int, int]:
    """Two runs that end in the same column: each touches the next one of the other's row."""
    if here + 1 < first[y + 1] and labels[y - 1, start[above]] == labels[y, start[here + 1]]:
        a, b = _root(parent, above), _root(parent, here + 1)
        parent[max(a, b)] = min(a, b)
    if above + 1 < first[y] and labels[y - 1, start[above + 1]] == labels[y, start[here]]:
        a, b = _root(parent, above + 1), _root(parent, here)
        parent[max(a, b)] = min(a, b)
    return above + 1, here + 1


@njit(nogil=True, cache=True)
def largest(labels: U8, count: int) -> tuple[Flags, Flags]:
    """The largest 8-connected part of every label from 1 to ``count``, and whether there is one.

    Masks are ``(count, height, width)``; ties go to the first in row order.
    """
    height, width = labels.shape
    start, first = _runs(labels)
    parent = _join(labels, start, first)
    size = np.zeros(parent.size, np.int32)
    best = np.full(count + 1, -1, np.int32)
    masks = np.zeros((count, height, width), np.bool_)
    for y in range(height):
        for run in range(first[y], first[y + 1]):
            end = start[run + 1] if run + 1 < first[y + 1] else width
            size[parent[run]] += end - start[run]
    for y in range(height):
        for run in range(first[y], first[y + 1]):
            label = labels[y, start[run]]
            if parent[run] == run and (best[label] < 0 or size[run] > size[best[label]]):
                best[label] = run
    for y in range(height):
        for run in range(first[y], first[y + 1]):
            label = labels[y, start[run]]
            if label > 0 and parent[run] == best[label]:
                end = start[run + 1] if run + 1 < first[y + 1] else width
                masks[label - 1, y, start[run] : end] = True
    return masks, best[1:] >= 0
