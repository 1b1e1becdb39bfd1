"""Random bits addressed by position: 64 for every (key, row, column).

SplitMix64's finaliser over a counter. Source: Steele, Lea and Flood, "Fast splittable
pseudorandom number generators", OOPSLA 2014.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

GAMMA = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)


@njit(nogil=True, cache=True)
def mix(word: np.uint64) -> np.uint64:
    """Scramble 64 bits, one to one."""
    word = (word ^ (word >> np.uint64(30))) * _FIRST
    word = (word ^ (word >> np.uint64(27))) * _SECOND
    return word ^ (word >> np.uint64(31))


@njit(nogil=True, cache=True)
def fill_row(key: np.uint64, x: int, y: int, words: NDArray[np.uint64]) -> None:
    """Write the words of picture row ``y`` from column ``x`` on."""
    row = mix(key + np.uint64(y) * GAMMA)
    first = row + np.uint64(x) * GAMMA
    for i in range(words.size):
        words[i] = mix(first + np.uint64(i) * GAMMA)
