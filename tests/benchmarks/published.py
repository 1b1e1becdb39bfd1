"""DQ-495K's order of work, as a peer: every type on the whole picture, floats, usual library calls.

Written anew from the description of the types (algorithm and library of each); on this machine the
calls take about what was measured of the published code, whose own source is not used here.
"""

import io

import cv2
import numpy as np
from numba import njit
from PIL import Image as Pil
from PIL import ImageEnhance
from scipy import ndimage
from skimage import filters, util

RANDOM = np.random.default_rng(0)


def floats(image):
    """0 to 1, as scikit-image likes it."""
    return image / 255.0


def u8(values):
    """Back to levels, cut off as published."""
    return np.uint8(np.clip(values, 0, 1) * 255.0)


def gaussian_blur(image, sigma):
    """scikit-image on floats."""
    return u8(filters.gaussian(floats(image), sigma, channel_axis=-1))


def motion_blur(image, radius, sigma, angle_deg):
    """A half Gaussian along a line, one big kernel."""
    side = 2 * radius + 1
    kernel = np.zeros((side, side))
    for step in range(radius + 1):
        turn = np.deg2rad(angle_deg)
        row, column = round(radius - step * np.sin(turn)), round(radius + step * np.cos(turn))
        kernel[row, column] += np.exp(-(step**2) / (2 * sigma**2))
    return u8(cv2.filter2D(floats(image), -1, kernel / kernel.sum()))


@njit(cache=True)
def _stir(image, shift):
    height, width = image.shape[:2]
    for y in range(height - shift, shift, -1):
        for x in range(width - shift, shift, -1):
            v = y + np.random.randint(-shift, shift)  # noqa: NPY002  # what numba compiles
            u = x + np.random.randint(-shift, shift)  # noqa: NPY002
            if 0 <= v < height and 0 <= u < width and y < height and x < width:
                for c in range(3):
                    image[y, x, c], image[v, u, c] = image[v, u, c], image[y, x, c]
    return image


def glass_blur(image, sigma, shift, iterations):
    """Blur, pixels that change places one after another, blur."""
    out = np.uint8(filters.gaussian(floats(image), sigma, channel_axis=-1) * 255)
    for _ in range(iterations):
        out = _stir(out, shift)
    return u8(filters.gaussian(floats(out), sigma, channel_axis=-1))


def lens_blur(image, radius):
    """A disc in a 17x17 kernel."""
    y, x = np.mgrid[-8:9, -8:9]
    disc = (x * x + y * y <= radius * radius).astype(np.float64)
    return u8(cv2.filter2D(floats(image), -1, disc / disc.sum()))


def zoom_blur(image, zoom_max):
    """The mean of the picture and of its enlargements."""
    values, (height, width) = floats(image).astype(np.float32), image.shape[:2]
    factors = np.arange(1, zoom_max, 0.02)
    total = np.zeros_like(values)
    for factor in factors:
        tall, wide = int(np.ceil(height / factor)), int(np.ceil(width / factor))
        top, left = (height - tall) // 2, (width - wide) // 2
        part = values[top : top + tall, left : left + wide]
        total += ndimage.zoom(part, (factor, factor, 1), order=1)[:height, :width]
    return u8((values + total) / (len(factors) + 1))


def jitter(image, shift):
    """Pixels that change places one after another."""
    return _stir(image.copy(), shift)


def gaussian_noise(image, sigma):
    """Added in floats."""
    return u8(floats(image) + RANDOM.normal(0, sigma, image.shape))


def chroma_noise(image, sigma, chroma):
    """Added in YCrCb."""
    turned = cv2.cvtColor(floats(image).astype(np.float32), cv2.COLOR_RGB2YCrCb)
    turned = turned + RANDOM.normal(0, sigma, image.shape) * (1, chroma, chroma)
    return u8(cv2.cvtColor(turned.astype(np.float32), cv2.COLOR_YCrCb2RGB))


def speckle_noise(image, scale):
    """Grows with the level."""
    values = floats(image)
    return u8(values + values * RANDOM.normal(0, scale, image.shape))


def correlated_noise(image, sigma):
    """Added, then a box of three."""
    noisy = floats(image) + RANDOM.normal(0, sigma, image.shape)
    return u8(cv2.filter2D(noisy, -1, np.ones((3, 3)) / 9))


def poisson_noise(image, factor):
    """Counts of photons."""
    return u8(RANDOM.poisson(floats(image) * factor) / factor)


def impulse_noise(image, amount):
    """scikit-image's salt and pepper."""
    return u8(util.random_noise(floats(image), mode="s&p", amount=amount))


def _codec(image, kind, **options):
    buffer = io.BytesIO()
    Pil.fromarray(image).save(buffer, kind, **options)
    return np.array(Pil.open(buffer).convert("RGB"))


def jpeg_compression(image, quality):
    """Pillow."""
    return _codec(image, "JPEG", quality=quality)


def jpeg2000_compression(image, psnr_db):
    """Pillow, a layer of that quality."""
    return _codec(image, "JPEG2000", quality_mode="dB", quality_layers=[psnr_db])


def _value_shift(image, shift):
    turned = cv2.cvtColor(floats(image).astype(np.float32), cv2.COLOR_RGB2HSV)
    turned[..., 2] = np.clip(turned[..., 2] + shift, 0, 1)
    return u8(cv2.cvtColor(turned, cv2.COLOR_HSV2RGB))


def _rgb_shift(image, shift):
    return u8(floats(image) + shift)


