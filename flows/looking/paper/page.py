"""The page: folders are told apart by what they hold, tables made of them, one file written."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from flows.dataset.statistics.stats import Stats, collect
from flows.evaluation.ablation.ablate import RESULTS as ABLATION
from flows.evaluation.evaluate import JSON as SCORES
from flows.looking.gallery.figures import Bars, figures
from flows.looking.gallery.page import environment
from flows.looking.paper import tables
from flows.looking.paper.tables import Table
from flows.looking.study.folder import STUDY
from flows.looking.study.report import REPORT
from flows.store.layout import MANIFEST, read_manifest, write_text
from schemas.errors import ConfigError

TEMPLATE = "paper.html.j2"
_MISSING = (
    (7, "tables 7, 8, 10 to 18 and figures", "a dataset: iqa-spider build"),
    (1, "tables 1 and 3", "scores of a dataset's rows: iqa-spider evaluate DATASET"),
    (2, "table 2", "scores of Q-Bench: iqa-spider evaluate --qbench"),
    (4, "table 4", "an ablation: iqa-spider ablate"),
    (6, "table 6", "scores of pictures with opinions: iqa-spider evaluate --scores"),
    (9, "table 9", "a study with a judge: iqa-spider study report STUDY --judge SCORES"),
)


class Parts(NamedTuple):
    """What was given.

    Args:
        datasets: Folders that ``build`` or ``merge`` made.
        scores: Name to what ``evaluate`` wrote.
        ablations: Name to what ``ablate`` wrote.
        studies: Name to what ``study report`` wrote.
    """

    datasets: list[Path]
    scores: dict[str, Any]
    ablations: dict[str, Any]
    studies: dict[str, Any]


class Part(NamedTuple):
    """A heading with its tables and charts."""

    title: str
    tables: list[Table]
    charts: list[Bars]


def read_parts(folders: Sequence[Path]) -> Parts:
    """Read folders of any of the four kinds.

    Raises:
        ConfigError: A folder that is none of them, or a study without a report.
    """
    parts = Parts([], {}, {}, {})
    for folder in folders:
        name = _name(folder, parts)
        if (folder / ABLATION).is_file():
            parts.ablations[name] = _json(folder / ABLATION)
        elif (folder / SCORES).is_file():
            parts.scores[name] = _json(folder / SCORES)
        elif (folder / REPORT).is_file():
            parts.studies[name] = _json(folder / REPORT)
        elif (folder / STUDY).is_file():
            raise ConfigError(
                f"{folder}: a study without a report; iqa-spider study report {folder}"
            )
        elif (folder / MANIFEST).is_file():
            parts.datasets.append(folder)
        else:
            raise ConfigError(
                f"{folder}: holds no dataset ({MANIFEST}), scores ({SCORES}), ablation "
                f"({ABLATION}) or reported study ({REPORT})"
            )
    return parts


def _name(folder: Path, parts: Parts) -> str:
    """What rows call it: its own name, and its parent's where that is taken."""
    name = folder.resolve().name
    taken = {*parts.scores, *parts.ablations, *parts.studies}
    return f"{folder.resolve().parent.name}/{name}" if name in taken else name


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        raise ConfigError(f"{path}: cannot be read as JSON") from None


def write_page(folders: Sequence[Path], out: Path, note: str = "") -> list[str]:
    """Write the page; returns what is not on it, and what would make it.

    Args:
        folders: In any order.
        out: HTML file.
        note: Stands at every table: what a reader must know of all of them.

    Raises:
        ConfigError: See ``read_parts``.
    """
    parts = read_parts(folders)
    made = [_of_dataset(folder) for folder in parts.datasets]
    scored = [tables.benchmark, tables.q_bench, tables.grounding, tables.q_ground]
    scored.append(tables.opinions)
    found = [one for make in scored if (one := make(parts.scores))]
    found += [one for rows in parts.ablations.values() if (one := tables.ablation(rows))]
    if judged := tables.judge(parts.studies, parts.scores):
        found.append(judged)
    if verified := tables.verified(parts.studies):
        found.append(verified)
    if found:
        made.append(Part("Models and people", sorted(found, key=_place), []))
    there = {_place(table) for part in made for table in part.tables}
    missing = [f"{what}; give {give}" for number, what, give in _MISSING if number not in there]
    page = environment("flows.looking.paper").get_template(TEMPLATE)
    write_text(out, page.render(parts=made, missing=missing, note=note))
    return missing


def _place(table: Table) -> int:
    """Tables in the paper's order, those without a number last."""
    number = table.title.removeprefix("Table ").partition(":")[0]
    return int(number) if number.isdigit() else 100


def _of_dataset(folder: Path) -> Part:
    stats: Stats = collect(folder)
    profile = read_manifest(folder).get("config", {}).get("plan", {}).get("order_profile", "")
    made = [tables.sizes(stats), tables.orders(profile or "restored"), tables.wordings(folder)]
    title = f"The dataset {folder.resolve().name}: {stats.pictures} photographs"
    return Part(title, [table for table in made if table], figures(folder))
