"""The report of an evaluation: JSON for programs, Markdown for people, rows for a closer look."""

import json
from collections.abc import Mapping
from typing import Any

from flows.evaluation.benchmarks import qground
from flows.evaluation.grounding import AVERAGE, SUB_TASKS
from flows.evaluation.intervals import Estimate, rounded
from flows.evaluation.markdown import ABSENT, number, table
from flows.evaluation.segmenting.table import section
from flows.evaluation.systems import Result

MODEL = "predictions"
CONVENTIONS = (
    "Rows without a prediction count as wrong.",
    "Referring accuracy is partial credit: 1 for equal sets of distortions, else common ones over "
    "the size of the larger set.",
    "gIoU is the mean over rows, so the average over sub-tasks is weighted by their rows; cIoU is "
    "summed intersections over summed unions. Two empty masks have an IoU of 1, an empty and a "
    "filled one of 0. Acc@t counts rows with an IoU of at least t.",
    "The tolerant gIoU leaves out pixels within 0.5 % of the diagonal of the target's edge.",
    "A point lies in the pixel it falls into; outside the picture, or absent, it misses.",
    "The offline judge compares facts extracted from the answer and from the reference answer; "
    "0 to 10 for descriptions, 0 to 5 for grounding text.",
    "Intervals hold 95 % of bootstrap resamples drawn by source picture.",
    "Majority learns from the other split where there is one, else from these very rows; random "
    "draws families and places evenly, and texts from rows about other pictures.",
    "Oracles point where the target's box centre, or the middle of its quadrant, is.",
)
GROUNDING_HEADS: Mapping[str, str] = {
    "hybrid_intensity": "HyD-G",
    "single_intensity": "SiD-G",
    "accumulation_order": "DAO-G",
    AVERAGE: "Average",
}
PAPER: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Global", ("text", "global_description")),
    ("Local", ("text", "local_description")),
    ("Grounding text", ("text", "grounding")),
    *((GROUNDING_HEADS[name], ("grounding", name, "giou")) for name in (*SUB_TASKS, AVERAGE)),
    ("Pointing", ("grounding", AVERAGE, "pointing")),
    ("Ref. short", ("referring", "short", "accuracy")),
    ("Ref. long", ("referring", "long", "accuracy")),
)
GROUNDING = (
    "giou",
    "giou_tolerant",
    "ciou",
    "acc@0.5",
    "acc@0.7",
    "pointing",
    "position_x",
    "position_y",
    "position",
    "position_by_probability",
)
REFERRING = (
    "accuracy",
    "exact",
    "jaccard",
    "ordered",
    "micro_f1",
    "macro_f1",
    "grade",
    "family_and_grade",
    "grade_error",
    "grade_kappa",
)


def plain(value: Any) -> Any:
    """Estimates and numbers as JSON, six decimals, whatever is not a number as null."""
    if isinstance(value, Estimate):
        return value.plain()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return rounded(value)


def as_json(report: Mapping[str, Any]) -> str:
    """The report as JSON; the same report gives the same bytes."""
    return json.dumps(plain(report), indent=1, ensure_ascii=False) + "\n"


def as_lines(result: Result) -> str:
    """One line a row with its scores."""
    return "".join(
        json.dumps({"row_id": row_id, **plain(scores)}, ensure_ascii=False) + "\n"
        for row_id, scores in sorted(result.rows.items())
    )


def markdown(report: Mapping[str, Any]) -> str:
    """The whole report in Markdown."""
    parts = ["# Evaluation", ""]
    if "benchmark" in report:
        parts += _benchmark(report["benchmark"])
    for name, writer in (
        ("qbench", _qbench),
        ("scores", _scores),
        ("ratings", _ratings),
        ("giqa_rows", lambda part: _giqa(part, "Rows with boxes")),
        ("giqa", lambda part: _giqa(part, "GIQA-Bench")),
        ("vida", _vida),
        ("qground", qground.section),
    ):
        if name in report:
            parts += writer(report[name])
    return "\n".join(parts).rstrip() + "\n"


def _benchmark(part: Mapping[str, Any]) -> list[str]:
    counts, systems, made = part["counts"], part["systems"], part.get("segmenters", {})
    first = next(iter(systems))
    model = systems[first]
    judge = "the judge" if "judge" in model else "the offline judge"
    lines = [
        f"{counts['rows']} rows of split {part['split']}, {counts['missing']} without a "
        f"prediction. Texts are scored by {judge}.",
        "",
    ]
    heads = ["", *(head for head, _ in PAPER)]
    rows = [
        [name, *(number(cell(s, path)) for _, path in PAPER)]
        for name, s in systems.items()
        if name not in made
    ]
    lines += table(heads, rows)
    lines += section(systems, made, first) if made else []
    if model.get("grounding"):
        names = [name for name in GROUNDING_HEADS if name in model["grounding"]]
        lines += ["## Grounding", ""]
        lines += table(
            ["", *(GROUNDING_HEADS[name] for name in names)],
            [
                [metric, *(number(model["grounding"][name][metric], True) for name in names)]
                for metric in GROUNDING
            ],
        )
    if model.get("referring"):
        lines += _referring(model["referring"], part["extractor_agreement"])
    lines += _texts(model)
    return [*lines, "## Conventions", "", *(f"- {line}" for line in CONVENTIONS), ""]


