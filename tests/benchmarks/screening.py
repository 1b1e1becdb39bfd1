"""How often does the screen refuse good photographs, and miss bad ones? Prints error rates.

    IQA_SPIDER_TEST_DATA=... python -m tests.benchmarks.screening [--half 0|1] [--every N]

Good photographs are those of the shared set in which one rater saw no flaw; the even ones (half 0)
served to choose the thresholds, the odd ones (half 1) tell how good they are. Flaws are laid on
them here, by means that the project's distortions do not share: a shaken camera (a bent line, in
linear light), smoothing that keeps edges, exposure and fog in linear light, defocus, noise, JPEG.
Authentic flaws are listed by name, with what the screen says of each.
"""

import argparse
import os
import time
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np

from annotators.screening import screen, verdict, well_inside
from flows.ingest.decode import decode
from schemas.settings.config import IngestConfig, ScreenConfig

LONG_SIDE = 768
GOOD = (
    *("photos/*.jpg", "photos/*.png", "photos/kodak/*", "photos/koniq/*", "photos/kadid/k*"),
    *("annotated/coco/images/*", "annotated/cvat/images/*", "annotated/labelme/*/*.jpg"),
    *("annotated/multi_2label/images/[bs]*.jpg",),
)
FLAWED = {
    "photos/koniq/6898804586.jpg": "shaken by night",
    "photos/kadid/I01_01_05.png": "blurred",
    "photos/kadid/I01_15_05.png": "noise smoothed away",
    "photos/mei_Issue_308.jpg": "sky burnt out, hazy",
    "photos/mei_Canon_PowerShot_S40_2.jpg": "black night, shaken",
    "photos/mei_FujiFilm_FinePix4900Zoom.jpg": "murky water",
    "photos/mei_Kodak_ProBack.jpg": "haze in the distance",
    "photos/mei_Panasonic_DMC_LC70_Lumix.jpg": "lights burnt out",
    "annotated/cvat/images/grooveland-designs-q7hsIjri5PE-unsplash.jpg": "fog by night",
    "annotated/coco/images/000000121647.jpg": "telephone, smeared",
    "annotated/coco/images/000000547336.jpg": "telephone, smeared",
    "annotated/coco/images/000000360452.jpg": "grain",
    "annotated/coco/images/000000116740.jpg": "reflections in a window",
    "annotated/multi_2label/images/shapes.jpg": "no photograph",
    "odd/grey_couple_500x351.png": "enlarged still, soft",
    "odd/cmyk_flower_510x532.jpg": "enlarged, soft",
    "odd/near_uniform_paper.jpg": "scan of an old print, soft",
    "odd/ir_nightcam_3264x2448.jpg": "infra-red by night",
    "odd/static_boats_1024x682.webp": "sharpened to a crunch",
}


def shaken(image, length, angle, bend):
    """Moved along a bent line while the shutter was open."""
    size = 2 * length + 9
    kernel = np.zeros((size, size), np.float32)
    for u in np.linspace(-length / 2, length / 2, 8 * size):
        across = size // 2 + u * np.cos(angle) - bend * u * u / length * np.sin(angle)
        down = size // 2 + u * np.sin(angle) + bend * u * u / length * np.cos(angle)
        kernel[round(down) % size, round(across) % size] += 1
    return encoded(cv2.filter2D(linear(image), -1, kernel / kernel.sum()))


def linear(image):
    """Light of an 8-bit picture."""
    return (image / np.float32(255)) ** np.float32(2.2)


def encoded(light):
    """The 8-bit picture of some light."""
    return np.round(255 * np.clip(light, 0, 1) ** (1 / 2.2)).astype(np.uint8)


def smoothed(image, spread):
    """Three passes of a filter that keeps edges."""
    for _ in range(3):
        image = cv2.bilateralFilter(image, 9, spread, 5)
    return image


def grainy(image, sigma):
    """Noise of a fixed draw."""
    noise = np.random.default_rng(7).normal(0, sigma, image.shape)
    return np.clip(np.round(image + noise), 0, 255).astype(np.uint8)


def pressed(image, quality):
    """Through JPEG."""
    _, data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1]


def flaws(image, number):
    """Name to picture, mildest first."""
    draw = np.random.default_rng(number)
    way, bend = draw.uniform(0, np.pi), draw.choice([0, 0.5])
    for length in (6, 10, 20):
        yield f"shaken by {length} px", shaken(image, length, way, bend)
    for sigma in (1, 2, 4):
        yield f"out of focus, {sigma} px", cv2.GaussianBlur(image, (0, 0), sigma)
    for spread in (30, 60):
        yield f"smoothed, {spread} levels", smoothed(image, spread)
    for stops in (1, 1.5, 2):
        yield f"overexposed by {stops}", encoded(linear(image) * 2**stops)
    for left in (0.8, 0.6, 0.4):
        yield f"fog, {left:.0%} left", encoded(linear(image) * left + 0.8 * (1 - left))
    for sigma in (6, 12):
        yield f"noise of {sigma}", grainy(image, sigma)
    for quality in (40, 20):
        yield f"JPEG {quality}", np.ascontiguousarray(pressed(image, quality))


def load(path):
    """RGB, the long side at most 768 pixels."""
    image = decode(path.read_bytes(), IngestConfig()).image
    scale = min(1, LONG_SIDE / max(image.shape))
    size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
    return np.ascontiguousarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))


def main():
    """Screen, count, report."""
    cv2.setNumThreads(1)
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--half", type=int, choices=(0, 1), default=1)
    parser.add_argument("--every", type=int, default=1, help="use every n-th photograph")
    asked = parser.parse_args()
    data, config = Path(os.environ["IQA_SPIDER_TEST_DATA"]), ScreenConfig()
    files = [f for pattern in GOOD for f in sorted(data.glob(pattern))]
    good = [f for f in files if str(f.relative_to(data)) not in FLAWED][asked.half :: 2]
    said, spent = defaultdict(list), []
    for number, file in enumerate(good[:: asked.every]):
        image = load(file)
        start = time.process_time()
        scores = screen(image)
        spent.append(time.process_time() - start)
        said["as they are"].append((verdict(scores, config), well_inside(scores)))
        if said["as they are"][-1][0]:
            print(f"refused: {file.name}: {' '.join(said['as they are'][-1][0])}")
        for name, made in flaws(image, number):
            scores = screen(made)
            said[name].append((verdict(scores, config), well_inside(scores)))
    print(f"half {asked.half}: {len(said['as they are'])} photographs, screened in")
    print(f"{1000 * float(np.median(spent)):.0f} ms each   | refused | vouched for | reasons")
    for name, found in said.items():
        reasons = sorted({bad[0] for bad, _ in found if bad})
        refused, vouched = (np.mean([bool(one[k]) for one in found]) for k in (0, 1))
        print(f"{name:<22}| {refused:>6.0%}  | {vouched:>6.0%}      | {', '.join(reasons)}")
    for name, flaw in FLAWED.items():
        scores = screen(load(data / name))
        bad = verdict(scores, config)
        answer = " ".join(bad) if bad else "vouched for" if well_inside(scores) else "passes"
        print(f"{Path(name).name[:40]:<41}{flaw:<28}{answer}")


if __name__ == "__main__":
    main()
