"""Exact multi-level Otsu by dynamic programming."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

I64 = NDArray[np.int64]


@njit(cache=True, nogil=True)
def otsu_starts(histogram: I64, classes: int) -> I64:
    """First level of each of ``classes`` classes that maximise the between-class variance.

    The variance is a sum over classes of (sum of levels)^2 / pixels, so the best split of the
    levels below ``t`` into ``k`` classes extends the best of some ``s < t`` into ``k - 1``.
    """
    levels = histogram.size
    mass, moment = np.zeros(levels + 1), np.zeros(levels + 1)
    for v in range(levels):
        mass[v + 1] = mass[v] + histogram[v]
        moment[v + 1] = moment[v] + histogram[v] * v
    best = np.full((classes + 1, levels + 1), -1.0)
    start = np.zeros((classes + 1, levels + 1), np.int64)
    best[0, 0] = 0.0
    for k in range(1, classes + 1):
        for t in range(1, levels + 1):
            for s in range(k - 1, t):
                if best[k - 1, s] < 0.0:
                    continue
                pixels = mass[t] - mass[s]
                total = moment[t] - moment[s]
                gain = best[k - 1, s] + (total * total / pixels if pixels > 0 else 0.0)
                if gain > best[k, t]:
                    best[k, t] = gain
                    start[k, t] = s
    out = np.zeros(classes, np.int64)
    t = levels
    for k in range(classes, 0, -1):
        out[k - 1] = start[k, t]
        t = start[k, t]
    return out
