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
def _cells(p: I32, q: I32, y: int, out: F64) -> None:
    """Per cell of the row of cells from ``y`` on: sums of p, q, pp, qq, pq and of blocks."""
    for k in range(out.shape[0]):
        for u in range(out.shape[1]):
            out[k, u] = 0
    for row in range(y, min(y + CELL, p.shape[0])):
        first, second = p[row], q[row]
        # The last cell of a row may have one column.
        for u in range(p.shape[1] // CELL):
            r, s = first[CELL * u], second[CELL * u]
            v, w = first[CELL * u + 1], second[CELL * u + 1]
            out[0, u] += r + v
            out[1, u] += s + w
            out[2, u] += r * r + v * v
            out[3, u] += s * s + w * w
            out[4, u] += r * s + v * w
            out[5, u] += CELL
        if p.shape[1] % CELL:
            r, s, u = first[-1], second[-1], p.shape[1] // CELL
            out[0, u] += r
            out[1, u] += s
            out[2, u] += r * r
            out[3, u] += s * s
            out[4, u] += r * s
            out[5, u] += 1


@njit(**PLAIN)
def _ssim(sums: F64, out: F32) -> None:
    """SSIM of a row of windows, from their sums."""
    unit = 1.0 / LAB_UNIT
    for u in range(out.size):
        n = sums[5, u]
        mean_i, mean_j = sums[0, u] / n * unit, sums[1, u] / n * unit
        unbiased = n / (n - 1.0) if n > 1.0 else 1.0
        var_i = unbiased * (sums[2, u] / n * unit * unit - mean_i * mean_i)
        var_j = unbiased * (sums[3, u] / n * unit * unit - mean_j * mean_j)
        both = unbiased * (sums[4, u] / n * unit * unit - mean_i * mean_j)
        top = (2 * mean_i * mean_j + C1) * (2 * both + C2)
        out[u] = top / ((mean_i * mean_i + mean_j * mean_j + C1) * (var_i + var_j + C2))


@njit(**PLAIN)
def cell_ssim(a: I32, b: I32) -> F32:
    """SSIM of a plane, window of 3x3 cells of 2x2 blocks, ``(cells, cells)``.

    Sums are of whole numbers that doubles hold exactly.

    Source: SSIM, Wang et al. 2004, uniform window, range 100.
    """
    tall, wide = (a.shape[0] + CELL - 1) // CELL, (a.shape[1] + CELL - 1) // CELL
    out = np.empty((tall, wide), np.float32)
    cells, column, window = np.zeros((3, 6, wide)), np.empty(wide), np.empty((6, wide))
    for v in range(-1, tall):
        # Of the three rows of cells the oldest is replaced; beyond the last one there is nothing.
        _cells(a, b, (v + 1) * CELL, cells[(v + 1) % 3])
        if v >= 0:
            for k in range(6):
                _three(cells[0, k], cells[1, k], cells[2, k], column, window[k])
            _ssim(window, out[v])
    return out


@njit(**PLAIN)
def _three(above: F64, here: F64, below: F64, column: F64, out: F64) -> None:
    """Sums over three rows and three columns, those that exist."""
    last = out.size - 1
    for u in range(last + 1):
        column[u] = above[u] + here[u] + below[u]
    for u in range(1, last):
        out[u] = column[u - 1] + column[u] + column[u + 1]
    out[0] = column[0] + (column[1] if last > 0 else 0.0)
    out[last] = column[last] + (column[last - 1] if last > 0 else 0.0)


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
def glance(colour: F32, ssim: F32, weight: I32) -> F64:
    """What ``pool`` has at 0, 8 to 11 alone: weight, percentiles, the sum of the SSIM of L*."""
    out = np.zeros(15)
    bins = np.zeros(BINS, np.int64)
    for y in range(weight.shape[0]):
        for x in range(weight.shape[1]):
            w = np.float64(weight[y, x])
            if w == 0:
                continue
            out[0] += w
            bins[min(int(colour[0, y, x] * BINS_PER_UNIT), BINS - 1)] += weight[y, x]
            out[11] += w * ssim[y // CELL, x // CELL]
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
