"""Keyed randomness: every draw is a function of who asks, never of what was drawn before.

A key is 64 bits hashed from its parts, for instance ``(seed, content hash, region, step,
purpose)``. A ``Stream`` turns a key into draws by hashing ``(key, counter)``, so that any row
can be made again alone and neither worker count nor order changes anything. BLAKE2b is used
because its output is the same everywhere for ever; numpy does not promise that for its
generators. Pixel noise does not come from here: kernels hash (key, x, y) themselves.
"""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

KeyPart = int | str
_TWO_53 = float(1 << 53)


def derive_key(*parts: KeyPart) -> int:
    """Hash ``parts`` to an unsigned 64-bit key; 1 and "1" are different parts."""
    digest = hashlib.blake2b(digest_size=8)
    for part in parts:
        raw = str(part).encode()
        digest.update(f"{type(part).__name__[0]}{len(raw)}:".encode() + raw)
    return int.from_bytes(digest.digest(), "little")


class Stream:
    """Draws from one key; cheap to make (no state but a counter)."""

    __slots__ = ("_counter", "key")

    def __init__(self, *parts: KeyPart) -> None:
        self.key = derive_key(*parts)
        self._counter = 0

    def bits(self) -> int:
        """Next 64 random bits."""
        raw = self.key.to_bytes(8, "little") + self._counter.to_bytes(8, "little")
        self._counter += 1
        return int.from_bytes(hashlib.blake2b(raw, digest_size=8).digest(), "little")

    def uniform(self, low: float = 0.0, high: float = 1.0) -> float:
        """Uniform draw from ``[low, high)``."""
        return low + (high - low) * ((self.bits() >> 11) / _TWO_53)

    def below(self, bound: int) -> int:
        """Uniform integer from ``[0, bound)``; the bias of at most bound/2**64 is nil here."""
        if bound < 1:
            raise ValueError(f"bound must be at least 1, got {bound}")
        return (self.bits() * bound) >> 64

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return self.uniform() < probability

    def choice(self, items: Sequence[T]) -> T:
        """One of ``items``."""
        return items[self.below(len(items))]

    def weighted(self, items: Sequence[T], weights: Sequence[float]) -> T:
        """One of ``items`` with probability proportional to its weight (some weight > 0)."""
        mark = self.uniform(0.0, float(sum(weights)))
        for item, weight in zip(items, weights, strict=True):
            mark -= weight
            if mark < 0:
                return item
        return next(i for i, w in zip(reversed(items), reversed(weights), strict=True) if w > 0)

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """A copy of ``items`` in random order (Fisher-Yates)."""
        out = list(items)
        for last in range(len(out) - 1, 0, -1):
            pick = self.below(last + 1)
            out[last], out[pick] = out[pick], out[last]
        return out
