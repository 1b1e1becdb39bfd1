"""What a user would call instead: each type beside the libraries that offer the same thing.

A peer is listed when it computes the same kind of distortion at the same strength. ``same`` says
that it is the same computation (up to rounding, or in distribution), so that the ratio is fair;
the others are there because a user would reach for them.
"""

import importlib
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image as Pil
from PIL import ImageEnhance, ImageFilter

SEVERITY = 3


@dataclass
class Peer:
    """One library's way to do it."""

    library: str
    run: Callable[[np.ndarray], object]
    same: bool = True


def optional(name):
    """The module, or None where it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def pillow(operation):
    """A Pillow operation from array to array."""
    return lambda image: np.asarray(operation(Pil.fromarray(image)))


def skimage_peers():
    """scikit-image's filters and noise, and Pillow's codecs and enhancers."""
    from skimage import exposure, filters, util

    rng = np.random.default_rng(0)

    def u8(floats):
        return np.clip(np.round(np.asarray(floats) * 255), 0, 255).astype(np.uint8)

    def noisy(mode, **options):
        return lambda image: u8(util.random_noise(image, mode=mode, rng=rng, **options))

    def otsu(image):
        out = np.empty_like(image)
        for channel in range(3):
            plane = image[..., channel]
            thresholds = filters.threshold_multiotsu(plane / 255, classes=8, nbins=30)
            out[..., channel] = np.digitize(plane / 255, thresholds) * 36
        return out

    return {
        "gaussian_blur": Peer("scikit-image", lambda i: u8(filters.gaussian(i, 3, channel_axis=2))),
        "gaussian_noise": Peer("scikit-image", noisy("gaussian", var=0.15**2)),
        "speckle_noise": Peer("scikit-image", noisy("speckle", var=0.28**2)),
        "poisson_noise": Peer("scikit-image", noisy("poisson"), same=False),
        "impulse_noise": Peer("scikit-image", noisy("s&p", amount=0.05)),
        "oversharpen": Peer(
            "scikit-image",
            lambda i: u8(filters.unsharp_mask(i, 1.1, 4, channel_axis=2)),
        ),
        "quantize_otsu": Peer("scikit-image", otsu),
        "brighten_rgb_gamma": Peer("scikit-image", lambda i: exposure.adjust_gamma(i, 0.6)),
        "darken_rgb_gamma": Peer("scikit-image", lambda i: exposure.adjust_gamma(i, 2.1)),
    }


def pillow_peers():
    """Pillow's filters, enhancers and codecs."""
    import io

    def codec(kind, **options):
        def run(picture):
            buffer = io.BytesIO()
            picture.save(buffer, kind, **options)
            return Pil.open(buffer)

        return pillow(run)

    def median_cut(picture):
        planes = [plane.quantize(10).convert("L") for plane in picture.split()]
        return Pil.merge("RGB", planes)

    def pixelate(picture):
        small = (int(picture.width * 0.4), int(picture.height * 0.4))
        return picture.resize(small, Pil.Resampling.BOX).resize(
            picture.size, Pil.Resampling.NEAREST
        )

    return {
        "gaussian_blur": Peer(
            "Pillow", pillow(lambda p: p.filter(ImageFilter.GaussianBlur(3))), False
        ),
        "jpeg_compression": Peer("Pillow", codec("JPEG", quality=12)),
        "jpeg2000_compression": Peer(
            "Pillow", codec("JPEG2000", quality_mode="dB", quality_layers=[26])
        ),
        "contrast_weaken_scale": Peer(
            "Pillow", pillow(lambda p: ImageEnhance.Contrast(p).enhance(0.45))
        ),
        "contrast_strengthen_scale": Peer(
            "Pillow", pillow(lambda p: ImageEnhance.Contrast(p).enhance(2.1))
        ),
        "saturate_weaken_ycbcr": Peer(
            "Pillow", pillow(lambda p: ImageEnhance.Color(p).enhance(0.2))
        ),
        "saturate_strengthen_ycbcr": Peer(
            "Pillow", pillow(lambda p: ImageEnhance.Color(p).enhance(5))
        ),
        "pixelate": Peer("Pillow", pillow(pixelate)),
        "webp_compression": Peer("Pillow", codec("WEBP", quality=4), False),
        "avif_compression": Peer("Pillow", codec("AVIF", quality=14, max_threads=1), False),
        "quantize_median_cut": Peer("Pillow", pillow(median_cut)),
    }


