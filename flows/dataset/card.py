"""The dataset card and its figures; the words of the card stand in ``card.md.j2``."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from jinja2 import Environment, PackageLoader, StrictUndefined

from flows.dataset.balance import refusals, writing
from flows.dataset.drawing import bars, below
from flows.dataset.show import draw_row
from flows.dataset.statistics.shortcuts import Shortcuts
from flows.dataset.statistics.stats import Stats, task_lines
from flows.ingest.single import SourceImages
from flows.store.layout import DATA, FIGURES, LOOK, storage_errors, write_text
from flows.store.place import make_folder, readable
from flows.store.png import encode_png
from flows.store.shards import SPLITS
from flows.store.tables import IMAGE, text_columns
from schemas.arrays import Image
from schemas.settings.config import RunConfig

SAMPLES = 4
SAMPLE_FILES = 8
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
    out: Path,
    config: RunConfig,
    config_hash: str,
    stats: Stats,
    counts: Mapping[str, int],
    shortcuts: Shortcuts | None = None,
) -> None:
    """Write figures and card from the finished data files.

    Args:
        out: The dataset.
        config: Of the run.
        config_hash: Of its settings.
        stats: What is in the dataset.
        counts: Of the whole run.
        shortcuts: How well answers can be guessed; nothing is said where that was not measured.
    """
    folder = out / FIGURES
    with storage_errors(folder):
        make_folder(folder)
        for name, figure in figures(out, config, stats).items():
            (folder / name).write_bytes(encode_png(figure))
    write_text(out / CARD, card_text(out, config, config_hash, stats, counts, shortcuts))


def figures(out: Path, config: RunConfig, stats: Stats) -> dict[str, Image]:
    """File name to picture."""
    made = {
        "families.png": bars("Degraded regions by family", dict(stats.families.most_common())),
        "severities.png": bars(
            "Steps by severity", {str(level): stats.severities[level] for level in range(1, 6)}
        ),
        "tasks.png": bars("Rows by task", {name: a + b for name, a, b in task_lines(stats)}),
    }
    load = SourceImages(out, [], config).load
    samples = [draw_row(row, _source(row, load)) for row in sample_rows(out)]
    if samples:
        made["samples.png"] = below(samples)
    return made


def _source(row: dict[str, Any], load: Callable[[str, str], Image | None]) -> Image | None:
    """The photograph a row was made from, where it is at hand and of the row's size."""
    image = load(row["source"], row["source_path"])
    same = image is not None and image.shape[:2] == (row["height"], row["width"])
    return image if same else None


def sample_rows(out: Path) -> list[dict[str, Any]]:
    """A few rows with masks, of different photographs and tasks as far as there are such.

    Reads at most ``SAMPLE_FILES`` files, a row group at a time, and stops when it has enough.
    """
    chosen: list[dict[str, Any]] = []
    spare: dict[str, dict[str, Any]] = {}
    for row in _rows_with_masks(out):
        new_task = all(_kind(row) != _kind(other) for other in chosen)
        if new_task and all(row["picture_id"] != other["picture_id"] for other in chosen):
            chosen.append(row)
        elif new_task:
            spare.setdefault(_kind(row), row)
        if len(chosen) == SAMPLES:
            break
    taken = {_kind(row) for row in chosen}
    rest = [row for kind, row in spare.items() if kind not in taken]
    return [*chosen, *rest][:SAMPLES]


def _kind(row: dict[str, Any]) -> str:
    return f"{row['task']} {row['sub_task']}"


def _rows_with_masks(out: Path) -> Iterator[dict[str, Any]]:
    """Rows from every row group of a few files; pictures are unpacked one group at a time."""
    for path in sorted((out / DATA).glob("*.parquet"))[:SAMPLE_FILES]:
        file = pq.ParquetFile(readable(path))
        for group in range(file.num_row_groups):
            for row in file.read_row_group(group).to_pylist():
                if row["mask"] is not None:
                    yield row


def card_text(
    out: Path,
    config: RunConfig,
    config_hash: str,
    stats: Stats,
    counts: Mapping[str, int],
    shortcuts: Shortcuts | None = None,
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
        sizes=(sizes := _sizes(out, stats)),
        total=sum(size for _, _, size in sizes.values()),
        columns=[IMAGE, *(name for name in text_columns() if name != IMAGE)],
        tasks={name: (train, test) for name, train, test in lines},
        families={name: (count,) for name, count in stats.families.most_common()},
        severities={str(level): (n,) for level, n in sorted(stats.severities.items())},
        look=LOOK if config.run.look and rows else "",
        samples=(out / FIGURES / "samples.png").is_file(),
        config=config,
        config_hash=config_hash,
        source=config.regions.source.split(":")[0],
        writing=writing(counts),
        refusals=refusals(counts),
        guessed=shortcuts.lines() if shortcuts else {},
        areas=shortcuts.areas() if shortcuts else {},
        left_out={f"{s}: {r}": (n,) for (s, r), n in sorted(stats.rejects.items())},
    )


def _sizes(out: Path, stats: Stats) -> dict[str, tuple[int, int, int]]:
    """Split to its rows, those that speak of a region, and the bytes of its files."""
    found = {}
    for split in SPLITS:
        files = sorted((out / DATA).glob(f"{split}-*.parquet"))
        own = {kind: n for kind, n in stats.rows.items() if kind[3] == split}
        regional = sum(n for kind, n in own.items() if kind[0] != "global_description")
        if files:
            size = sum(file.stat().st_size for file in files)
            found[split] = (sum(own.values()), regional, size)
    return found


def cell(text: str) -> str:
    """Foreign text as the content of a Markdown table's cell: one line, no markup."""
    return re.sub(r"([\\`*\[\]<>|])", r"\\\1", " ".join(text.split()))
