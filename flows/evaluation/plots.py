"""Figures of an evaluation, by matplotlib; the same report gives the same bytes."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from flows.evaluation.intervals import Estimate
from flows.evaluation.judges.offline import SCALES
from flows.evaluation.report import GROUNDING_HEADS
from flows.store.layout import storage_errors
from flows.training.extras import need, quiet

SIZE = (7.0, 4.0)
DPI = 120


def check() -> None:
    """Fail before anything is computed where matplotlib is missing.

    Raises:
        ConfigError: It is; ``--no-plots`` does without.
    """
    need("matplotlib.figure", "a plot (or use --no-plots)")


def draw(report: Mapping[str, Any], rows: Mapping[str, Mapping[str, Any]], folder: Path) -> None:
    """Write every figure the report has numbers for.

    Args:
        report: As ``run.evaluate`` makes it.
        rows: Row id to the scores of the model.
        folder: Where the PNG files go.
    """
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    systems = report.get("benchmark", {}).get("systems", {})
    model: Mapping[str, Any] = next(iter(systems.values()), {})
    if model.get("grounding"):
        _bars(folder / "grounding.png", "gIoU", _giou(systems))
    if model.get("referring"):
        families = model["referring"]["all"]["families"]
        values = {name: Estimate(entry["f1"]) for name, entry in families.items()}
        _bars(folder / "families.png", "F1 of referring by family", {"F1": values})
    for name, group, title in (
        ("iou", "sub_task", "IoU of grounding rows"),
        ("offline", "task", "Scores of the offline judge, share of the scale"),
        ("judge", "task", "Scores of the judge, share of the scale"),
    ):
        shares = _shares(rows.values(), name, group)
        if shares:
            _histogram(folder / f"{name}.png", title, shares)
    if "qbench" in report:
        _bars(folder / "qbench.png", "Q-Bench A1 accuracy", _by_key(report["qbench"]["groups"]))


def _giou(systems: Mapping[str, Any]) -> dict[str, dict[str, Estimate]]:
    """System to sub-task to gIoU, systems without masks left out."""
    found = {
        name: {GROUNDING_HEADS[group]: metrics["giou"] for group, metrics in s["grounding"].items()}
        for name, s in systems.items()
    }
    return {n: v for n, v in found.items() if any(e.value is not None for e in v.values())}


def _by_key(groups: Mapping[str, Mapping[str, Estimate]]) -> dict[str, dict[str, Estimate]]:
    return {
        key: {name: group[key] for name, group in groups.items()}
        for key in ("strict", "official", "random")
    }


def _bars(path: Path, title: str, series: Mapping[str, Mapping[str, Estimate]]) -> None:
    """Groups of bars from 0 to 1 with their intervals."""
    if not series:
        return
    figure, axes = _axes(title)
    labels = list(next(iter(series.values())))
    width = 0.8 / len(series)
    for index, (name, values) in enumerate(series.items()):
        places = [spot + index * width for spot in range(len(labels))]
        heights = [values[label].value or 0.0 for label in labels]
        axes.bar(places, heights, width, label=name, yerr=_errors(list(values.values())))
    axes.set_xticks([spot + 0.4 - width / 2 for spot in range(len(labels))])
    axes.set_xticklabels(labels, rotation=30, ha="right")
    axes.set_ylim(0, 1.05)
    if len(series) > 1:
        figure.legend(loc="outside right upper")
    _save(figure, path)


def _errors(values: Sequence[Estimate]) -> list[list[float]] | None:
    if any(e.value is None or e.low is None or e.high is None for e in values):
        return None
    below = [max(0.0, (e.value or 0.0) - (e.low or 0.0)) for e in values]
    return [below, [max(0.0, (e.high or 0.0) - (e.value or 0.0)) for e in values]]


def _shares(rows: Iterable[Mapping[str, Any]], name: str, group: str) -> dict[str, list[float]]:
    """Group to the scores of its rows, each from 0 to 1."""
    found: dict[str, list[float]] = {}
    for row in rows:
        if row.get(name) is not None:
            scale = 1.0 if name == "iou" else SCALES.get(row["task"], 10.0)
            found.setdefault(row[group], []).append(row[name] / scale)
    return dict(sorted(found.items()))


def _histogram(path: Path, title: str, values: Mapping[str, list[float]]) -> None:
    figure, axes = _axes(title)
    axes.hist(list(values.values()), bins=20, range=(0, 1), stacked=True, label=list(values))
    axes.set_ylabel("rows")
    figure.legend(loc="outside right upper")
    _save(figure, path)


def _axes(title: str) -> tuple[Any, Any]:
    # no pyplot: it keeps state and picks a window system
    figure = need("matplotlib.figure", "a plot").Figure(figsize=SIZE, layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title)
    return figure, axes


def _save(figure: Any, path: Path) -> None:
    with storage_errors(path), quiet():
        # the version of the library is no part of the result
        figure.savefig(path, dpi=DPI, metadata={"Software": None})
