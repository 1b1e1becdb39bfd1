"""SSIM on cells of blocks, and the pooling of all maps over a mask."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from distortions.kernels.plain import PLAIN

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

CELL = 2
C1, C2 = 1.0, 9.0
LAB_UNIT = 64
BINS_PER_UNIT = 32
BINS = 128 * BINS_PER_UNIT


@njit(**PLAIN)
def _cells(p: I32, q: I32) -> I64:
    """Per cell: sums of p, q, pp, qq, pq and the number of blocks, ``(6, height, width)``."""
    tall, wide = (p.shape[0] + CELL - 1) // CELL, (p.shape[1] + CELL - 1) // CELL
    out = np.empty((6, tall, wide), np.int64)
    for v in range(tall):
        for u in range(wide):
            i = j = ii = jj = ij = n = np.int64(0)
            for y in range(v * CELL, min(v * CELL + CELL, p.shape[0])):
                for x in range(u * CELL, min(u * CELL + CELL, p.shape[1])):
                    r, s = np.int64(p[y, x]), np.int64(q[y, x])
                    i += r
                    j += s
                    ii += r * r
                    jj += s * s
                    ij += r * s
                    n += 1
            out[0, v, u], out[1, v, u], out[2, v, u] = i, j, ii
            out[3, v, u], out[4, v, u], out[5, v, u] = jj, ij, n
    return out


@njit(inline="always", **PLAIN)
def _ssim(i: np.int64, j: np.int64, ii: np.int64, jj: np.int64, ij: np.int64, n: np.int64) -> float:
    unit = 1.0 / LAB_UNIT
    mean_i, mean_j = i / n * unit, j / n * unit
    unbiased = n / (n - 1) if n > 1 else 1.0
    var_i = unbiased * (ii / n * unit * unit - mean_i * mean_i)
    var_j = unbiased * (jj / n * unit * unit - mean_j * mean_j)
    both = unbiased * (ij / n * unit * unit - mean_i * mean_j)
    top = (2 * mean_i * mean_j + C1) * (2 * both + C2)
    return float(top / ((mean_i * mean_i + mean_j * mean_j + C1) * (var_i + var_j + C2)))


@njit(**PLAIN)
def cell_ssim(a: I32, b: I32) -> F32:
    """SSIM of every Lab plane, window of 3x3 cells of 2x2 blocks, ``(3, cells, cells)``.

    Source: SSIM, Wang et al. 2004, uniform window, range 100.
    """
    tall, wide = (a.shape[1] + CELL - 1) // CELL, (a.shape[2] + CELL - 1) // CELL
    out = np.empty((3, tall, wide), np.float32)
    column = np.zeros((6, wide), np.int64)
    for c in range(3):
        sums = _cells(a[c], b[c])
        for v in range(tall):
            _column_sums(sums, v, column)
            for u in range(wide):
                i = j = ii = jj = ij = n = np.int64(0)
                for k in range(max(u - 1, 0), min(u + 2, wide)):
                    i += column[0, k]
                    j += column[1, k]
                    ii += column[2, k]
                    jj += column[3, k]
                    ij += column[4, k]
                    n += column[5, k]
                out[c, v, u] = _ssim(i, j, ii, jj, ij, n)
    return out


@njit(**PLAIN)
def _column_sums(sums: I64, v: int, out: I64) -> None:
    """Sums over the rows ``v - 1`` to ``v + 1`` of cells that exist."""
    out[:] = 0
    for row in range(max(v - 1, 0), min(v + 2, sums.shape[1])):
        for k in range(sums.shape[0]):
            for u in range(sums.shape[2]):
                out[k, u] += sums[k, row, u]


@njit(**PLAIN)
def pool(gradient: F32, haar: F32, colour: F32, ssim: F32, weight: I32, visible: float) -> F64:
    """Weighted sums over the blocks, in reading order.

    Returns: total weight; sums of gradient similarity's shortfall and its square; HaarPSI's
    numerator and denominator; sums of CIEDE2000 and its colour part; weight above ``visible``;
    90th, 95th and 99th percentile of CIEDE2000; sums of the three SSIM.
    """
    out = np.zeros(15)
    bins = np.zeros(BINS, np.int64)
    for y in range(weight.shape[0]):
        for x in range(weight.shape[1]):
            w = np.float64(weight[y, x])
            if w == 0:
                continue
            short = 1.0 - np.float64(gradient[y, x])
            out[0] += w
            out[1] += w * short
            out[2] += w * short * short
            out[3] += w * haar[0, y, x]
            out[4] += w * haar[1, y, x]
            out[5] += w * colour[0, y, x]
            out[6] += w * colour[1, y, x]
            if colour[0, y, x] > visible:
                out[7] += w
            bins[min(int(colour[0, y, x] * BINS_PER_UNIT), BINS - 1)] += weight[y, x]
            for c in range(3):
                out[11 + c] += w * ssim[c, y // CELL, x // CELL]
            both, hue = np.float64(colour[0, y, x]), np.float64(colour[1, y, x])
            out[14] += w * math.sqrt(max(0.0, both * both - hue * hue))
    _percentiles(bins, out)
    return out


@njit(**PLAIN)
def _percentiles(bins: I64, out: F64) -> None:
    """Middle of the bin in which 90, 95 and 99 per cent of the weight are reached."""
    total, below, k = np.int64(out[0]), np.int64(0), 0
    shares = (90, 95, 99)
    for index in range(bins.size):
        below += bins[index]
        while k < 3 and 100 * below >= shares[k] * total:
            out[8 + k] = (index + 0.5) / BINS_PER_UNIT if index else 0.0
            k += 1
