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
from prove_learning import own_photos, spider

from annotators.questions.vida.perception import options_of
from annotators.questions.vida.syntax import SCALE, box_text, read_boxes
from schemas.boxes import iou

BUILD = """
seed = 1
variants = {variants}
shard_size = 16
[ingest]
max_long_side = 128
min_side = 64
[screen]
enabled = false
[regions]
min_side = 20
min_area = 0.05
max_area = 0.35
[plan]
min_regions = 1
max_regions = 1
uniform_share = 0.0
clean_share = 0.0
length_weights = [1.0]
families = ["noise", "darken", "brighten"]
[questions]
tasks = ["vida"]
[export]
test_share = 0.2
"""
SFT = """
batch = 32
accumulate = 1
checkpointing = false
log_steps = 25
save_steps = 5000
steps = {steps}
seed = {seed}
[tune]
language = "full"
language_rate = 1e-3
vision_rate = 1e-3
projector_rate = 1e-3
"""
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
    from tiny_vlm import build  # noqa: PLC0415  # beside this file; loads torch

    out.mkdir(parents=True, exist_ok=True)
    texts = [row[key] for row in rows_of(data, "train") for key in ("question", "answer")]
    model = build(out / "random", texts, seed=seed, width=128, vision_width=96)
    (out / "sft.toml").write_text(SFT.format(steps=settings.steps, seed=seed))
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
            spread = statistics.stdev(values) if len(values) > 1 else 0.0
            each = ", ".join(f"{value:.3f}" for value in values)
            cells.append(f"{statistics.mean(values):.3f} ({spread:.3f}; {each})")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    text = "\n".join(lines) + "\n"
    (out / "report.md").write_text(text)
    return text


def main() -> None:
    """The whole road."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("photos", type=Path, nargs="?", help="folder of good photographs")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--variants", type=int, default=24, help="degraded pictures a photograph")
    parser.add_argument("--limit", type=int, default=400, help="questions asked of each model")
    settings = parser.parse_args()
    out = settings.out
    out.mkdir(parents=True, exist_ok=True)
    (out / "build.toml").write_text(BUILD.format(variants=settings.variants))
    photos = settings.photos or own_photos(out / "photos")
    spider("build", photos, "--out", out / "data", "--config", out / "build.toml")
    rows, train = rows_of(out / "data", "test"), rows_of(out / "data", "train")
    found: dict[str, list[dict[str, float]]] = {
        name: [values] for name, values in baselines(rows, train).items()
    }
    for seed in range(settings.seeds):
        for arm in ARMS:
            path = trained(arm, seed, out / "data", out / f"{arm}{seed}", settings)
            said = {
                r["row_id"]: r["answer"] for r in map(json.loads, path.read_text().splitlines())
            }
            found.setdefault(arm, []).append(scored(rows, said))
            report(found, out, rows)
    print(report(found, out, rows))


if __name__ == "__main__":
    main()
