"""Work in batches whose size shrinks when memory runs out."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

Item = TypeVar("Item")


class Batches:
    """Runs a function over slices of a sequence.

    Args:
        size: Items per call at first. Halved on every out-of-memory error and not raised again:
            the next picture would only run into the same wall.
    """

    def __init__(self, size: int) -> None:
        self.size = size

    def run(
        self, work: Callable[[Sequence[Item]], Sequence[Any]], items: Sequence[Item]
    ) -> list[Any]:
        """The results of all items, in their order.

        Raises:
            torch.OutOfMemoryError: Not even one item fits.
        """
        import torch

        results: list[Any] = []
        while len(results) < len(items):
            part = items[len(results) : len(results) + self.size]
            try:
                results += work(part)
            except torch.OutOfMemoryError:
                if self.size == 1:
                    raise
                self.size = max(1, min(self.size, len(part)) // 2)
                if torch.cuda.is_available():
                    torch.cuda.empty_cache()
        return results
