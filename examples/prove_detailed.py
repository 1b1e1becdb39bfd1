"""Does a model learn detailed assessment from what we build, and does augmentation help?

The short companion of ``prove_learning.py`` for ``--tasks vida``: it builds small pictures, trains
a random model of a million weights with and without augmentation, once a seed, and asks it about
photographs that were held out: choices against chance and against the most frequent answer to the
very same options, boxes against the box of the whole picture.

    pip install -e ".[train,evaluate]"
    python examples/prove_detailed.py PHOTOS --out proof

What so small a model shows is that the road works and in which direction augmentation pulls; the
report says what came out, whichever way it is.
"""

import argparse
import json
import statistics
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from proof_parts import SFT, answers, built, parser, random_model, spider, spread

from annotators.questions.vida.perception import options_of
from annotators.questions.vida.syntax import SCALE, box_text, read_boxes
from schemas.boxes import iou

TASKS = ("vida_perception.choice", "vida_grounding.refer", "vida_grounding.detect_one")
MIX = '[[source]]\npath = "{data}"\nrepeat = 40\ntasks = {tasks}\n'
AUGMENT = "[[source.augment]]\nmirror = 0.5\nwording = true\noptions = true\n"
ARMS = ("plain", "augmented")
Row = dict[str, Any]


def rows_of(data: Path, split: str) -> list[Row]:
    """Rows of the three sub-tasks."""
    names = ["row_id", "task", "sub_task", "form", "question", "answer"]
    files = sorted((data / "data").glob(f"{split}-*.parquet"))
    rows = [row for file in files for row in pq.read_table(file, columns=names).to_pylist()]
    return [row for row in rows if f"{row['task']}.{row['sub_task']}" in TASKS]


def trained(arm: str, seed: int, data: Path, out: Path, settings: argparse.Namespace) -> Path:
    """Answers of a model that was trained one way."""
    out.mkdir(parents=True, exist_ok=True)
    texts = [row[key] for row in rows_of(data, "train") for key in ("question", "answer")]
    model = random_model(out, texts, seed)
    how = {"steps": settings.steps, "save_steps": 5000, "seed": seed, "tune": ""}
    how |= {"language": "full", "rate": 1e-3}
    (out / "sft.toml").write_text(SFT.format(**how))
    mix = MIX.format(data=data, tasks=json.dumps(TASKS))
    (out / "mix.toml").write_text(mix + (AUGMENT if arm == "augmented" else ""))
    (out / "point.toml").write_text("max_tokens = 64\nbatch = 64\n")
    spider(
        *("sft", "--model", model, "--mix", out / "mix.toml", "--config", out / "sft.toml"),
        *("--out", out / "run"),
    )
    tasks = [part for task in TASKS for part in ("--task", task)]
    spider(
        *("point", "--model", out / "run", "--data", data, "--config", out / "point.toml", *tasks),
        *("--limit", settings.limit, "--out", out / "said.jsonl"),
    )
    return out / "said.jsonl"


def scored(rows: list[Row], said: dict[str, str]) -> dict[str, float]:
    """Share of right choices and mean best IoU of boxes, over the rows that were asked."""
    asked = [row for row in rows if row["row_id"] in said]
    right = [
        float(said[row["row_id"]].strip().rstrip(".") == row["answer"].rstrip("."))
        for row in asked
        if row["sub_task"] == "choice"
    ]
    boxed = [row for row in asked if row["sub_task"] != "choice" and read_boxes(row["answer"])]
    found = [overlap(row, said[row["row_id"]]) for row in boxed]
    return {"choice": _mean(right), "boxes": _mean(found)}


def _mean(values: list[float]) -> float:
    """The mean; 0 where nothing was asked."""
    return statistics.mean(values) if values else 0.0


def overlap(row: Row, answer: str) -> float:
    """IoU of the first box of an answer with the true one; 0 without a box."""
    found = read_boxes(answer)
    return iou(found[0], read_boxes(row["answer"])[0]) if found else 0.0


def baselines(rows: list[Row], train: list[Row]) -> dict[str, dict[str, float]]:
    """Chance, and what a guess without looking gives: the option right most often, the full box."""
    known = Counter(text for row in train if row["sub_task"] == "choice" for text in [right(row)])
    full = box_text((0, 0, SCALE, SCALE))
    blind = {}
    for row in rows:
        options = options_of(row["question"])
        best = max(options, key=lambda letter: known[options[letter]], default="")
        blind[row["row_id"]] = best if row["sub_task"] == "choice" else full
    chance = [1 / len(options_of(row["question"])) for row in rows if row["sub_task"] == "choice"]
    return {
        "chance, full box": {
            "choice": _mean(chance),
            "boxes": scored(rows, blind)["boxes"],
        },
        "blind guess": scored(rows, blind),
    }


def right(row: Row) -> str:
    """The right option in words."""
    return options_of(row["question"])[row["answer"].rstrip(".")]


def report(found: dict[str, list[dict[str, float]]], out: Path, rows: list[Row]) -> str:
    """Means and spreads of every arm beside the baselines."""
    number = Counter(row["sub_task"] for row in rows)
    lines = [
        f"# Held-out photographs: {dict(sorted(number.items()))}",
        "",
        "| | choices right | IoU of boxes |",
        "|---|---|---|",
    ]
    for name, runs in found.items():
        cells = []
        for key in ("choice", "boxes"):
            values = [run[key] for run in runs]
            each = ", ".join(f"{value:.3f}" for value in values)
            cells.append(f"{statistics.mean(values):.3f} ({spread(values):.3f}; {each})")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    text = "\n".join(lines) + "\n"
    (out / "report.md").write_text(text)
    return text


def main() -> None:
    """The whole road."""
    options = parser(str(__doc__), steps=600, variants=24)
    options.add_argument("--limit", type=int, default=400, help="questions asked of each model")
    settings = options.parse_args()
    out = settings.out
    families = json.dumps(["noise", "darken", "brighten"])
    data = built(settings, max_area=0.35, families=families, questions='tasks = ["vida"]')
    rows, train = rows_of(data, "test"), rows_of(data, "train")
    found: dict[str, list[dict[str, float]]] = {
        name: [values] for name, values in baselines(rows, train).items()
    }
    for seed in range(settings.seeds):
        for arm in ARMS:
            path = trained(arm, seed, data, out / f"{arm}{seed}", settings)
            said = {row_id: one["answer"] for row_id, one in answers(path).items()}
            found.setdefault(arm, []).append(scored(rows, said))
            report(found, out, rows)
    print(report(found, out, rows))


if __name__ == "__main__":
    main()