def cell(system: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    """What a cell of the paper's table shows; texts by the judge where one judged."""
    if path[0] == "text":
        if "judge" in system:
            return system["judge"].get(path[1], {}).get("score")
        return system.get("offline", {}).get(path[1])
    found: Any = system
    for name in path:
        found = found.get(name, {}) if isinstance(found, Mapping) else found
    return found or None


def _referring(part: Mapping[str, Any], agreement: float) -> list[str]:
    names = sorted(part)
    said = (
        f"Distortions are read from texts by words; from {agreement:.1%} of the rows' own answers "
        "exactly the recorded ones are read."
    )
    lines = ["## Referring", "", said, ""]
    lines += table(
        ["", *names],
        [[metric, *(number(part[name][metric], True) for name in names)] for metric in REFERRING],
    )
    families = part["all"]["families"]
    lines += table(
        ["family", "precision", "recall", "F1", "regions"],
        [
            [
                name,
                *(number(entry[key]) for key in ("precision", "recall", "f1")),
                str(entry["support"]),
            ]
            for name, entry in families.items()
        ],
    )
    return lines


def _texts(model: Mapping[str, Any]) -> list[str]:
    offline, judge = model.get("offline", {}), model.get("judge", {})
    names = list(dict.fromkeys([*offline, *judge]))
    if not names:
        return []
    heads = ["", "offline judge", *(["judge", "between rounds", "excluded"] if judge else [])]
    rows = []
    for name in names:
        said = judge.get(name, {})
        more = [
            number(said.get("score"), True, 2),
            number(said.get("round_sd"), digits=2),
            str(said.get("excluded", ABSENT)),
        ]
        rows.append([name, number(offline.get(name), True, 2), *(more if judge else [])])
    return ["## Texts", "", *table(heads, rows)]


def _qbench(part: Mapping[str, Any]) -> list[str]:
    heads = ["", "strict", "official", "random", "majority"]
    rows = [
        [name, *(number(group[key], key in heads[1:3]) for key in heads[1:])]
        for name, group in part["groups"].items()
    ]
    said = f"{part['missing']} questions without an answer, {part['unread']} not read strictly."
    return ["## Q-Bench A1", "", said, "", *table(heads, rows)]


def _scores(part: Mapping[str, Any]) -> list[str]:
    keys = ("srcc", "krcc", "plcc", "plcc_logistic", "rmse", "srcc_by_reference")
    low, high = part["range"]
    said = (
        f"{part['pictures']} pictures of {part['references']} references, {part['missing']} left "
        f"out; opinions from {low:g} to {high:g}, orientation {part['orientation']}."
    )
    rows = [
        [name, *(number(system[key], True) for key in keys)]
        for name, system in part["systems"].items()
    ]
    return ["## Quality scores", "", said, "", *table(["", *keys], rows)]


def _ratings(part: Mapping[str, Any]) -> list[str]:
    keys = ("icc(2,1)", "icc(2,k)", "icc(3,k)", "alpha_interval", "within_1", "share_from_4")
    rows = [
        [
            name,
            str(group["targets"]),
            str(group["raters"]),
            *(number(group[key], True) for key in keys),
        ]
        for name, group in part.items()
    ]
    lines = ["## Agreement", "", *table(["", "targets", "raters", *keys], rows)]
    judged = {name: group["judge"] for name, group in part.items() if "judge" in group}
    if judged:
        rows = [
            [
                name,
                *(
                    number(found[key][how], True)
                    for key in ("srcc", "plcc")
                    for how in ("bootstrap", "fisher")
                ),
            ]
            for name, found in judged.items()
        ]
        heads = [
            "judge and people",
            "SRCC, bootstrap",
            "SRCC, Fisher",
            "PLCC, bootstrap",
            "PLCC, Fisher",
        ]
        lines += table(heads, rows)
    return lines


def _giqa(part: Mapping[str, Any], title: str) -> list[str]:
    systems = part["systems"]
    rows = [
        [metric, *(number(system[metric], name == MODEL) for name, system in systems.items())]
        for metric in systems[MODEL]
    ]
    said = f"{part['records']} records, {part['missing']} missing; graded by {part['graded_by']}."
    return [f"## {title}", "", said, "", *table(["", *systems], rows)]


def _vida(part: Mapping[str, Any]) -> list[str]:
    names = list(part["official"])
    heads = ["", "official", "mended", *part["baselines"]]
    columns = [part["official"], part["mended"], *part["baselines"].values()]
    rows = [[name, *(number(column[name]) for column in columns)] for name in names]
    lines = ["## ViDA-UGC", "", *table(heads, rows)]
    lines += [f"- {name}: {why}." for name, why in part["mended_because"].items()]
    return [*lines, ""]
