"""Local permutations: pixels change places inside small square cells.

Cells tile the picture from a keyed origin; each takes one of a list of permutations by the hash
of its place. A cell that the picture's border cuts follows its permutation until it is back
inside the picture, which is a permutation of what is left of the cell.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from distortions.kernels.hashing import GAMMA, mix

U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]
I64 = NDArray[np.int64]


@njit(nogil=True, cache=True)
def move_whole(
    source: U32, steps: U64, side: np.uint64, first: np.uint64, stride: np.uint64, out: U32
) -> None:
    """Permute a cell that lies inside the crop; ``steps`` count pixels from its ``first``.

    Unsigned throughout: signed indices cost a test for negative ones each.
    """
    e, to = np.uint64(0), first
    for _ in range(side):
        for column in range(side):
            out[to + column] = source[first + steps[e]]
            e += np.uint64(1)
        to += stride


@njit(nogil=True, cache=True)
def move_part(
    source: U32, order: I64, side: int, y: int, x: int, bounds: tuple[int, int, int, int], out: U32
) -> None:
    """Permute a cell cut by the picture's border; one cut by the crop's is left as far as cut.

    ``bounds`` is the picture (top, left, bottom, right) in crop pixels.
    """
    height, width = out.shape
    top, left, bottom, right = bounds
    for e in range(side * side):
        row, column = y + e // side, x + e % side
        if row < 0 or column < 0 or row >= height or column >= width:
            continue
        origin = order[e]
        ty, tx = y + origin // side, x + origin % side
        while ty < top or tx < left or ty >= bottom or tx >= right:
            origin = order[origin]
            ty, tx = y + origin // side, x + origin % side
        if ty < 0 or tx < 0 or ty >= height or tx >= width:
            ty, tx = row, column
        out[row, column] = source[ty, tx]


@njit(nogil=True, cache=True)
def shuffle(
    source: U32,
    key: np.uint64,
    place: tuple[int, int, int, int],
    origin: tuple[int, int],
    orders: I64,
    out: U32,
) -> None:
    """One pass over a crop of packed pixels, ``(height, width)``.

    ``place`` is the crop's x and y in the picture and the picture's width and height; cells
    start at ``-origin`` (x, y) of the picture; ``orders`` (choice, cell pixel) lists where each
    pixel of a cell comes from, and there is a power of two of them.
    """
    x0, y0, width, height = place
    rows, columns = source.shape
    side = round(np.sqrt(orders.shape[1]))
    steps = (orders // side * columns + orders % side).astype(np.uint64)
    flat, target = source.ravel(), out.ravel()
    bounds = (-y0, -x0, height - y0, width - x0)
    last = np.uint64(orders.shape[0] - 1)
    first_cell = (x0 + origin[0]) // side
    for cy in range((y0 + origin[1]) // side, (y0 + rows - 1 + origin[1]) // side + 1):
        row_key = mix(key + np.uint64(cy) * GAMMA)
        y = cy * side - origin[1] - y0
        for cx in range(first_cell, (x0 + columns - 1 + origin[0]) // side + 1):
            x = cx * side - origin[0] - x0
            choice = (mix(row_key + np.uint64(cx) * GAMMA) >> np.uint64(32)) & last
            if y >= 0 and x >= 0 and y + side <= rows and x + side <= columns:
                at = np.uint64(y * columns + x)
                move_whole(flat, steps[choice], np.uint64(side), at, np.uint64(columns), target)
            else:
                move_part(source, orders[choice], side, y, x, bounds, out)
