"""Every table of the paper from what commands have written."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from distortions.order import PROFILES
from flows.dataset.statistics.published import SUB_TASKS, beside
from flows.dataset.statistics.stats import Stats
from flows.dataset.statistics.wordings import worded
from flows.evaluation import report
from flows.evaluation.grounding import AVERAGE
from flows.evaluation.intervals import Estimate
from flows.evaluation.markdown import ABSENT, number
from flows.looking.paper import known

UNKNOWN = "The paper's numbers of this table are not known to this project."
Scores = Mapping[str, Mapping[str, Any]]
"""Name of an evaluation to its ``results.json``."""


class Table(NamedTuple):
    """A table of the page.

    Args:
        title: With the paper's number.
        command: What made it.
        heads: Of the columns; those that begin with ``paper`` are the published ones.
        rows: Texts.
        note: What must be known to read it.
    """

    title: str
    command: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""


def benchmark(scores: Scores) -> Table | None:
    """Table 1: every task of the dataset's own benchmark."""
    heads = ["", *(head for head, _ in report.PAPER)]
    rows = [
        [name, *(_number(report.cell(system, path)) for _, path in report.PAPER)]
        for name, system in _systems(scores)
    ]
    command = "iqa-spider evaluate DATASET --model MODEL --segmenter SAM --out SCORES"
    return _table("Table 1: all tasks", command, heads, rows, UNKNOWN)


def q_bench(scores: Scores) -> Table | None:
    """Table 2: accuracy by type and concern."""
    rows = [
        [f"{name}: {group}", *(_number(part[key]) for key in ("strict", "official", "random"))]
        for name, results in scores.items()
        for group, part in results.get("qbench", {}).get("groups", {}).items()
    ]
    if rows:
        rows.append(["paper: random guess", "", "", f"{known.RANDOM_GUESS:.3f}"])
    command = "iqa-spider evaluate --model MODEL --qbench FILE --images DIR --out SCORES"
    note = "Of the paper's numbers only that of random guesses is known to this project."
    return _table("Table 2: Q-Bench A1", command, ["", "strict", "official", "random"], rows, note)


def grounding(scores: Scores) -> Table | None:
    """Table 3: masks by sub-task."""
    heads = ["", *report.GROUNDING_HEADS.values(), "cIoU", "Acc@0.5", "points inside"]
    rows = []
    for name, system in _systems(scores):
        part = system.get("grounding", {})
        own = [part.get(key, {}).get("giou") for key in report.GROUNDING_HEADS]
        average = part.get(AVERAGE, {})
        own += [average.get(key) for key in ("ciou", "acc@0.5", "pointing")]
        rows.append([name, *map(_number, own)])
    command = "iqa-spider evaluate DATASET --model MODEL --segmenter SAM --out SCORES"
    return _table("Table 3: pixel grounding (gIoU)", command, heads, rows, UNKNOWN)


def ablation(found: Mapping[str, Any]) -> Table | None:
    """Table 4: what each part of a mixture is worth."""
    rows = found.get("rows", {})
    columns = list(dict.fromkeys(head for row in rows.values() for head in row["scores"]))
    sources = list(dict.fromkeys(source for row in rows.values() for source in row["sources"]))
    lines = [
        [
            name,
            *(str(row["sources"].get(source, "")) for source in sources),
            *(_number(row["scores"].get(head)) for head in columns),
        ]
        for name, row in rows.items()
    ]
    heads = ["", *(f"rows of {source}" for source in sources), *columns]
    command = "iqa-spider ablate MIX ... --data DATASET --config sft.toml --out ABLATION"
    note = f"{UNKNOWN} Nor is known which mixtures its rows are."
    return _table("Table 4: mixtures", command, heads, lines, note)


def q_ground(scores: Scores) -> Table | None:
    """Table 5: five flaws by pixel; what others reached is quoted."""
    rows = [
        [f"{name}: {system}", *(_number(values.get(key)) for key in ("miou", "macc"))]
        for name, results in scores.items()
        for system, values in results.get("qground", {}).get("systems", {}).items()
    ]
    if rows:
        rows += [
            [f"paper: {name}", f"{miou:.3f}", f"{macc:.3f}"] for name, miou, macc in known.Q_GROUND
        ]
    note = "Quoted by the paper; its own number is not known to this project."
    command = "iqa-spider evaluate --qground FILE --qground-predictions FILE --out SCORES"
    return _table("Table 5: Q-Ground-Test", command, ["", "mIoU", "mAcc"], rows, note)


def opinions(scores: Scores) -> Table | None:
    """Table 6: correlation with people's scores."""
    keys = ("srcc", "plcc", "plcc_logistic", "krcc")
    rows = [
        [f"{name}: {system}", *(_number(values[key]) for key in keys)]
        for name, results in scores.items()
        for system, values in results.get("scores", {}).get("systems", {}).items()
    ]
    command = "iqa-spider evaluate --model MODEL --scores TABLE --images DIR --out SCORES"
    heads = ["", "SRCC", "PLCC", "PLCC, logistic", "KRCC"]
    return _table("Table 6: quality scores", command, heads, rows, UNKNOWN)


