"""Which pictures are the same, and which nearly: content hash, perceptual hash, groups."""

import hashlib
from functools import cache
from itertools import combinations, pairwise
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from schemas.arrays import Image

SIDE: Final = 32
KEEP: Final = 8
# Hashes with fewer set or unset bits than this come from pictures without structure; they would
# all be neighbours of each other and are left alone.
LEAST_BITS: Final = 8


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
    parent = np.arange(hashes.size, dtype=np.int64)
    weights = _set_bits(hashes)
    usable = np.flatnonzero((weights >= LEAST_BITS) & (weights <= 64 - LEAST_BITS))
    values, first = np.unique(hashes[usable], return_index=True)
    for first_band, second_band in combinations(_bands(bits + 2), 2):
        _join_buckets(values, usable[first], values & (first_band | second_band), bits, parent)
    roots = _flattened(parent)
    # Equal hashes were compared once, by their first.
    roots[usable] = roots[usable[first]][np.searchsorted(values, hashes[usable])]
    return roots


def _set_bits(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Number of set bits of each value (numpy has this from 2.0 only)."""
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


def _join_buckets(
    values: NDArray[np.uint64],
    indices: NDArray[np.int64],
    keys: NDArray[np.uint64],
    bits: int,
    parent: NDArray[np.int64],
) -> None:
    """Join what is near among the hashes with the same key.

    Sorted by key, every hash is compared with the one 1, 2, 3, ... places on, as long as any
    pair shares its key.
    """
    order = np.argsort(keys, kind="stable")
    left = np.arange(max(0, order.size - 1))
    keys, values, indices = keys[order], values[order], indices[order]
    for step in range(1, order.size):
        left = left[left + step < order.size]
        left = left[keys[left] == keys[left + step]]
        if left.size == 0:
            return
        near = _set_bits(values[left] ^ values[left + step]) <= bits
        for i in left[near].tolist():
            _join(parent, int(indices[i]), int(indices[i + step]))


def _root(parent: NDArray[np.int64], index: int) -> int:
    while parent[index] != index:
        parent[index] = parent[parent[index]]
        index = int(parent[index])
    return index


def _join(parent: NDArray[np.int64], one: int, other: int) -> None:
    one, other = _root(parent, one), _root(parent, other)
    parent[max(one, other)] = min(one, other)


def _flattened(parent: NDArray[np.int64]) -> NDArray[np.int64]:
    """Every index's root; roots are smaller than what hangs on them."""
    while not np.array_equal(parent, parent[parent]):
        parent = parent[parent]
    return parent
