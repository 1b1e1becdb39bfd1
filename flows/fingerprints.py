"""Which pictures are the same, and which nearly: content hash, perceptual hash, groups."""

import hashlib
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from schemas.arrays import Image

SIDE, KEEP = 32, 8
BANDS = 4
# Hashes with fewer set or unset bits than this come from pictures without structure; they would
# all be neighbours of each other and are left alone.
LEAST_BITS = 8


def content_hash(image: Image) -> str:
    """SHA-256 of size and pixels, hex."""
    digest = hashlib.sha256(f"{image.shape[1]}x{image.shape[0]}:".encode())
    digest.update(np.ascontiguousarray(image).data)
    return digest.hexdigest()


def file_hash(data: bytes) -> str:
    """SHA-256 of the file, hex."""
    return hashlib.sha256(data).hexdigest()


@cache
def _cosines() -> NDArray[np.int64]:
    """Integer DCT-II matrix of the lowest frequencies but the constant one."""
    n, k = np.arange(SIDE), np.arange(1, KEEP + 1)[:, None]
    return np.round(1024 * np.cos(np.pi * k * (2 * n + 1) / (2 * SIDE))).astype(np.int64)


def perceptual_hash(image: Image) -> str:
    """64-bit DCT hash of the luma, 16 hex digits; whole numbers throughout.

    Source: the "pHash" construction; low frequencies of a 32x32 luma against their median.
    """
    grey = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.int64)
    spectrum = _cosines() @ small @ _cosines().T
    bits = (spectrum > np.median(spectrum)).ravel()
    return f"{int(''.join('1' if bit else '0' for bit in bits), 2):016x}"


def near_groups(hashes: NDArray[np.uint64], bits: int) -> NDArray[np.int64]:
    """Index of the group leader of every hash: the first that is within ``bits`` of it.

    Hashes are compared only when one of four 16-bit bands (or, beyond three bits, a band with one
    bit flipped) agrees, which no pair within ``bits <= 7`` escapes. A group is a leader and what
    is near the leader; chains of near pairs do not grow together.
    """
    leader = np.arange(hashes.size, dtype=np.int64)
    seen: list[dict[int, list[int]]] = [{} for _ in range(BANDS)]
    for index, value in enumerate(hashes.tolist()):
        weight = value.bit_count()
        if not LEAST_BITS <= weight <= 64 - LEAST_BITS:
            continue
        found = _first_near(value, hashes, bits, seen)
        if found is not None:
            leader[index] = found
            continue
        for band, table in enumerate(seen):
            table.setdefault(_band(value, band), []).append(index)
    return leader


def _band(value: int, band: int) -> int:
    return (value >> (16 * band)) & 0xFFFF


def _first_near(
    value: int, hashes: NDArray[np.uint64], bits: int, seen: list[dict[int, list[int]]]
) -> int | None:
    flips = [0] if bits < BANDS else [0, *(1 << bit for bit in range(16))]
    candidates = {
        index
        for band, table in enumerate(seen)
        for flip in flips
        for index in table.get(_band(value, band) ^ flip, ())
    }
    near = [i for i in candidates if (int(hashes[i]) ^ value).bit_count() <= bits]
    return min(near, default=None)
