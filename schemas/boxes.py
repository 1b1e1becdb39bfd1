"""Axis-parallel boxes in pixels: ``x0, y0`` inside, ``x1, y1`` just outside."""

from collections.abc import Sequence
from typing import NamedTuple


class Box(NamedTuple):
    """Half-open pixel box; ``picture[y0:y1, x0:x1]`` is what it holds."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def width(self) -> int:
        """Pixels from left to right."""
        return self.x1 - self.x0

    @property
    def height(self) -> int:
        """Pixels from top to bottom."""
        return self.y1 - self.y0

    @property
    def area(self) -> int:
        """Pixels inside."""
        return self.width * self.height

    @property
    def center(self) -> tuple[float, float]:
        """``(x, y)`` of the middle, pixels."""
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2

    @property
    def slices(self) -> tuple[slice, slice]:
        """Index for an array of the picture's size."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    def grown(self, margin: int, width: int, height: int, align: int = 1) -> "Box":
        """Larger by ``margin`` on every side, then out to multiples of ``align``, clipped."""
        x0, y0 = max(0, self.x0 - margin), max(0, self.y0 - margin)
        x1, y1 = self.x1 + margin, self.y1 + margin
        return Box(
            x0 // align * align,
            y0 // align * align,
            min(width, -(-x1 // align) * align),
            min(height, -(-y1 // align) * align),
        )

    def shifted(self, dx: int, dy: int) -> "Box":
        """The same box seen from an origin at ``(-dx, -dy)``."""
        return Box(self.x0 + dx, self.y0 + dy, self.x1 + dx, self.y1 + dy)


def iou(first: Sequence[float], second: Sequence[float]) -> float:
    """Intersection over union of two boxes ``x0, y0, x1, y1`` in one unit, whichever it is.

    0 where they share no area, so also for a box without area and itself.
    """
    across = min(first[2], second[2]) - max(first[0], second[0])
    down = min(first[3], second[3]) - max(first[1], second[1])
    common = max(across, 0) * max(down, 0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (first, second)]
    return common / (sum(areas) - common) if common else 0.0
