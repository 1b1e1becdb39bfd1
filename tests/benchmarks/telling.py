"""Whether families can be told blindly: a small classifier on pictures it never saw.

    IQA_SPIDER_TEST_DATA=... python -m tests.benchmarks.telling [--crops N] [--out FILE]

Crops of 192 pixels of the shared photographs, each under one type at level 3 or 4, without a
reference: spectra, statistics of tone, colour, gradients, rows and blocks. A forest learns on the
crops of two thirds of the photographs; printed is what it says of the rest, by family. The matrix
goes to a CSV file.
"""

import argparse
import os
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
from sklearn.ensemble import ExtraTreesClassifier

from distortions import DISTORTIONS, FAMILIES
from distortions.families import BUILT_IN
from distortions.profiles.selection import drawable
from schemas.settings.config import RunConfig
from schemas.streams import Stream, derive_key
from tests.benchmarks.truth import pictures

SIDE = 192
BINS = 12


def main():
    """Degrade, learn, tell."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--pictures", type=int, default=27)
    parser.add_argument("--crops", type=int, default=4, help="of a picture under a family")
    parser.add_argument("--out", type=Path, help="CSV of the confusion matrix")
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    config = RunConfig.parse({"ingest": {"max_long_side": 640}})
    root = Path(os.environ["IQA_SPIDER_TEST_DATA"]) / "photos"
    images = [one.image for one in pictures(root, config, asked.pictures)]
    rows = list(examples(images, asked.crops))
    place, family = np.array([r[0] for r in rows]), np.array([r[1] for r in rows])
    values = np.array([r[2] for r in rows])
    held = place % 3 == 2
    forest = ExtraTreesClassifier(600, min_samples_leaf=2, random_state=0, n_jobs=1)
    forest.fit(values[~held], family[~held])
    report(family[held], forest.predict(values[held]), asked.out)


def examples(images, crops):
    """Picture, family and features of degraded crops."""
    names = sorted(drawable(["all"]))
    types = {}
    for entry in (DISTORTIONS[name] for name in names if DISTORTIONS[name].installed):
        types.setdefault(entry.family, []).append(entry)
    for number, image in enumerate(images):
        for family, own in types.items():
            for crop in range(crops):
                stream = Stream("telling", number, family, crop)
                x = stream.below(max(1, image.shape[1] - SIDE))
                y = stream.below(max(1, image.shape[0] - SIDE))
                entry, severity = stream.choice(own), 3 + stream.below(2)
                part = np.ascontiguousarray(image[y : y + SIDE, x : x + SIDE])
                seed = derive_key("telling", number, crop) % 2**31
                # What lies over whole pictures is laid over one, and looked at through the crop.
                if entry.scope == "picture":
                    part = entry(image, severity, seed=seed)[y : y + SIDE, x : x + SIDE]
                else:
                    part = entry(part, severity, seed=seed)
                yield number, family, features(part)


def features(image):
    """What can be measured of one picture without another, about a hundred numbers."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB).astype(np.float32)
    found = []
    for plane in (lab[..., 0], lab[..., 1], lab[..., 2]):
        found += [plane.mean(), plane.std(), *np.percentile(plane, (1, 10, 50, 90, 99))]
        found += profile(plane) + spectrum(plane)
    found += [np.corrcoef(lab[..., 1].ravel(), lab[..., 2].ravel() + 1e-3 * grey.ravel())[0, 1]]
    smooth = cv2.GaussianBlur(grey, (0, 0), 1.5)
    rest = grey - smooth
    found += [rest.std(), np.abs(rest).mean() / (rest.std() + 0.1), (rest**4).mean() ** 0.25]
    found += [np.mean(np.abs(np.diff(grey, axis=axis)) < 0.5) for axis in (0, 1)]
    found += [np.mean(np.all(np.diff(image.astype(int), axis=1) == 0, axis=2))]
    found += [len(np.unique(image.reshape(-1, 3), axis=0)) / grey.size, len(np.unique(grey))]
    found += [step(grey, period) for period in (2, 3, 8, 16)]
    return np.nan_to_num(np.array(found, np.float32))


def profile(plane):
    """How restless rows and columns are, beside pixels."""
    rows, columns = np.diff(plane.mean(1)).std(), np.diff(plane.mean(0)).std()
    down, across = np.diff(plane, axis=0), np.diff(plane, axis=1)
    odd = np.abs(plane[2:] - plane[:-2]).mean() / (np.abs(down).mean() + 0.1)
    return [rows, columns, np.abs(down).mean(), np.abs(across).mean(), odd]


def spectrum(plane):
    """Log energy by frequency, over rings."""
    energy = np.abs(np.fft.fftshift(np.fft.fft2(plane - plane.mean()))) ** 2
    y, x = np.indices(energy.shape)
    radius = np.hypot(y - energy.shape[0] // 2, x - energy.shape[1] // 2)
    ring = np.minimum((radius * BINS / (min(energy.shape) / 2)).astype(int), BINS)
    sums = np.bincount(ring.ravel(), energy.ravel(), BINS + 1)
    return list(np.log(sums / np.bincount(ring.ravel(), minlength=BINS + 1) + 1))


def step(grey, period):
    """Steps at the border of blocks beside those within."""
    jumps = np.abs(np.diff(grey, axis=1)).mean(0)
    by_phase = [jumps[phase::period].mean() for phase in range(period)]
    return max(by_phase) / (np.mean(by_phase) + 0.1)


def report(truth, said, out):
    """Recall and the commonest mistake of each family, new ones against old ones."""
    names = [name for name in FAMILIES if name in set(truth)]
    print(f"{len(truth)} crops of pictures held back, {len(names)} families")
    print(f"right: {np.mean(truth == said):.1%}, by chance {1 / len(names):.1%}")
    published = {family.name for family in BUILT_IN}
    old = np.array([name in published for name in truth])
    told = np.array([name in published for name in said])
    commoner = max(np.mean(old), 1 - np.mean(old))
    print(f"new told from old: {np.mean(old == told):.1%}, always the commoner {commoner:.1%}")
    for name in names:
        answers = Counter(said[truth == name])
        number = sum(answers.values())
        wrong = [
            f"{other} {n / number:.0%}" for other, n in answers.most_common(4) if other != name
        ]
        mark = "new" if name not in published else ""
        print(f"{name:<22} {mark:<4} {answers[name] / number:5.0%}   {', '.join(wrong[:3])}")
    if out:
        lines = [",".join(["", *names])]
        for name in names:
            answers = Counter(said[truth == name])
            lines.append(",".join([name, *(str(answers[other]) for other in names)]))
        out.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