def _value_gamma(image, gamma):
    turned = cv2.cvtColor(image, cv2.COLOR_RGB2HSV)
    turned[..., 2] = u8(floats(turned[..., 2]) ** gamma)
    return cv2.cvtColor(turned, cv2.COLOR_HSV2RGB)


def _rgb_gamma(image, gamma):
    return u8(floats(image) ** gamma)


def contrast_scale(image, factor):
    """Pillow's enhancer."""
    return np.array(ImageEnhance.Contrast(Pil.fromarray(image)).enhance(factor))


def contrast_stretch(image, factor):
    """A sigmoid about each channel's mean."""
    values = floats(image)
    mean = values.mean(axis=(0, 1), keepdims=True)
    return u8(1 / (1 + (mean / (values + 1e-12)) ** factor))


def _saturate(image, factor, there, back, channels):
    turned = cv2.cvtColor(image, there).astype(np.float32)
    middle = 0 if channels == [1] else 128
    turned[..., channels] = (turned[..., channels] - middle) * factor + middle
    return cv2.cvtColor(np.uint8(np.clip(turned, 0, 255)), back)


def saturate_hsv(image, factor):
    """Saturation times a factor."""
    return _saturate(image, factor, cv2.COLOR_RGB2HSV, cv2.COLOR_HSV2RGB, [1])


def saturate_ycbcr(image, factor):
    """Chroma times a factor."""
    return _saturate(image, factor, cv2.COLOR_RGB2YCrCb, cv2.COLOR_YCrCb2RGB, [1, 2])


def oversharpen(image, amount):
    """OpenCV, unsharp."""
    blurred = cv2.GaussianBlur(image, (5, 5), 1.1)
    return cv2.addWeighted(image, 1 + amount, blurred, -amount, 0)


def pixelate(image, scale):
    """Pillow, boxes down, nearest up."""
    picture = Pil.fromarray(image)
    small = picture.resize(
        (int(picture.width * scale), int(picture.height * scale)), Pil.Resampling.BOX
    )
    return np.array(small.resize(picture.size, Pil.Resampling.NEAREST))


def quantize_median_cut(image, colors):
    """Median cut of each channel, on sorted lists of pixels."""
    out = np.empty_like(image)
    for channel in range(3):
        flat = image[..., channel].ravel()
        boxes = [np.argsort(flat, kind="stable")]
        while len(boxes) < colors:
            spread = [int(flat[box[-1]]) - int(flat[box[0]]) if box.size else -1 for box in boxes]
            widest = boxes.pop(int(np.argmax(spread)))
            boxes += [widest[: widest.size // 2], widest[widest.size // 2 :]]
        turned = np.empty_like(flat)
        for box in boxes:
            turned[box] = flat[box].mean() if box.size else 0
        out[..., channel] = turned.reshape(image.shape[:2])
    return out


def quantize_histogram(image, bins):
    """Steps that hold equally many pixels, by a table of each channel."""
    out = np.empty_like(image)
    for channel in range(3):
        counts, _ = np.histogram(image[..., channel].ravel(), 256, (0, 256))
        share = np.cumsum(counts) / counts.sum()
        table = np.uint8(np.clip(np.floor(share * bins) / max(1, bins - 1), 0, 1) * 255)
        out[..., channel] = table[image[..., channel]]
    return out


PUBLISHED = {
    **{
        function.__name__: function
        for function in (
            *(gaussian_blur, motion_blur, glass_blur, lens_blur, zoom_blur, jitter),
            *(gaussian_noise, chroma_noise, speckle_noise, correlated_noise, poisson_noise),
            *(impulse_noise, jpeg_compression, jpeg2000_compression, oversharpen, pixelate),
            *(quantize_median_cut, quantize_histogram),
        )
    },
    **{
        f"brighten_{name}": function
        for name, function in (
            ("value_shift", _value_shift),
            ("rgb_shift", _rgb_shift),
            ("value_gamma", _value_gamma),
            ("rgb_gamma", _rgb_gamma),
        )
    },
    "darken_value_shift": lambda image, shift: _value_shift(image, -shift),
    "darken_rgb_shift": lambda image, shift: _rgb_shift(image, -shift),
    "darken_value_gamma": _value_gamma,
    "darken_rgb_gamma": _rgb_gamma,
    **{f"contrast_{way}_scale": contrast_scale for way in ("strengthen", "weaken")},
    **{f"contrast_{way}_stretch": contrast_stretch for way in ("strengthen", "weaken")},
    **{f"saturate_{way}_hsv": saturate_hsv for way in ("strengthen", "weaken")},
    **{f"saturate_{way}_ycbcr": saturate_ycbcr for way in ("strengthen", "weaken")},
}
"""Type to its published way; Otsu's exhaustive search (seconds a picture) is left out."""


def picture(data, masks, chains):
    """A degraded picture the published way: from the bytes of a JPEG to those of a PNG.

    Every chain runs on the whole picture; what lies under the mask is blended in.
    """
    image = cv2.cvtColor(cv2.imdecode(np.frombuffer(data, np.uint8), 1), cv2.COLOR_BGR2RGB)
    out = image.astype(np.float64)
    for mask, chain in zip(masks, chains, strict=True):
        work = image
        for link in chain:
            work = PUBLISHED[link.type.name](work, **link.params)
        alpha = mask[..., None].astype(np.float64)
        out = out * (1 - alpha) + work * alpha
    _, png = cv2.imencode(".png", cv2.cvtColor(np.uint8(out), cv2.COLOR_RGB2BGR))
    return png
