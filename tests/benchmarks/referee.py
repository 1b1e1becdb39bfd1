"""An independent judge of what is seen, for benchmarks: S-CIELAB and multi-scale SSIM.

Shares no code with ``distortions``: numpy, scipy and scikit-image in floats, slow and plain. A
difference is seen by somebody who has no reference beside it when a tenth of the region differs
in colour by 2.3 or more at the viewing distance, or when its structure is lost by 5 %.

Source: S-CIELAB, Zhang and Wandell 1997; MS-SSIM, Wang et al. 2003; 2.3 is the just noticeable
difference of Mahy et al. 1994.
"""

import math
from typing import NamedTuple

import numpy as np
from scipy import ndimage
from skimage import color

PIXELS_PER_DEGREE = 40.0
COLOUR_LIMIT = 2.3
STRUCTURE_LIMIT = 0.05

_OPPONENT = np.array([[0.279, 0.72, -0.107], [-0.449, 0.29, -0.077], [0.086, -0.59, 0.501]])
# (weight, spread in degrees) of the Gaussians of each opponent channel
_SPREADS = (
    ((0.921, 0.0283), (0.105, 0.133), (-0.108, 4.336)),
    ((0.531, 0.0392), (0.330, 0.494)),
    ((0.488, 0.0536), (0.371, 0.386)),
)
_SCALES = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


class Verdict(NamedTuple):
    """What the referee measured inside the mask.

    Args:
        colour: 90th percentile of CIEDE2000 on S-CIELAB.
        structure: Loss of multi-scale SSIM, 0..1.
    """

    colour: float
    structure: float

    @property
    def seen(self):
        """Whether either limit is reached."""
        return self.colour >= COLOUR_LIMIT or self.structure >= STRUCTURE_LIMIT


def judge(reference, degraded, mask, pixels_per_degree=PIXELS_PER_DEGREE):
    """Both measures of two uint8 pictures ``(height, width, 3)`` inside a mask."""
    labs = [scielab(image, pixels_per_degree) for image in (reference, degraded)]
    return verdict(reference, degraded, mask, *labs)


def verdict(reference, degraded, mask, reference_lab, degraded_lab):
    """The same where S-CIELAB of both was made before."""
    difference = color.deltaE_ciede2000(reference_lab[mask], degraded_lab[mask])
    return Verdict(float(np.percentile(difference, 90)), structure_loss(reference, degraded, mask))


def scielab(image, pixels_per_degree=PIXELS_PER_DEGREE):
    """Lab of a picture as the eye blurs it."""
    opponent = color.rgb2xyz(image) @ _OPPONENT.T
    seen = np.zeros_like(opponent)
    for channel, parts in enumerate(_SPREADS):
        total = sum(weight for weight, _ in parts)
        for weight, spread in parts:
            sigma = spread * pixels_per_degree / math.sqrt(2)
            soft = ndimage.gaussian_filter(
                opponent[..., channel], sigma, mode="nearest", truncate=3
            )
            seen[..., channel] += weight / total * soft
    return color.xyz2lab(np.clip(seen @ np.linalg.inv(_OPPONENT).T, 0, None))


def structure_loss(reference, degraded, mask):
    """1 - MS-SSIM on luma; scales at which less than an 11-pixel window remains are left out."""
    planes = [color.rgb2gray(image) * 255 for image in (reference, degraded)]
    share, logs, used = mask.astype(float), 0.0, 0.0
    for index, weight in enumerate(_SCALES):
        inside = share >= 0.5
        if min(inside.shape) < 11 or not inside.any():
            break
        light, detail = _ssim_parts(*planes)
        last = index == len(_SCALES) - 1
        value = (light * detail if last else detail)[inside].mean()
        logs += weight * math.log(max(value, 1e-6))
        used += weight
        planes, share = [_halved(plane) for plane in planes], _halved(share)
    return 1 - math.exp(logs / used) if used else 0.0


def mdsi(reference, degraded, mask):
    """Mean deviation similarity index on half size inside a mask, 0 where nothing changed.

    Source: Nafchi et al. 2016; its constants.
    """
    first, second = ([_halved(plane) for plane in _lhm(image)] for image in (reference, degraded))
    inside = _halved(mask.astype(float)) >= 0.5
    if not inside.any():
        inside = np.ones_like(inside)
    g_first, g_second = _prewitt(first[0]), _prewitt(second[0])
    g_both = _prewitt((first[0] + second[0]) / 2)
    structure = (
        _alike(g_first, g_second, 140) + _alike(g_second, g_both, 55) - _alike(g_first, g_both, 55)
    )
    product = 2 * (first[1] * second[1] + first[2] * second[2]) + 550
    colour = product / (sum(plane**2 for plane in (*first[1:], *second[1:])) + 550)
    root = (0.6 * structure + 0.4 * colour)[inside].astype(complex) ** 0.25
    return float(np.abs(root - root.mean()).mean() ** 0.25)


def _lhm(image):
    red, green, blue = (image[..., channel].astype(float) for channel in range(3))
    return (
        0.2989 * red + 0.5870 * green + 0.1140 * blue,
        0.30 * red + 0.04 * green - 0.35 * blue,
        0.34 * red - 0.60 * green + 0.17 * blue,
    )


def _prewitt(plane):
    return np.hypot(ndimage.prewitt(plane, 0), ndimage.prewitt(plane, 1)) / 3


def _alike(first, second, constant):
    return (2 * first * second + constant) / (first**2 + second**2 + constant)


def _ssim_parts(p, q):
    def soft(plane):
        return ndimage.gaussian_filter(plane, 1.5, truncate=3.5)

    mean_p, mean_q = soft(p), soft(q)
    var_p, var_q = soft(p * p) - mean_p**2, soft(q * q) - mean_q**2
    both = soft(p * q) - mean_p * mean_q
    light = (2 * mean_p * mean_q + 6.5025) / (mean_p**2 + mean_q**2 + 6.5025)
    return light, (2 * both + 58.5225) / (var_p + var_q + 58.5225)


def _halved(plane):
    height, width = (n // 2 * 2 for n in plane.shape)
    return plane[:height, :width].reshape(height // 2, 2, width // 2, 2).mean((1, 3))
