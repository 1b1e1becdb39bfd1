"""Work in batches whose size shrinks when memory runs out."""

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from schemas.boxes import Box

ItemT = TypeVar("ItemT")


class Batches:
    """Runs a function over slices of a sequence.

    Args:
        size: Items per call at first. Halved on every out-of-memory error and not raised again:
            the next picture would only run into the same wall.
    """

    def __init__(self, size: int) -> None:
        self.size = size

    def run(
        self, work: Callable[[Sequence[ItemT]], Sequence[Any]], items: Sequence[ItemT]
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


PixelT = TypeVar("PixelT", bound=np.generic)


def scaled_box(box: Box, scale: float, height: int, width: int) -> Box:
    """The box enlarged about its centre, clipped to the picture, at least one pixel large.

    Source: Semantic-Segment-Anything, which crops at 1.2 for CLIP and 1.6 for BLIP and CLIPSeg;
    edges are rounded half up here, so that a crop does not depend on even or odd positions.
    """
    x0, x1 = _stretched(box.x0, box.x1, scale, width)
    y0, y1 = _stretched(box.y0, box.y1, scale, height)
    return Box(x0, y0, x1, y1)


def _stretched(start: int, stop: int, scale: float, limit: int) -> tuple[int, int]:
    centre, half = (start + stop) / 2, (stop - start) * scale / 2
    low = max(0, math.floor(centre - half + 0.5))
    high = min(limit, math.floor(centre + half + 0.5))
    return low, max(high, low + 1)


def crop(pixels: NDArray[PixelT], box: Box) -> NDArray[PixelT]:
    """What lies in the box, contiguous."""
    return np.ascontiguousarray(pixels[box.slices])
