"""KADID-10k's distortions made again from their published parameters, in floats, for the fit.

The data set's pictures are not shipped with its opinion scores. What is not here: 15 (needs a
network), 20 (moved patches, which nobody can name) and level 5 of 7 (inverted saturation).

Source: KADID-10k, Lin et al. 2019, and the levels of its published generator; every picture is
stretched to the full range before and after, as there, which takes back much of a tonal shift.
"""

import io
import math

import cv2
import numpy as np
from PIL import Image
from scipy import interpolate, ndimage
from skimage import color

LEVELS = {
    1: (0.1, 0.5, 1, 2, 5),
    2: (1, 2, 4, 6, 8),
    3: (1, 2, 4, 6, 10),
    4: (1, 3, 6, 8, 12),
    5: (1, 3, 6, 8, 12),
    6: (64, 48, 32, 16, 8),
    7: (0.4, 0.2, 0.1, 0),
    8: (1, 2, 3, 6, 9),
    9: (16, 32, 45, 120, 400),
    10: (43, 36, 24, 7, 4),
    11: (0.001, 0.002, 0.003, 0.005, 0.01),
    12: (0.0001, 0.0005, 0.001, 0.002, 0.003),
    13: (0.001, 0.005, 0.01, 0.02, 0.03),
    14: (0.001, 0.005, 0.01, 0.02, 0.05),
    16: (0.1, 0.2, 0.4, 0.7, 1.1),
    17: (0.05, 0.1, 0.2, 0.4, 0.8),
    18: (0.15, 0.08, 0, -0.08, -0.15),
    19: (0.05, 0.1, 0.2, 0.5, 1),
    21: (0.01, 0.05, 0.1, 0.2, 0.5),
    22: (20, 16, 13, 10, 7),
    23: (2, 4, 6, 8, 10),
    24: (1, 2, 3, 6, 12),
    25: (0.3, 0.15, 0, -0.4, -0.6),
}
FAMILY = {
    1: "blur",
    2: "blur",
    3: "blur",
    19: "blur",
    4: "chroma_bleeding",
    5: "chromatic_aberration",
    6: "quantization",
    22: "quantization",
    7: "saturate_weaken",
    8: "saturate_strengthen",
    9: "compression",
    10: "compression",
    11: "noise",
    12: "noise",
    13: "noise",
    14: "noise",
    16: "brighten",
    17: "darken",
    18: "brighten",
    21: "pixelate",
    23: "solid_color",
    24: "oversharpen",
    25: "contrast",
}


def degrade(image, kind, level, seed=0):
    """Level 1..5 of a KADID type on a uint8 picture ``(height, width, 3)``."""
    rng = np.random.default_rng([kind, level, seed])
    value = LEVELS[kind][level - 1]
    return _coded(_stretched(_MAKE[kind](_stretched(image / 255.0), value, rng)))


def _stretched(image):
    low, high = image.min(), image.max()
    return (image - low) / (high - low) if high > low else image


def _coded(image):
    return np.rint(255 * np.clip(image, 0, 1)).astype(np.uint8)


def _filtered(image, kernel):
    return cv2.filter2D(image, -1, kernel, borderType=cv2.BORDER_REFLECT)


def _gaussian(image, sigma, rng):
    return ndimage.gaussian_filter(image, (sigma, sigma, 0), truncate=2.0)


def _lens(image, radius, rng):
    """Disc with soft rim: a fine grid of points inside it, counted per pixel."""
    size, fine = 2 * math.ceil(radius) + 1, 21
    grid = (np.arange(size * fine) + 0.5) / fine - size / 2
    inside = (grid[:, None] ** 2 + grid[None] ** 2 <= radius**2).astype(float)
    kernel = inside.reshape(size, fine, size, fine).sum((1, 3))
    return _filtered(image, kernel / kernel.sum())


def _motion(image, length, rng):
    """A line of ``length`` pixels straight down, as the generator's fixed 90 degrees."""
    half = (length - 1) / 2
    reach = math.ceil(half)
    line = np.clip(half + 1 - np.abs(np.arange(-reach, reach + 1.0)), 0, 1)
    return _filtered(image, (line / line.sum())[:, None])


def _to_lab(image):
    return color.rgb2lab(np.clip(image, 0, 1))


def _from_lab(lab):
    with np.errstate(all="ignore"):
        return np.clip(color.lab2rgb(lab), 0, 1)


def _diffuse(image, amount, rng):
    lab = _to_lab(image)
    sigma = 1.5 * amount + 2
    lab[..., 1:] = amount * ndimage.gaussian_filter(lab[..., 1:], (sigma, sigma, 0), truncate=2)
    return _from_lab(lab)


def _shifted_green(image, amount, rng):
    grey = image @ np.array([0.299, 0.587, 0.114])
    edges = ndimage.gaussian_filter(np.hypot(*np.gradient(grey)), 4)
    edges = _stretched(np.clip(_stretched(edges), 0.1, 1))
    edges = _stretched(np.clip(edges, *np.percentile(edges, (1, 99))))
    direction = rng.random(2)
    move = np.rint(direction / np.linalg.norm(direction) * amount)
    moved = ndimage.shift(image[..., 1], move, order=0, mode="nearest")
    out = image.copy()
    out[..., 1] = moved * edges + image[..., 1] * (1 - edges)
    return out


def _palette(image, colours, rng):
    picture = Image.fromarray(_coded(image))
    reduced = picture.quantize(
        colours, Image.Quantize.MEDIANCUT, dither=Image.Dither.FLOYDSTEINBERG
    )
    return np.asarray(reduced.convert("RGB")) / 255.0


