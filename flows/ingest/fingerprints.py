"""Which pictures are the same, and which nearly: content hash, perceptual hash, groups."""

import hashlib
import importlib
from functools import cache
from itertools import combinations, pairwise
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from schemas.arrays import Image

SIDE: Final = 32
KEEP: Final = 8
# Hashes with fewer set or unset bits than this come from pictures without structure; they would
# all be neighbours of each other and are left alone.
LEAST_BITS: Final = 8
# Places on a sorted list over which hashes are compared all at once.
STEPS: Final = 32


def content_hash(image: Image) -> str:
    """SHA-256 of shape and pixels, hex."""
    digest = hashlib.sha256(f"{image.shape[0]}x{image.shape[1]}x3:".encode())
    digest.update(np.ascontiguousarray(image).data)
    return digest.hexdigest()


def file_hash(data: bytes) -> str:
    """SHA-256 of the file, hex."""
    return hashlib.sha256(data).hexdigest()


def perceptual_hash(image: Image) -> str:
    """64-bit DCT hash of the luma, 16 hex digits; whole numbers throughout.

    Source: the "pHash" construction: 8x8 low frequencies of a 32x32 luma against their median.
    The constant row and column are left out, so that overall brightness does not count.
    """
    grey = np.asarray(cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY), np.uint8)
    spectrum = _cosines() @ _shrunk(grey) @ _cosines().T
    bits = (spectrum > np.sort(spectrum.ravel())[KEEP * KEEP // 2 - 1]).ravel()
    return np.packbits(bits).tobytes().hex()


@cache
def _cosines() -> NDArray[np.int64]:
    """Integer DCT-II matrix of the lowest frequencies but the constant one."""
    n, k = np.arange(SIDE), np.arange(1, KEEP + 1)[:, None]
    return np.round(1024 * np.cos(np.pi * k * (2 * n + 1) / (2 * SIDE))).astype(np.int64)


def _shrunk(grey: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Means of a 32x32 grid in sixteenths of a grey level."""
    for axis in (0, 1):
        grey = np.repeat(grey, -(-SIDE // grey.shape[axis]), axis=axis)
    height, width = grey.shape
    rows, columns = (np.arange(SIDE) * side // SIDE for side in (height, width))
    sums = np.add.reduceat(np.add.reduceat(grey, rows, axis=0, dtype=np.int32), columns, axis=1)
    areas = np.outer(np.diff(rows, append=height), np.diff(columns, append=width))
    return np.asarray(16 * sums.astype(np.int64) // areas)


def near_groups(hashes: NDArray[np.uint64], bits: int) -> NDArray[np.int64]:
    """Index of the leader of every hash: the first of its group.

    A group is everything that hangs together by pairs that differ in at most ``bits`` bits, so
    that no such pair is ever torn apart. No pair is missed: cut into ``bits + 2`` bands, two such
    hashes agree in two bands at least, and only hashes that agree in two bands are compared.
    """
    weights = _set_bits(hashes)
    usable = np.flatnonzero((weights >= LEAST_BITS) & (weights <= 64 - LEAST_BITS))
    values, first = np.unique(hashes[usable], return_index=True)
    groups = _Groups(values.size)
    for first_band, second_band in combinations(_bands(bits + 2), 2):
        _join_buckets(values, values & (first_band | second_band), bits, groups)
    # Equal hashes were compared once; the leader of a group is the first hash that is in it.
    of_value = groups.roots(np.arange(values.size))
    leader = np.full(values.size, hashes.size, np.int64)
    np.minimum.at(leader, of_value, usable[first])
    found = np.arange(hashes.size, dtype=np.int64)
    found[usable] = leader[of_value[np.searchsorted(values, hashes[usable])]]
    return found


def _set_bits(values: NDArray[np.uint64]) -> NDArray[np.unsignedinteger[Any]]:
    """Number of set bits of each value."""
    if hasattr(np, "bitwise_count"):  # from numpy 2.0
        return np.asarray(np.bitwise_count(values))
    pairs, fours, eights = (
        np.uint64(mask) for mask in (0x5555555555555555, 0x3333333333333333, 0x0F0F0F0F0F0F0F0F)
    )
    one, two, four = (np.uint64(shift) for shift in (1, 2, 4))
    values = values - ((values >> one) & pairs)
    values = (values & fours) + ((values >> two) & fours)
    values = (values + (values >> four)) & eights
    return np.asarray((values * np.uint64(0x0101010101010101)) >> np.uint64(56))


def _bands(count: int) -> list[np.uint64]:
    """Masks that cut 64 bits into ``count`` bands."""
    edges = [64 * i // count for i in range(count + 1)]
    return [np.uint64((1 << high) - (1 << low)) for low, high in pairwise(edges)]


class _Groups:
    """Union-find over many pairs at once."""

    def __init__(self, size: int) -> None:
        self.parent = np.arange(size, dtype=np.int64)

    def roots(self, members: NDArray[np.int64]) -> NDArray[np.int64]:
        """The root of each member, whose way to it is short from now on."""
        found = self.parent[members]
        while not np.array_equal(above := self.parent[found], found):
            found = above
        self.parent[members] = found
        return found

    def join(self, left: NDArray[np.int64], right: NDArray[np.int64]) -> None:
        """Join the groups of each pair."""
        left, right = self.roots(left), self.roots(right)
        while (apart := left != right).any():
            low, high = np.minimum(left[apart], right[apart]), np.maximum(left[apart], right[apart])
            # One of several pairs with the same higher root wins; the others' turn comes again.
            self.parent[high] = low
            left, right = self.roots(low), self.roots(high)


def _join_buckets(
    values: NDArray[np.uint64], keys: NDArray[np.uint64], bits: int, groups: _Groups
) -> None:
    """Join what is near among the hashes with the same key.

    Sorted by key, every hash is compared with the one 1, 2, 3, ... places on, as long as any
    pair shares its key. What is left after ``STEPS`` are large buckets, most of them of many near
    duplicates that hang together by then.
    """
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    left = np.arange(max(0, order.size - 1))
    for step in range(1, STEPS + 1):
        left = left[left + step < order.size]
        left = left[keys[left] == keys[left + step]]
        if left.size == 0:
            return
        one, other = order[left], order[left + step]
        near = _set_bits(values[one] ^ values[other]) <= bits
        groups.join(one[near], other[near])
    # Importing numba takes half a second; few runs come this far.
    compiled = importlib.import_module("flows.ingest.near_pairs")
    compiled.join_buckets(values[order], keys, order, bits, STEPS, groups.parent)
