"""One table per channel, in one pass."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
U16 = NDArray[np.uint16]


@njit(cache=True, nogil=True)
def look_up(rows: U8, red: U8, green: U8, blue: U8, out: U8) -> None:
    """Map interleaved RGB rows through three tables."""
    for y in range(rows.shape[0]):
        for x in range(0, rows.shape[1], 3):
            out[y, x] = red[rows[y, x]]
            out[y, x + 1] = green[rows[y, x + 1]]
            out[y, x + 2] = blue[rows[y, x + 2]]


@njit(cache=True, nogil=True)
def look_up_pairs(pairs: U16, table: U16, out: U16) -> None:
    """Map two levels at a time through a table of all pairs."""
    for i in range(pairs.size):
        out[i] = table[pairs[i]]
