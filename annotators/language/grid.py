"""Boxes as cells of a grid, and back; boxes are shares of width and height here.

Source: Grounding-IQA (arXiv 2411.17237), equation 1, with the floors that its printed form lacks
and its figure shows: the cell of a corner is ``floor(y * m) * n + floor(x * n)``, a corner read
back is the middle of its cell.
"""

import math
from collections.abc import Sequence
from typing import TypeAlias

Shares: TypeAlias = tuple[float, float, float, float]
"""``x0, y0, x1, y1`` as shares of width and height."""
GRID = 20


def cell(x: float, y: float, grid: int = GRID) -> int:
    """Index of the cell of a point, shares of width and height; far edges are in the last."""
    column, row = (min(grid - 1, max(0, math.floor(v * grid))) for v in (x, y))
    return row * grid + column


def middle(index: int, grid: int = GRID) -> tuple[float, float]:
    """The middle ``x, y`` of a cell, shares of width and height.

    Raises:
        ValueError: There is no such cell.
    """
    if not 0 <= index < grid * grid:
        raise ValueError(f"cell {index} is not from 0 to {grid * grid - 1}")
    return (index % grid + 0.5) / grid, (index // grid + 0.5) / grid


def encoded(box: Shares, grid: int = GRID) -> tuple[int, int]:
    """The cells of a box's top left and bottom right corner."""
    return cell(box[0], box[1], grid), cell(box[2], box[3], grid)


def decoded(first: int, last: int, grid: int = GRID) -> Shares:
    """A box from the cells of its corners.

    Raises:
        ValueError: No such cell, or the last lies left of or above the first.
    """
    x0, y0 = middle(first, grid)
    x1, y1 = middle(last, grid)
    if x1 < x0 or y1 < y0:
        raise ValueError(f"cell {last} lies left of or above cell {first}")
    return x0, y0, x1, y1


def shares(box: Sequence[int], width: int, height: int) -> Shares:
    """A pixel box ``x0, y0, x1, y1``, half open, as shares of the picture's sides."""
    x0, y0, x1, y1 = box
    return x0 / width, y0 / height, x1 / width, y1 / height
