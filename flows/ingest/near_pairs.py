"""Compiled: joins the near duplicates among many hashes that agree in part of their bits.

Only runs with large clusters of near duplicates (frames of a still camera) need it, so it is
compiled when the first of them comes.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

U64 = NDArray[np.uint64]
I64 = NDArray[np.int64]


@njit(nogil=True, cache=True)
def join_buckets(values: U64, keys: U64, members: I64, bits: int, least: int, parent: I64) -> None:
    """Join all members of a bucket that hang together by pairs at most ``bits`` apart.

    Args:
        values: Hashes in the order of their keys.
        keys: Sorted; a run of equal keys is a bucket.
        members: Place of each hash in ``parent``.
        bits: Largest distance of a pair.
        least: Buckets of at most this many are left out.
        parent: Union-find, changed in place.
    """
    start = 0
    stamp = np.full(parent.size, -1, np.int64)
    for end in range(1, keys.size + 1):
        if end < keys.size and keys[end] == keys[start]:
            continue
        if end - start > least:
            _join_bucket(values, members, start, end, bits, parent, stamp)
        start = end


@njit(nogil=True, cache=True)
def _join_bucket(
    values: U64, members: I64, start: int, stop: int, bits: int, parent: I64, stamp: I64
) -> None:
    """Go through the bucket ``start`` to ``stop`` group by group.

    ``line`` holds who was compared, who was reached and has to be compared, and who still waits.
    A group that is reached at one place comes over as a whole (``stamp`` of its root is ours):
    what belongs together already is never compared, and few are left waiting after a few
    comparisons in a dense cluster.
    """
    line = np.arange(start, stop)
    group = np.empty(stop - start, np.int64)
    for place in range(group.size):
        group[place] = _root(parent, members[start + place])
    end = 0
    for at in range(line.size):
        here = line[at]
        if at == end:
            stamp[group[here - start]] = start
            end += 1
        for place in range(end, line.size):
            other = line[place]
            if stamp[group[other - start]] != start:
                if _distance(values[here], values[other]) > bits:
                    continue
                stamp[group[other - start]] = start
                _join(parent, members[here], members[other])
            line[place], line[end] = line[end], other
            end += 1
        if end == line.size:
            break


@njit(nogil=True, cache=True)
def _distance(one: np.uint64, other: np.uint64) -> np.int64:
    """Bits in which two hashes differ."""
    x = one ^ other
    x -= (x >> np.uint64(1)) & np.uint64(0x5555555555555555)
    x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((x * np.uint64(0x0101010101010101)) >> np.uint64(56))


@njit(nogil=True, cache=True)
def _root(parent: I64, index: int) -> int:
    while parent[index] != index:
        parent[index] = parent[parent[index]]
        index = parent[index]
    return index


@njit(nogil=True, cache=True)
def _join(parent: I64, one: int, other: int) -> None:
    one, other = _root(parent, one), _root(parent, other)
    parent[max(one, other)] = min(one, other)