def _hsv(image, factor, rng):
    hsv = color.rgb2hsv(image)
    hsv[..., 1] *= factor
    return color.hsv2rgb(hsv)


def _lab_colour(image, factor, rng):
    lab = _to_lab(image)
    lab[..., 1:] *= factor
    return _from_lab(lab)


def _jpeg2000(image, ratio, rng):
    buffer = io.BytesIO()
    Image.fromarray(_coded(image)).save(
        buffer, "JPEG2000", quality_mode="rates", quality_layers=[ratio], irreversible=True
    )
    return np.asarray(Image.open(buffer).convert("RGB")) / 255.0


def _jpeg(image, quality, rng):
    buffer = io.BytesIO()
    Image.fromarray(_coded(image)).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer)) / 255.0


def _white(image, variance, rng):
    return np.clip(image + rng.normal(0, math.sqrt(variance), image.shape), 0, 1)


_YCC = np.array([[65.481, 128.553, 24.966], [-37.797, -74.203, 112], [112, -93.786, -18.214]])


def _colour_noise(image, variance, rng):
    noise = rng.normal(0, math.sqrt(variance), image.shape)
    return np.clip(image + noise @ np.linalg.inv(_YCC / 255).T, 0, 1)


def _impulse(image, density, rng):
    draw = rng.random(image.shape)
    out = image.copy()
    out[draw < density / 2] = 0
    out[(draw >= density / 2) & (draw < density)] = 1
    return out


def _multiplied(image, variance, rng):
    return np.clip(image * (1 + rng.normal(0, math.sqrt(variance), image.shape)), 0, 1)


def _bent(values, middle):
    """The parabola through (0, 0), (.5, ``middle``) and (1, 1)."""
    square = 2 - 4 * middle
    return np.clip(square * values**2 + (1 - square) * values, 0, 1)


def _brightened(image, amount, rng):
    lab = _to_lab(image)
    lab[..., 0] = 100 * _bent(lab[..., 0] / 100, 0.5 + amount / 2)
    return (2 * _bent(image, 0.5 + amount / 2) + _from_lab(lab)) / 3


def _darkened(image, amount, rng):
    return _bent(image, 0.5 - amount / 2)


def _mean_shift(image, amount, rng):
    return np.clip(image + amount, 0, 1)


def _scattered(image, amount, rng):
    """Five times over, every pixel takes the value from a normal step away."""
    height, width = image.shape[:2]
    place = np.mgrid[:height, :width].astype(np.float32)
    out = image.astype(np.float32)
    for _ in range(5):
        y, x = place + rng.normal(0, amount, place.shape).astype(np.float32)
        out = cv2.remap(out, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return out.astype(float)


def _pixelated(image, strength, rng):
    rows, columns = (_nearest(size, 0.95 - strength**0.6) for size in image.shape[:2])
    return image[rows][:, columns]


def _nearest(size, scale):
    """Sources of a line that was made smaller by ``scale`` and brought back, nearest pixel."""
    small = math.ceil(size * scale)
    place = np.floor((np.arange(size) + 0.5) / size * small) + 0.5
    return np.minimum((place / small * size).astype(int), size - 1)


def _stepped(image, count, rng):
    """``count`` thresholds of least variance within, each class at its upper threshold."""
    levels = _coded(image)
    histogram = np.bincount(levels.ravel(), minlength=256).astype(float)
    thresholds = _least_variance(histogram, count + 1)
    values = np.array([0, *thresholds[1:], 255]) / 255
    return values[np.searchsorted(thresholds, levels)]


def _least_variance(histogram, classes):
    """Upper levels of all classes but the last; exact, by dynamic programming."""
    level = np.arange(256)
    mass, first, second = (np.concatenate([[0], np.cumsum(histogram * level**k)]) for k in range(3))
    low, high = np.meshgrid(np.arange(257), np.arange(257), indexing="ij")
    n = np.maximum(mass[high] - mass[low], 1e-9)
    cost = second[high] - second[low] - (first[high] - first[low]) ** 2 / n
    cost[high <= low] = np.inf
    best, back = cost[0], []
    for _ in range(classes - 1):
        total = best[:, None] + cost
        back.append(total.argmin(0))
        best = total.min(0)
    cuts, end = [], 256
    for choice in reversed(back):
        end = choice[end]
        cuts.append(end - 1)
    return cuts[::-1]


def _blocks(image, count, rng):
    out = image.copy()
    for _ in range(count):
        y, x = (int(rng.random() * (n - 32)) for n in image.shape[:2])
        out[y : y + 32, x : x + 32] = rng.random(3)
    return out


def _sharpened(image, amount, rng):
    lab = _to_lab(image)
    soft = ndimage.gaussian_filter(lab[..., 0], 3, truncate=2)
    lab[..., 0] = np.clip(lab[..., 0] + amount * (lab[..., 0] - soft), 0, 100)
    return _from_lab(lab)


def _contrast(image, amount, rng):
    y = (0, 0.25 - amount / 4, 0.5, 0.75 + amount / 4, 1)
    return np.clip(interpolate.CubicSpline((0, 0.3, 0.5, 0.7, 1), y)(image), 0, 1)


_MAKE = {
    1: _gaussian,
    2: _lens,
    3: _motion,
    4: _diffuse,
    5: _shifted_green,
    6: _palette,
    7: _hsv,
    8: _lab_colour,
    9: _jpeg2000,
    10: _jpeg,
    11: _white,
    12: _colour_noise,
    13: _impulse,
    14: _multiplied,
    16: _brightened,
    17: _darkened,
    18: _mean_shift,
    19: _scattered,
    21: _pixelated,
    22: _stepped,
    23: _blocks,
    24: _sharpened,
    25: _contrast,
}
