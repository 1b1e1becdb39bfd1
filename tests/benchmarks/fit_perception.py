"""Fits the constants of ``distortions.perception.measures.Fit`` and prints how good they are.

    IQA_SPIDER_TEST_DATA=... python -m tests.benchmarks.fit_perception

Every type and level of ``kadid.py`` is made on the shared pristine photographs, measured, and
the mean predicted opinion of a cell is fitted to the mean DMOS of KADID-10k's 81 pictures (least
squares over cells). Quality is of cells whose type was left out of the fit.
"""

import argparse
import csv
import os
import sys
import warnings
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
from scipy.optimize import least_squares
from scipy.stats import spearmanr

from distortions.perception import Damage, Planes, compare
from distortions.perception.measures import FIT, UNTOUCHED, Fit, score
from tests.benchmarks.kadid import FAMILY, LEVELS, degrade

LONG_SIDE = 512
CLEAR = 0.5


def main():
    """Measure, fit, report."""
    argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0]).parse_args()
    warnings.filterwarnings("ignore", message="Conversion from CIE-LAB")
    data = Path(os.environ["IQA_SPIDER_TEST_DATA"])
    opinions = cell_opinions(data / "iqa_meta" / "kadid10k_meta_info_pyiqa.csv")
    measured = measure_cells(photographs(data))
    cells = sorted(measured)
    target = np.array([opinions[cell] for cell in cells])
    kinds = np.array([kind for kind, _ in cells])
    held_out = leave_one_type_out(measured, cells, target, kinds)
    fit = fitted([measured[cell] for cell in cells], target)
    whole = np.array([predicted(measured[cell], fit) for cell in cells])
    shipped = np.array([predicted(measured[cell], FIT) for cell in cells])
    for name, values in (("left out", held_out), ("fitted", whole), ("shipped", shipped)):
        print(report(name, values, target, kinds))
    for name in ("gmsd", "haarpsi"):
        sign = -1 if name == "gmsd" else 1
        alone = np.array([sign * np.mean([getattr(m, name) for m in measured[c]]) for c in cells])
        print(report(f"{name} alone", alone, target, kinds, scaled=False))
    print("type  family: opinions | left out")
    for kind in LEVELS:
        chosen = kinds == kind
        print(f"{kind:>4}  {FAMILY[kind]}: {target[chosen].round(2)} | {held_out[chosen].round(2)}")
    print(fit)


def photographs(data):
    """Pristine pictures: the Kodak suite and two of KADID's and KADIS's own references."""
    names = [*sorted((data / "photos" / "kodak").glob("*.png"))]
    names += [data / "photos" / "kadid" / "I01.png"]
    names += [data / "photos" / "kadid" / "kadis_a-motorcycle-381361.png"]
    for name in names:
        image = cv2.cvtColor(cv2.imread(str(name)), cv2.COLOR_BGR2RGB)
        height, width = image.shape[:2]
        scale = LONG_SIDE / max(height, width)
        size = (round(width * scale), round(height * scale))
        yield np.ascontiguousarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))


def cell_opinions(table):
    """Mean DMOS of every (type, level)."""
    found = defaultdict(list)
    with table.open() as file:
        for row in csv.DictReader(file):
            _, kind, level = row["dist_name"].removesuffix(".png").split("_")
            found[int(kind), int(level)].append(float(row["dmos"]))
    return {cell: float(np.mean(values)) for cell, values in found.items()}


def measure_cells(images):
    """``Damage`` of every cell on every picture."""
    measured = defaultdict(list)
    for index, image in enumerate(images):
        reference = Planes.of(image)
        for kind, levels in LEVELS.items():
            for level in range(1, len(levels) + 1):
                changed = Planes.of(degrade(image, kind, level, index))
                measured[kind, level].append(compare(reference, changed))
        print(f"picture {index + 1} measured", file=sys.stderr)
    return measured


def predicted(damages: list[Damage], fit):
    """Mean opinion over the pictures of a cell."""
    return np.mean([UNTOUCHED - score(damage, fit) for damage in damages])


def fitted(cells, target):
    """Constants of least squared error over cells; none may be negative."""

    def errors(constants):
        fit = Fit(*np.abs(constants))
        return [predicted(cell, fit) - value for cell, value in zip(cells, target, strict=True)]

    return Fit(*np.abs(least_squares(errors, FIT, x_scale=np.array(FIT)).x).round(4).tolist())


def leave_one_type_out(measured, cells, target, kinds):
    """Every cell predicted by constants fitted without its type."""
    out = np.empty(len(cells))
    for kind in np.unique(kinds):
        rest = np.flatnonzero(kinds != kind)
        fit = fitted([measured[cells[i]] for i in rest], target[rest])
        for i in np.flatnonzero(kinds == kind):
            out[i] = predicted(measured[cells[i]], fit)
    return out


def report(name, values, target, kinds, *, scaled=True):
    """One line: rank correlation, clear pairs across families in right order, error."""
    families = np.array([FAMILY[kind] for kind in kinds])
    i, j = np.triu_indices(len(values), 1)
    clear = (families[i] != families[j]) & (np.abs(target[i] - target[j]) >= CLEAR)
    right = ((values[i] - values[j]) * (target[i] - target[j]) > 0)[clear]
    line = f"{name:<14} SRCC {spearmanr(values, target)[0]:.4f}  pairs right {right.mean():.2%}"
    line += f" of {clear.sum()}"
    return line + (f"  RMSE {np.sqrt(np.mean((values - target) ** 2)):.3f}" if scaled else "")


if __name__ == "__main__":
    main()
