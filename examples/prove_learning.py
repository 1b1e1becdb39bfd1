"""Does a model learn from what we build? A proof on a CPU, from photographs to scores.

It builds a dataset, makes a random vision-language model of a million weights, fine-tunes it with
``sft``, calibrates and predicts with ``point``, and scores with ``evaluate`` on photographs that
were held out; once for each seed.

    pip install -e ".[train,evaluate]"
    python examples/prove_learning.py PHOTOS --out proof              # about an hour on two cores
    python examples/prove_learning.py --out proof --short             # a tenth; shows the road only

What so small a model shows: that every step hands on what it should, that the loss reaches the
vision encoder through the answers, and that words become points that beat a guess. It does not
show how good a real model would be. The short form shows that the road works and that the loss
falls; guesses that never look at a picture still do better than its few steps, so it compares the
model with its untrained self only.
"""

import argparse
import json
import statistics
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pyarrow.parquet as pq
from proof_parts import SFT, answers, built, parser, random_model, spider, spread

from flows.pointing.drawing import draw_grounding
from flows.training.data.dataset import DatasetSource
from schemas import masks

mpl.use("Agg")
from matplotlib import pyplot

QUESTIONS = """
global_per_image = 0
local_per_image = 0
hybrid_per_image = 2
single_per_image = 0
order_per_image = 0
short_per_image = 1
long_per_image = 0
"""
TUNE = "rank = 32\nalpha = 64\ndropout = 0.0"
MIX = '[[source]]\npath = "{data}"\nflip = 0.5\nrepeat = {repeat}\n'
POINT = "max_tokens = 32\nbatch = 64\n"


def one_seed(seed: int, data: Path, out: Path, settings: argparse.Namespace) -> dict[str, Any]:
    """Untrained and trained scores of one random model."""
    texts: list[str] = []
    for file in sorted((data / "data").glob("train-*.parquet")):
        table = pq.read_table(file, columns=["question", "answer"]).to_pydict()
        texts += table["question"] + table["answer"]
    model = random_model(out, texts, seed)
    rate = 2e-3 if settings.language == "lora" else 1e-3
    how = {"steps": settings.steps, "save_steps": 1000, "seed": seed, "tune": TUNE}
    how |= {"language": settings.language, "rate": rate}
    (out / "sft.toml").write_text(SFT.format(**how))
    (out / "mix.toml").write_text(MIX.format(data=data, repeat=settings.repeat))
    (out / "point.toml").write_text(POINT)
    spider(
        "sft",
        "--model",
        model,
        "--mix",
        out / "mix.toml",
        "--config",
        out / "sft.toml",
        "--out",
        out / "run",
        "--merge",
    )
    found = {"losses": json.loads((out / "run" / "sft.json").read_text())["losses"]}
    for name, weights in (("untrained", model), ("trained", out / "run" / "merged")):
        point = ("point", "--model", weights, "--data", data, "--config", out / "point.toml")
        if name == "trained":  # there is nothing to calibrate in noise
            spider(*point, "--split", "train", "--calibrate", "--limit", settings.calibrate)
        spider(*point, "--out", out / f"{name}.jsonl", "--limit", settings.limit)
        spider(
            "evaluate",
            data,
            "--predictions",
            out / f"{name}.jsonl",
            "--out",
            out / name,
            "--no-plots",
        )
        found[name] = json.loads((out / name / "results.json").read_text())["benchmark"]["systems"]
    return found