def albumentations_peers():
    """Albumentations' pixel transforms, called the way its users call them."""
    library = optional("albumentations")
    if library is None:
        return {}
    a = library

    def transform(entry):
        return lambda image: entry(image=image)["image"]

    disk = a.Defocus(radius=(4, 4), alias_blur=(0.1, 0.1), p=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        entries = {
            "gaussian_blur": a.GaussianBlur(sigma_limit=(3, 3), blur_limit=(25, 25), p=1),
            "motion_blur": a.MotionBlur(blur_limit=(31, 31), p=1),
            "glass_blur": a.GlassBlur(sigma=1.2, max_delta=2, iterations=2, p=1),
            "lens_blur": disk,
            "zoom_blur": a.ZoomBlur(max_factor=(1.1, 1.1), step_factor=(0.02, 0.02), p=1),
            "gaussian_noise": a.GaussNoise(std_range=(0.15, 0.15), p=1),
            "speckle_noise": a.MultiplicativeNoise(
                multiplier=(0.72, 1.28), per_channel=True, elementwise=True, p=1
            ),
            "poisson_noise": a.ShotNoise(scale_range=(0.025, 0.025), p=1),
            "impulse_noise": a.SaltAndPepper(amount=(0.05, 0.05), p=1),
            "jpeg_compression": a.ImageCompression(quality_range=(12, 12), p=1),
            "pixelate": a.Downscale(scale_range=(0.4, 0.4), p=1),
            "brighten_rgb_gamma": a.RandomGamma(gamma_limit=(60, 60), p=1),
            "darken_rgb_gamma": a.RandomGamma(gamma_limit=(210, 210), p=1),
            "brighten_rgb_shift": a.RGBShift((51, 51), (51, 51), (51, 51), p=1),
            "darken_rgb_shift": a.RGBShift((-51, -51), (-51, -51), (-51, -51), p=1),
            "brighten_value_shift": a.HueSaturationValue((0, 0), (0, 0), (77, 77), p=1),
            "darken_value_shift": a.HueSaturationValue((0, 0), (0, 0), (-77, -77), p=1),
            "oversharpen": a.UnsharpMask(
                blur_limit=(5, 5), sigma_limit=(1.1, 1.1), alpha=(1, 1), p=1
            ),
            **albumentations_beyond(a),
        }
    approximate = {
        "motion_blur",
        "glass_blur",
        "zoom_blur",
        "poisson_noise",
        "oversharpen",
        *albumentations_beyond(a),
    } - {"lateral_chromatic"}
    return {
        name: Peer("albumentations", transform(entry), same=name not in approximate)
        for name, entry in entries.items()
    }


def albumentations_beyond(a):
    """Its transforms beside the types beyond the published ones; most are only similar."""
    return {
        "fog": a.RandomFog(fog_coef_range=(0.5, 0.5), alpha_coef=0.1, p=1),
        "rain_streaks": a.RandomRain(slant_range=(12, 12), drop_length=20, blur_value=1, p=1),
        "snowflakes": a.RandomSnow(snow_point_range=(0.2, 0.2), method="texture", p=1),
        "lens_droplets": a.Spatter(mode="rain", p=1),
        "lateral_chromatic": a.ChromaticAberration((0.01, 0.01), (0.0, 0.0), p=1),
        "ringing": a.RingingOvershoot(blur_limit=(25, 25), cutoff=(1.0, 1.0), p=1),
        "sensor_noise": a.ISONoise(color_shift=(0.05, 0.05), intensity=(0.5, 0.5), p=1),
        "dead_pixels": a.PixelDropout(dropout_prob=0.008, per_channel=True, p=1),
        "color_blocks": a.CoarseDropout((7, 7), (36, 36), (36, 36), fill="random", p=1),
        "local_warp": a.ElasticTransform(alpha=300, sigma=20, p=1),
        "webp_compression": a.ImageCompression("webp", (4, 4), p=1),
        "veiling_glare": a.RandomSunFlare(p=1),
        "vignetting": a.Illumination("corner", (0.2, 0.2), p=1),
        "warm_cast": a.PlanckianJitter(p=1),
    }


def imagecorruptions_peers():
    """Imagecorruptions' functions; those that still run with today's dependencies."""
    library = optional("imagecorruptions")
    if library is None:
        return {}
    names = {
        "motion_blur": "motion_blur",
        "lens_blur": "defocus_blur",
        "zoom_blur": "zoom_blur",
        "gaussian_noise": "gaussian_noise",
        "speckle_noise": "speckle_noise",
        "poisson_noise": "shot_noise",
        "impulse_noise": "impulse_noise",
        "jpeg_compression": "jpeg_compression",
        "pixelate": "pixelate",
        "brighten_value_shift": "brightness",
        "contrast_weaken_scale": "contrast",
        "saturate_strengthen_hsv": "saturate",
        "fog": "fog",
        "frost": "frost",
        "snowflakes": "snow",
        "lens_droplets": "spatter",
        "local_warp": "elastic_transform",
    }

    def corrupt(name):
        return lambda i: library.corrupt(i, corruption_name=name, severity=SEVERITY)

    return {ours: Peer("imagecorruptions", corrupt(name), False) for ours, name in names.items()}


def kornia_peers():
    """Kornia on the CPU, tensors made and read back as a user of arrays would."""
    kornia, torch = optional("kornia"), optional("torch")
    if kornia is None or torch is None:
        return {}
    torch.set_num_threads(1)
    k = kornia

    def on_tensor(operation):
        def run(image):
            tensor = torch.from_numpy(image.transpose(2, 0, 1)[None].astype(np.float32) / 255)
            result = operation(tensor).clamp(0, 1)[0].numpy().transpose(1, 2, 0)
            return np.round(result * 255).astype(np.uint8)

        return run

    operations = {
        "oversmoothing": lambda t: k.filters.bilateral_blur(t, (9, 9), 0.1, (5.0, 5.0)),
        "gaussian_blur": lambda t: k.filters.gaussian_blur2d(t, (25, 25), (3.0, 3.0)),
        "motion_blur": lambda t: k.filters.motion_blur(t, 31, 30.0, 0.0),
        "gaussian_noise": lambda t: t + 0.15 * torch.randn_like(t),
        "brighten_rgb_gamma": lambda t: k.enhance.adjust_gamma(t, 0.6),
        "darken_rgb_gamma": lambda t: k.enhance.adjust_gamma(t, 2.1),
        "brighten_rgb_shift": lambda t: k.enhance.adjust_brightness(t, 0.2),
        "darken_rgb_shift": lambda t: k.enhance.adjust_brightness(t, -0.2),
        "saturate_weaken_hsv": lambda t: k.enhance.adjust_saturation(t, 0.4),
        "saturate_strengthen_hsv": lambda t: k.enhance.adjust_saturation(t, 12.0),
        "contrast_weaken_scale": lambda t: k.enhance.adjust_contrast_with_mean_subtraction(t, 0.45),
        "contrast_strengthen_scale": (
            lambda t: k.enhance.adjust_contrast_with_mean_subtraction(t, 2.1)
        ),
    }
    return {name: Peer("kornia", on_tensor(operation)) for name, operation in operations.items()}


def opencv_peers():
    """What OpenCV has of the types beyond the published ones."""

    def bilateral(times, sigma, space):
        def run(image):
            for _ in range(times):
                image = cv2.bilateralFilter(image, 9, sigma, space)
            return image

        return run

    def warped(matrix_of):
        height, width = 768, 1024
        return lambda image: cv2.remap(image, *matrix_of(height, width), cv2.INTER_LINEAR)

    def moving(height, width):
        y, x = np.mgrid[:height, :width].astype(np.float32)
        return x + 7 * np.sin(y / 30), y + 7 * np.sin(x / 30)

    def holes(image):
        mask = (cv2.GaussianBlur(image[..., 0], (0, 0), 9) < 60).astype(np.uint8)
        return cv2.inpaint(image, mask, 5, cv2.INPAINT_TELEA)

    def bleeding(image):
        y, cr, cb = cv2.split(cv2.cvtColor(image, cv2.COLOR_RGB2YCrCb))
        soft = [cv2.GaussianBlur(plane, (0, 0), 10) for plane in (cr, cb)]
        return cv2.cvtColor(cv2.merge([y, *soft]), cv2.COLOR_YCrCb2RGB)

    return {
        "oversmoothing": Peer("OpenCV", bilateral(3, 45, 5)),
        "banding": Peer("OpenCV", bilateral(1, 18, 6), False),
        "local_warp": Peer("OpenCV", warped(moving), False),
        "smeared_inpainting": Peer("OpenCV", holes, False),
        "chroma_bleeding": Peer("OpenCV", bleeding),
    }


def all_peers():
    """Type name to its peers, from every library that is installed."""
    cv2.setNumThreads(1)
    found: dict[str, list[Peer]] = {}
    for table in (
        skimage_peers(),
        pillow_peers(),
        opencv_peers(),
        albumentations_peers(),
        imagecorruptions_peers(),
        kornia_peers(),
    ):
        for name, peer in table.items():
            found.setdefault(name, []).append(peer)
    return found
