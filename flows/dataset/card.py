"""The dataset card: YAML for Hugging Face readers, figures and plain words for people."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from flows.dataset.balance import refusals, writing
from flows.dataset.drawing import bars, below, beside
from flows.dataset.show import draw_row
from flows.dataset.stats import Stats, task_lines
from flows.store.identity import settings_hash
from flows.store.layout import DATA, FIGURES, storage_errors, write_text
from flows.store.png import encode_png
from flows.store.tables import IMAGE, text_columns
from schemas.arrays import Image
from schemas.config import RunConfig

SAMPLES = 4
CARD = "README.md"
SIZES = ((1e3, "n<1K"), (1e4, "1K<n<10K"), (1e5, "10K<n<100K"), (1e6, "100K<n<1M"),
         (float("inf"), "n>1M"))  # fmt: skip


def write_card(out: Path, config: RunConfig, stats: Stats, counts: Mapping[str, int]) -> None:
    """Write figures and card from the finished data files."""
    folder = out / FIGURES
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name, figure in figures(out, stats).items():
            (folder / name).write_bytes(encode_png(figure))
    write_text(out / CARD, card_text(out, config, stats, counts))


def figures(out: Path, stats: Stats) -> dict[str, Image]:
    """File name to picture."""
    made = {
        "families.png": bars("Degraded regions by family", dict(stats.families.most_common())),
        "severities.png": bars(
            "Steps by severity", {str(level): stats.severities[level] for level in range(1, 6)}
        ),
        "tasks.png": bars("Rows by task", {name: a + b for name, a, b in task_lines(stats)}),
    }
    samples = [draw_row(row) for row in sample_rows(out)]
    if samples:
        made["samples.png"] = below([beside(_levelled(samples[i : i + 2]))
                                     for i in range(0, len(samples), 2)])  # fmt: skip
    return made


def _levelled(images: list[Image]) -> list[Image]:
    """Pictures padded to one height."""
    height = max(image.shape[0] for image in images)
    return [
        np.pad(image, ((0, height - image.shape[0]), (0, 0), (0, 0)), constant_values=255)
        for image in images
    ]


def sample_rows(out: Path) -> list[dict[str, Any]]:
    """A few rows with masks, of different tasks, from the first file."""
    chosen: dict[str, dict[str, Any]] = {}
    for path in sorted((out / DATA).glob("train-*.parquet"))[:1]:
        file = pq.ParquetFile(path)
        for row in file.read_row_group(0).to_pylist():
            kind = f"{row['task']} {row['sub_task']}"
            if row["mask"] is not None and kind not in chosen and len(chosen) < SAMPLES:
                chosen[kind] = row
    return list(chosen.values())


def card_text(out: Path, config: RunConfig, stats: Stats, counts: Mapping[str, int]) -> str:
    """The card as Markdown with YAML front matter."""
    splits = [split for split in ("train", "test") if any((out / DATA).glob(f"{split}-*.parquet"))]
    lines = task_lines(stats)
    return "\n".join(
        [
            *_front_matter(splits, sum(a + b for _, a, b in lines)),
            "# Region-level image quality: questions, answers and masks",
            "",
            f"{stats.images} degraded pictures made from {stats.pictures} photographs, with "
            f"{sum(a + b for _, a, b in lines)} questions and answers about what is degraded, by "
            "what, in which order and how strongly. Built with iqa-spider.",
            "",
            *_loading(),
            *_table("task", ("train", "test"), {name: (a, b) for name, a, b in lines}),
            *_table("family", ("regions",), {n: (c,) for n, c in stats.families.most_common()}),
            *_table("severity", ("steps",), _severities(stats)),
            "![families](figures/families.png) ![severities](figures/severities.png)",
            "",
            "![samples](figures/samples.png)",
            "",
            *_making(config),
            *_table("writer and task", ("passed", "refused"), writing(counts)),
            *_table("rule that texts broke", ("texts",), refusals(counts)),
            *_table("left out", ("count",), {f"{s}: {r}": (c,)
                                             for (s, r), c in sorted(stats.rejects.items())}),
            *_limits(),
        ]
    )  # fmt: skip


def _front_matter(splits: list[str], rows: int) -> list[str]:
    size = next(name for limit, name in SIZES if rows < limit)
    files = ["  data_files:"]
    for split in splits:
        files += [f"  - split: {split}", f"    path: data/{split}-*.parquet"]
    columns = [f"  - {name}" for name in (IMAGE, *(n for n in text_columns() if n != IMAGE))]
    return [
        "---", "license: other", "task_categories:", "- visual-question-answering",
        "- image-segmentation", "language:", "- en", "size_categories:", f"- {size}", "configs:",
        "- config_name: instruct", *files, "  columns:", *columns,
        "- config_name: grounding", *files, "  filters:", "  - - - task", '      - "!="',
        "      - global_description",
        "---", "",
    ]  # fmt: skip


def _severities(stats: Stats) -> dict[str, tuple[int, ...]]:
    return {str(level): (count,) for level, count in sorted(stats.severities.items())}


def _loading() -> list[str]:
    return [
        "## Loading",
        "",
        "```python",
        "from datasets import load_dataset",
        "",
        'rows = load_dataset("PATH", "grounding", split="train")  # or "instruct"',
        "```",
        "",
        "`instruct` has every row without masks, boxes and points; `grounding` has the rows that "
        "speak of a region, with all columns. Both are views of the same files. `mask` holds COCO "
        "compressed run lengths: `pycocotools.mask.decode({'size': [row['height'], row['width']], "
        "'counts': row['mask'].encode()})`. `messages` is the conversation that trainers read.",
        "",
        "Pictures are PNG: another lossy compression would add a distortion nobody recorded. A "
        "picture that carries many questions lies in the file once: its rows are adjacent in one "
        "row group and the column of bytes is dictionary encoded. So every row is complete, no "
        "join is needed, and the files are hardly larger than their distinct pictures. "
        "`load_dataset` unpacks the rows into its cache; `streaming=True` avoids that.",
        "",
    ]


def _making(config: RunConfig) -> list[str]:
    return [
        "## How it was made",
        "",
        f"Seed {config.seed}, settings {settings_hash(config)}, order profile "
        f"`{config.plan.order_profile}`, {config.variants} variant(s) per photograph, regions from "
        f"`{config.regions.source.split(':')[0]}`, answers by `{config.answers.writer}`. "
        "`manifest.json` has everything, with checksums; `records/` has the photographs, regions "
        "and chains as tables.",
        "",
        "Every chain was laid on pristine pixels under its mask; outside all masks the picture "
        "equals its source exactly. Every step had to pass a measured perceptibility gate, every "
        "order question a gate on whether the two orders look different, and every answer a fact "
        "check.",
        "",
    ]


def _limits() -> list[str]:
    return [
        "## Limits and licence",
        "",
        "Positions have four words (left, right, top, bottom) from the centre of the bounding box. "
        "Regions without weights are homogeneous areas named by their look, not objects. Answers "
        "of the template writer vary less than a person's. The photographs keep their own "
        "licences: see the columns `source` and `licence`.",
        "",
    ]


def _table(head: str, columns: tuple[str, ...], rows: Mapping[str, tuple[int, ...]]) -> list[str]:
    if not rows:
        return []
    lines = [f"| {head} | {' | '.join(columns)} |", "|---" * (1 + len(columns)) + "|"]
    lines += [f"| {name} | {' | '.join(map(str, values))} |" for name, values in rows.items()]
    return [*lines, ""]
