"""The dataset card and its figures; the words of the card stand in ``card.md.j2``."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from jinja2 import Environment, PackageLoader, StrictUndefined

from flows.dataset.balance import refusals, writing
from flows.dataset.drawing import bars, below, beside
from flows.dataset.show import draw_row
from flows.dataset.stats import Stats, task_lines
from flows.store.layout import DATA, FIGURES, storage_errors, write_text
from flows.store.png import encode_png
from flows.store.tables import IMAGE, text_columns
from schemas.arrays import Image
from schemas.config import RunConfig

SAMPLES = 4
CARD = "README.md"
SIZES = (
    (1e3, "n<1K"),
    (1e4, "1K<n<10K"),
    (1e5, "10K<n<100K"),
    (1e6, "100K<n<1M"),
    (float("inf"), "n>1M"),
)
"""Upper limits of rows, and what Hugging Face calls a dataset below them."""


def write_card(
    out: Path, config: RunConfig, config_hash: str, stats: Stats, counts: Mapping[str, int]
) -> None:
    """Write figures and card from the finished data files."""
    folder = out / FIGURES
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name, figure in figures(out, stats).items():
            (folder / name).write_bytes(encode_png(figure))
    write_text(out / CARD, card_text(out, config, config_hash, stats, counts))


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


def card_text(
    out: Path, config: RunConfig, config_hash: str, stats: Stats, counts: Mapping[str, int]
) -> str:
    """The card as Markdown with YAML front matter; its words stand in ``card.md.j2``."""
    lines = task_lines(stats)
    rows = sum(train + test for _, train, test in lines)
    # Markdown, not HTML: foreign text goes through ``cell``
    environment = Environment(
        loader=PackageLoader("flows.dataset", "."),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701
        keep_trailing_newline=True,
    )
    environment.filters["cell"] = cell
    return environment.get_template("card.md.j2").render(
        stats=stats,
        rows=rows,
        size=next(name for limit, name in SIZES if rows < limit),
        splits=[s for s in ("train", "test") if any((out / DATA).glob(f"{s}-*.parquet"))],
        columns=[IMAGE, *(name for name in text_columns() if name != IMAGE)],
        tasks={name: (train, test) for name, train, test in lines},
        families={name: (count,) for name, count in stats.families.most_common()},
        severities={str(level): (n,) for level, n in sorted(stats.severities.items())},
        samples=(out / FIGURES / "samples.png").is_file(),
        config=config,
        config_hash=config_hash,
        source=config.regions.source.split(":")[0],
        writing=writing(counts),
        refusals=refusals(counts),
        left_out={f"{s}: {r}": (n,) for (s, r), n in sorted(stats.rejects.items())},
    )


def cell(text: str) -> str:
    """Foreign text as the content of a Markdown table's cell: one line, no markup."""
    return re.sub(r"([\\`*\[\]<>|])", r"\\\1", " ".join(text.split()))
