"""Q-Ground-Test: five flaws found in photographs by pixel; mIoU over the flaws in both readings.

``miou`` sums intersections and unions of a class over all pictures and then takes the mean over the
classes, as toolboxes of semantic segmentation do. ``miou_by_picture`` takes the mean over the
classes that a picture has, in truth or prediction, and then the mean over pictures; a picture that
has none on either side is right. The paper's own way is not published, so that both are told.
``macc`` is the mean over the classes of the share of a class's pixels that were found. Background
is no class, ignored pixels count for nothing, and a class the truth never has is left out.

Source: metrics specification, section 4.3; figures of others are quoted in the IQA-Spider paper.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from flows.evaluation.benchmarks.qground_files import (
    Entry,
    read_entries,
    read_said,
    said_of,
)
from flows.evaluation.benchmarks.qground_table import read_table
from flows.evaluation.intervals import Estimate, Settings, mean, resampled
from flows.evaluation.markdown import number, table
from schemas.arrays import Mask

Counts = npt.NDArray[np.int64]
"""Pixels by class: ``(3, classes)``: shared, of either, of the truth."""


class Counted(NamedTuple):
    """Everything that was compared.

    Args:
        names: Classes.
        pictures: The picture of each record.
        systems: System to its counts, ``(records, 3, classes)``.
        missing: Records without a prediction.
    """

    names: tuple[str, ...]
    pictures: tuple[str, ...]
    systems: Mapping[str, Counts]
    missing: int


def count(path: Path, said_path: Path, classes: Path) -> Counted:
    """Read and compare everything, a record at a time.

    Args:
        path: Records with their true masks.
        said_path: Predictions.
        classes: The table of classes.

    Raises:
        ConfigError: Something cannot be used; names file and record.
    """
    meaning = read_table(classes)
    said = read_said(said_path, meaning)
    pictures, found, missing = [], dict[str, list[Counts]](), 0
    for entry in read_entries(path, meaning):
        given = said_of(entry, said, said_path.parent, meaning)
        missing += given is None
        pictures.append(entry.picture)
        whole = np.ones(entry.truth.ignored.shape, np.bool_)
        each = {"predictions": given or {}, "nothing": {}}
        each |= {f"all {name}": {place: whole} for place, name in enumerate(meaning.names)}
        for name, masks in each.items():
            found.setdefault(name, []).append(_compared(entry, masks, len(meaning.names)))
    systems = {name: np.stack(rows) for name, rows in found.items()}
    return Counted(meaning.names, tuple(pictures), systems, missing)


def _compared(entry: Entry, said: Mapping[int, Mask], classes: int) -> Counts:
    counts = np.zeros((3, classes), np.int64)
    care, nothing = ~entry.truth.ignored, np.zeros((1, 1), np.bool_)
    for place in range(classes):
        one = said.get(place, nothing) & care
        other = entry.truth.classes.get(place, nothing) & care
        pair = ((one & other).sum(), (one | other).sum(), other.sum())
        counts[:, place] = [int(pixels) for pixels in pair]
    return counts


def evaluate(counted: Counted, settings: Settings) -> dict[str, Any]:
    """All measures of a model and of what needs none: nothing, and one flaw everywhere.

    Of the latter the one with the highest ``miou`` is told.
    """
    systems = {
        name: measures(counts, counted, settings) for name, counts in counted.systems.items()
    }
    everywhere = [name for name in systems if name.startswith("all ")]
    best = max(everywhere, key=lambda name: systems[name]["miou"].value or 0.0)
    kept = {name: systems[name] for name in ("predictions", "nothing", best)}
    return {
        "records": len(counted.pictures),
        "pictures": len(set(counted.pictures)),
        "missing": counted.missing,
        "systems": kept,
    }


def measures(counts: Counts, counted: Counted, settings: Settings) -> dict[str, Estimate]:
    """The measures of one system; a record without a prediction found nothing."""

    def over(top: int, bottom: int, rows: npt.NDArray[np.int64]) -> Counts | Any:
        sums = counts[rows].sum(0)
        there = sums[2] > 0
        return sums[top, there] / sums[bottom, there]

    def miou(rows: npt.NDArray[np.int64]) -> float | None:
        shares = over(0, 1, rows)
        return float(shares.mean()) if len(shares) else None

    def macc(rows: npt.NDArray[np.int64]) -> float | None:
        shares = over(0, 2, rows)
        return float(shares.mean()) if len(shares) else None

    pictures = counted.pictures
    table = {
        "miou": resampled(miou, pictures, settings),
        "miou_by_picture": mean([_of_picture(row) for row in counts], pictures, settings),
        "macc": resampled(macc, pictures, settings),
    }
    for place, name in enumerate(counted.names):
        shared, union, true = counts[:, :, place].sum(0).tolist()
        table[f"iou: {name}"] = Estimate(shared / union if true else None, n=len(counts))
    return table


def _of_picture(counts: Counts) -> float:
    there = counts[1] > 0
    return float((counts[0, there] / counts[1, there]).mean()) if there.any() else 1.0


def section(part: Mapping[str, Any]) -> list[str]:
    """Its part of the report."""
    systems: Mapping[str, Mapping[str, Any]] = part["systems"]
    names: Sequence[str] = list(next(iter(systems.values())))
    rows = [
        [metric, *(number(one[metric], name == "predictions") for name, one in systems.items())]
        for metric in names
    ]
    said = (
        f"{part['records']} records of {part['pictures']} pictures, {part['missing']} without a "
        "prediction. `miou` sums pixels over all pictures before it divides, `miou_by_picture` "
        "divides in each picture; background is no class."
    )
    return ["## Q-Ground-Test", "", said, "", *table(["", *systems], rows)]