def draw_five(data: Path, predictions: Path, out: Path) -> None:
    """Five groundings of held-out photographs: answer, point, and the true region's outline."""
    source = DatasetSource(data, "test", ["grounding"], "test")
    said = answers(predictions)
    rows = [n for n in range(len(source)) if source.example(n).row_id in said]
    for place, row in enumerate(rows[:: max(1, len(rows) // 5)][:5]):
        record, image = said[source.example(row).row_id], np.asarray(source.images(row)[0])
        target = masks.decode(*source.target(row))
        scale = np.ones((4, 4, 1), np.uint8)
        large, outline = np.kron(image, scale), np.kron(target, scale[..., 0]).astype(bool)
        point = record["point"] and tuple(4 * value for value in record["point"])
        draw_grounding(large, record["answer"], point, None, outline).save(out / f"{place}.png")


def _pick(system: str, *path: str) -> Any:
    """Reads one value out of a seed's results; ``model`` is untrained, trained or a baseline."""

    def read(seed: dict[str, Any]) -> float:
        kind, _, name = system.partition("/")
        found: Any = seed[kind][name or "predictions"]
        for key in path:
            found = found[key]
        return float(found["value"])

    return read


ROWS = [
    ("referring accuracy, untrained", _pick("untrained", "referring", "all", "accuracy")),
    (
        "referring accuracy, majority answer",
        _pick("trained/majority", "referring", "all", "accuracy"),
    ),
    ("**referring accuracy, trained**", _pick("trained", "referring", "all", "accuracy")),
    ("pointing accuracy, untrained", _pick("untrained", "grounding", "average", "pointing")),
    (
        "pointing accuracy, centre point",
        _pick("trained/centre point", "grounding", "average", "pointing"),
    ),
    ("**pointing accuracy, trained**", _pick("trained", "grounding", "average", "pointing")),
    (
        "pointing accuracy, true quadrant",
        _pick("trained/oracle: quadrant", "grounding", "average", "pointing"),
    ),
    ("right quadrant named, trained", _pick("trained", "grounding", "average", "position")),
]
SHORT = """Short form: so few steps teach how an answer is worded, hardly what to see in a picture.
It shows that every step of the road hands on what it should, that the loss falls, and that answers
become words that can be scored. Guesses that never look do better still; the long form beats
them."""
SHORT_ROWS = [
    ("loss of the answers, first steps", lambda seed: float(seed["losses"][0][1])),
    ("**loss of the answers, last steps**", lambda seed: float(seed["losses"][-1][1])),
    ("referring accuracy, untrained", _pick("untrained", "referring", "all", "accuracy")),
    ("**referring accuracy, trained**", _pick("trained", "referring", "all", "accuracy")),
    ("right quadrant named, untrained", _pick("untrained", "grounding", "average", "position")),
    ("**right quadrant named, trained**", _pick("trained", "grounding", "average", "position")),
]


def report(seeds: list[dict[str, Any]], out: Path, settings: argparse.Namespace) -> str:
    """The table, and a curve of the losses."""
    figure, axes = pyplot.subplots(figsize=(6, 3.5), layout="constrained")
    for number, seed in enumerate(seeds):
        axes.plot(*zip(*seed["losses"], strict=True), label=f"seed {number}")
    axes.set(xlabel="step", ylabel="loss of the answers", yscale="log")
    axes.legend()
    figure.savefig(out / "loss.png", dpi=120)
    heads = ["held-out photographs", *(f"seed {n}" for n in range(len(seeds))), "mean (sd)"]
    lines = [
        f"# {len(seeds)} seeds, {settings.steps} steps, language model: {settings.language}",
        "",
        *([SHORT, ""] if settings.short else []),
        "| " + " | ".join(heads) + " |",
        "|" + "---|" * len(heads),
    ]
    for title, pick in SHORT_ROWS if settings.short else ROWS:
        values = [pick(seed) for seed in seeds]
        cells = " | ".join(f"{value:.3f}" for value in values)
        lines.append(
            f"| {title} | {cells} | {statistics.mean(values):.3f} ({spread(values):.3f}) |"
        )
    lines += ["", "![loss](loss.png)", "", *(f"![grounding]({place}.png)" for place in range(5))]
    text = "\n".join(lines) + "\n"
    (out / "report.md").write_text(text)
    return text


def main() -> None:
    """The whole road."""
    options = parser(str(__doc__), steps=2000, variants=48)
    options.add_argument("--at-once", type=int, default=2, help="seeds at a time")
    options.add_argument("--language", choices=("lora", "full"), default="lora")
    options.add_argument("--short", action="store_true", help="one seed, few steps")
    settings = options.parse_args()
    settings.calibrate, settings.limit = 256, 2000
    if settings.short:
        settings.seeds, settings.steps, settings.variants, settings.limit = 1, 120, 6, 96
        settings.calibrate = 32
    settings.repeat = 20  # more than any run sees; the order of rows is keyed
    out = settings.out
    families = ["noise", "saturate_strengthen"]
    data = built(settings, max_area=0.3, families=json.dumps(families), questions=QUESTIONS)
    folders = [out / f"seed{seed}" for seed in range(settings.seeds)]
    for folder in folders:
        folder.mkdir(exist_ok=True)
    with ThreadPoolExecutor(settings.at_once) as pool:  # each seed is a chain of processes
        jobs = [
            pool.submit(one_seed, seed, data, folder, settings)
            for seed, folder in enumerate(folders)
        ]
        seeds = [job.result() for job in jobs]
    draw_five(data, out / "seed0" / "trained.jsonl", out)
    print(report(seeds, out, settings))


if __name__ == "__main__":
    main()