def sizes(stats: Stats) -> Table | None:
    """Table 7: rows by task and split."""
    rows = []
    for line in known.TABLE_7:
        own = [
            sum(
                number
                for (task, sub, _, part), number in stats.rows.items()
                if task == line.task and line.sub_task in ("", sub) and part == split
            )
            for split in ("train", "test")
        ]
        rows.append([line.name, str(own[0]), str(line.train), str(own[1]), str(line.test)])
    names = {name for name, _, _ in SUB_TASKS}
    for part in (one for one in beside(stats) if one.name in names):
        rows.append([part.name, f"{part.share:.1%}", f"{part.published:.0%}", "", ""])
    heads = ["", "train", "paper: train", "test", "paper: test"]
    note = "Shares of grounding are of both splits."
    return _table("Table 7: size", "iqa-spider stats DATASET --paper", heads, rows, note)


def orders(profile: str) -> Table | None:
    """Table 8: which family may follow which; ours beside the printed one."""
    ours, printed = PROFILES.get(profile, {}), PROFILES["paper"]
    rows = [
        [first, ", ".join(sorted(ours.get(first, ()))), ", ".join(sorted(printed.get(first, ())))]
        for first in sorted({*ours, *printed})
    ]
    note = (
        "The printed table has most likely lost a row break: the restored one has a row for noise."
    )
    command = f"iqa-spider build ... --order-profile {profile}"
    heads = ["first", f"ours ({profile}): then", "paper, as printed: then"]
    return _table("Table 8: orders", command, heads, rows, note)


def judge(studies: Mapping[str, Mapping[str, Any]], scores: Scores) -> Table | None:
    """Table 9: how well people agree, and a judge with them."""
    rows = []
    for name, results in scores.items():
        for task, group in results.get("ratings", {}).items():
            rows.append([f"{name}: {task}", *_agreement(group, group.get("judge", {}))])
    for name, study in studies.items():
        for task, dimensions in study["tasks"].items():
            for dimension, found in dimensions.items():
                if found.get("judge"):
                    line = f"{name}: {task}, {dimension}".replace("_", " ")
                    rows.append([line, *_agreement(found["agreement"], found["judge"])])
    if rows:
        rows.append(
            ["paper: 100 answers a task, five people", known.JUDGE_ICC, "", known.JUDGE_SRCC, ""]
        )
    heads = ["", "ICC(2,1)", "ICC(2,k)", "judge, SRCC", "judge, PLCC"]
    note = (
        "The paper does not say which ICC it reports. Its three values belong to three tasks, its "
        "correlation to one; which is not known here."
    )
    command = "iqa-spider study report STUDY --judge SCORES"
    return _table("Table 9: the judge beside people", command, heads, rows, note)


def wordings(dataset: Path) -> Table | None:
    """Tables 10 to 18: how many wordings the questions have."""
    rows = [
        [
            line.name,
            str(line.wordings),
            str(line.published) if line.published else "",
            str(line.used),
            str(line.rows),
        ]
        for line in worded(dataset)
    ]
    heads = ["", "wordings", "paper: wordings", "used in this dataset", "rows"]
    note = "The wordings are our own; annotators/questions/pools.toml has all of them."
    command = "iqa-spider stats DATASET --wordings"
    return _table("Tables 10 to 18: wordings of questions", command, heads, rows, note)


def verified(studies: Mapping[str, Mapping[str, Any]]) -> Table | None:
    """What people thought of the rows."""
    rows = [
        [
            f"{name}: {dimension}".replace("_", " "),
            str(found["ratings"]),
            _number(found["share_4_5"]),
            known.GOOD,
            _number(found["mean"]),
        ]
        for name, study in studies.items()
        for dimension, found in study["dimensions"].items()
        if found["ratings"]
    ]
    heads = ["", "ratings", "4 or 5", "paper: 4 or 5", "mean"]
    return _table("Verification by people", "iqa-spider study report STUDY", heads, rows)


def _table(
    title: str, command: str, heads: Sequence[str], rows: Sequence[Sequence[str]], note: str = ""
) -> Table | None:
    said = [row for row in rows if any(row[1:])]
    return Table(title, command, heads, said, note) if said else None


def _systems(scores: Scores) -> Iterable[tuple[str, Mapping[str, Any]]]:
    """Each model, then the baselines, which are the same for all."""
    parts = {
        name: results["benchmark"]["systems"]
        for name, results in scores.items()
        if "benchmark" in results
    }
    for name, systems in parts.items():
        yield name, systems[report.MODEL]
    for systems in list(parts.values())[:1]:
        yield from ((name, system) for name, system in systems.items() if name != report.MODEL)


def _agreement(found: Mapping[str, Any], judged: Mapping[str, Any]) -> list[str]:
    own = [_number(found.get(key)) for key in ("icc(2,1)", "icc(2,k)")]
    return [*own, *(_number(judged.get(key, {}).get("bootstrap")) for key in ("srcc", "plcc"))]


def _number(plain: Any) -> str:
    """A number with its interval; empty for none."""
    if isinstance(plain, Mapping):
        plain = Estimate(plain.get("value"), plain.get("low"), plain.get("high"))
    text = number(plain, interval=True)
    return "" if text == ABSENT else text
