"""Thresholds of ``distortions.perception.visible`` against the referee; prints a table.

    IQA_SPIDER_TEST_DATA=... python -m tests.benchmarks.visibility [--pairs N] [--seed S]

Half of the pairs are a region with one step and without, half a chain of two with and without
one of its steps, in the families where steps wipe each other out. Regions are ellipses of 30 to
180 pixels on photographs of many cameras at 640 pixels.
"""

import argparse
import os
from pathlib import Path

import cv2
import numpy as np

from distortions import types_of
from distortions.chain import Link
from distortions.families import BUILT_IN
from distortions.perception import perceived, visible
from distortions.perception.words import SEEN_DELTA_E, SEEN_STRUCTURE
from distortions.region import composite, degrade_region
from schemas.streams import Stream
from tests.benchmarks.referee import judge

LONG_SIDE = 640
MARGIN = 24
CHAINS = (
    ("pixelate", "noise"),
    ("blur", "noise"),
    ("noise", "contrast_weaken"),
    ("noise", "blur"),
    ("compression", "blur"),
    ("saturate_weaken", "noise"),
    ("noise", "pixelate"),
    ("compression", "noise"),
    ("blur", "compression"),
)
FACTORS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0)


def main():
    """Draw, judge, report."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--pairs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=2)
    asked = parser.parse_args()
    count, seed = asked.pairs, asked.seed
    cv2.setNumThreads(1)
    files = pictures(Path(os.environ["IQA_SPIDER_TEST_DATA"]) / "photos")
    cases = [case(files, Stream(seed, index), index) for index in range(count)]
    seen = np.array([verdict.seen for verdict, _ in cases])
    print(f"{count} pairs of pictures, the referee sees {seen.mean():.1%}")
    print("x threshold   passed, seen by referee   seen, passed   unseen, refused")
    for factor in FACTORS:
        limits = {"delta_e": factor * SEEN_DELTA_E, "structure": factor * SEEN_STRUCTURE}
        passed = np.array([visible(damage, **limits) for _, damage in cases])
        print(
            f"{factor:>11.2f}   {seen[passed].mean():>23.2%}   {passed[seen].mean():>12.2%}"
            f"   {(~passed)[~seen].mean():>15.2%}"
        )


def pictures(folder):
    """Photographs of the shared set that were not made bad on purpose."""
    return sorted([*folder.glob("kodak/*.png"), *folder.glob("koniq/*.jpg"), *folder.glob("*.*g")])


def load(path):
    """RGB, the long side at most 640 pixels."""
    image = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    height, width = image.shape[:2]
    scale = min(1.0, LONG_SIDE / max(height, width))
    size = (round(width * scale), round(height * scale))
    return np.ascontiguousarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))


def case(files, stream, index):
    """The referee's verdict and our measures on one drawn pair."""
    image = load(stream.choice(files))
    mask = ellipse(*image.shape[:2], stream)
    without, with_it = steps(stream, index)
    pair = [composite(image, [degrade_region(image, mask, chain)]) for chain in (without, with_it)]
    rows, columns = np.nonzero(mask.any(1))[0], np.nonzero(mask.any(0))[0]
    x, y = max(columns[0] - MARGIN, 0), max(rows[0] - MARGIN, 0)
    part = np.s_[y : rows[-1] + MARGIN + 1, x : columns[-1] + MARGIN + 1]
    crops = [np.ascontiguousarray(picture[part]) for picture in pair]
    inside = np.ascontiguousarray(mask[part])
    return judge(*crops, inside), perceived(*crops, inside, origin=(int(x), int(y)))


def steps(stream, index):
    """Chains without and with the step that is asked about."""
    if index % 2 == 0:
        family = stream.choice([family.name for family in BUILT_IN])
        link = Link(stream.choice(types_of(family)), stream.choice([1, 1, 2, 2, 3, 4, 5]), index)
        return [], [link]
    links = [
        Link(stream.choice(types_of(name)), 1 + stream.below(5), index * 2 + place)
        for place, name in enumerate(stream.choice(CHAINS))
    ]
    return [links[index // 2 % 2]], links


def ellipse(height, width, stream):
    """A drawn ellipse, half axes 15 to 90 pixels."""
    mask = np.zeros((height, width), np.uint8)
    axes = (15 + stream.below(76), 15 + stream.below(76))
    centre = (int(width * stream.uniform(0.2, 0.8)), int(height * stream.uniform(0.2, 0.8)))
    cv2.ellipse(mask, centre, axes, stream.below(180), 0, 360, 1, -1)
    return mask.astype(np.bool_)


if __name__ == "__main__":
    main()
