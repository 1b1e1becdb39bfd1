"""Counts of a finished dataset, in the form of the paper's table."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.parquet as pq
from rich.console import Group
from rich.table import Table
from rich.text import Text

from flows.store.inside import printable
from flows.store.layout import DATA, RECORDS, REJECTS
from flows.store.ledger import ShardSummary
from flows.store.place import readable

ROWS: tuple[tuple[str, str, str, str], ...] = (
    ("global description", "global_description", "", ""),
    ("local description", "local_description", "", ""),
    ("grounding, hybrid intensity (HyD-G)", "grounding", "hybrid_intensity", ""),
    ("grounding, single intensity (SiD-G)", "grounding", "single_intensity", ""),
    ("grounding, accumulation order (DAO-G)", "grounding", "accumulation_order", ""),
    ("referring short, single", "referring", "short", "single"),
    ("referring short, multi", "referring", "short", "multi"),
    ("referring long, single", "referring", "long", "single"),
    ("referring long, multi", "referring", "long", "multi"),
)


FURTHER: tuple[tuple[str, str, str, str], ...] = (
    ("with boxes (GIQA): description", "giqa", "giqa_description", ""),
    ("with boxes (GIQA): yes", "giqa", "giqa_yes_no", "yes"),
    ("with boxes (GIQA): no", "giqa", "giqa_yes_no", "no"),
    ("with boxes (GIQA): what", "giqa", "giqa_what", ""),
    ("with boxes (GIQA): why", "giqa", "giqa_why", ""),
    ("with boxes (GIQA): how", "giqa", "giqa_how", ""),
    ("detailed (ViDA): all boxes", "vida_grounding", "detect", ""),
    ("detailed (ViDA): boxes of one flaw", "vida_grounding", "detect_one", ""),
    ("detailed (ViDA): box of a named flaw", "vida_grounding", "refer", ""),
    ("detailed (ViDA): flaws of a box", "vida_grounding", "region", ""),
    ("detailed (ViDA): choice", "vida_perception", "choice", ""),
    ("detailed (ViDA): open question", "vida_perception", "open", ""),
    ("detailed (ViDA): assessment", "vida_description", "assess", ""),
    ("detailed (ViDA): in brief", "vida_description", "brief", ""),
    ("detailed (ViDA): one flaw", "vida_description", "single", ""),
)
"""Lines of tasks that are off by default; they stand in a table where there are such rows."""


@dataclass
class Stats:
    """What is in a dataset.

    Args:
        rows: (task, sub-task, form, split) to rows.
        families: Family to degraded regions that carry it.
        types: Type to degraded regions that carry it.
        severities: Severity to steps.
        chains: Chain length to regions; 0 are clean annotated ones.
        writers: Writer to rows.
        images: Degraded pictures.
        pictures: Source pictures.
        rejects: (stage, reason) to rows.
    """

    rows: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    families: Counter[str] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)
    severities: Counter[int] = field(default_factory=Counter)
    chains: Counter[int] = field(default_factory=Counter)
    writers: Counter[str] = field(default_factory=Counter)
    images: int = 0
    pictures: int = 0
    rejects: Counter[tuple[str, str]] = field(default_factory=Counter)

    def count(self, task: str, sub_task: str, form: str, split: str) -> int:
        """Rows of a line of the table; an empty form or split means all."""
        return sum(
            number
            for (t, s, f, p), number in self.rows.items()
            if (t, s) == (task, sub_task) and form in ("", f) and split in ("", p)
        )


def summed(shards: Iterable[ShardSummary]) -> Stats:
    """What ``collect`` counts, from what each shard's ledger says; no file is read."""
    stats = Stats()
    for shard in shards:
        for name, number in shard.counts.items():
            kind, *rest = name.split(".")
            if kind == "rows":
                split, task, sub_task, form = rest
                stats.rows[task, sub_task, form, split] += number
            elif kind == "rejects":
                stats.rejects[rest[0], ".".join(rest[1:])] += number
        for name, number in shard.holds.items():
            kind, _, value = name.partition(".")
            _add(stats, kind, value, number)
    return stats


def _add(stats: Stats, kind: str, value: str, number: int) -> None:
    match kind:
        case "family":
            stats.families[value] += number
        case "type":
            stats.types[value] += number
        case "severity":
            stats.severities[int(value)] += number
        case "chain":
            stats.chains[int(value)] += number
        case "writer":
            stats.writers[value] += number
        case "images":
            stats.images += number
        case "pictures":
            stats.pictures += number


def collect(out: Path) -> Stats:
    """Count a dataset from its Parquet files; pictures are not read."""
    stats = Stats()
    names = ["task", "sub_task", "form", "split", "writer"]
    for file in sorted((out / DATA).glob("*.parquet")):
        columns = pq.read_table(readable(file), columns=names).to_pydict()
        stats.rows.update(zip(*(columns[name] for name in names[:4]), strict=True))
        stats.writers.update(columns["writer"])
    for file in sorted((out / RECORDS).glob("pictures-*.parquet")):
        stats.pictures += pq.read_metadata(readable(file)).num_rows
    for file in sorted((out / RECORDS).glob("degraded-*.parquet")):
        columns = pq.read_table(readable(file), columns=["image_id", "chain"]).to_pydict()
        stats.images += len(set(columns["image_id"]))
        for chain in columns["chain"]:
            stats.chains[len(chain)] += 1
            stats.families.update(step["family"] for step in chain)
            stats.types.update(step["type"] for step in chain)
            stats.severities.update(step["severity"] for step in chain)
    for file in sorted((out / REJECTS).glob("*.parquet")):
        columns = pq.read_table(readable(file), columns=["stage", "reason"]).to_pydict()
        stats.rejects.update(zip(columns["stage"], columns["reason"], strict=True))
    return stats


def task_lines(stats: Stats) -> list[tuple[str, int, int]]:
    """(name, train, test) per line of the paper's table, and of further tasks that occur."""
    occurring = [line for line in FURTHER if stats.count(*line[1:], "")]
    return [
        (name, stats.count(task, sub, form, "train"), stats.count(task, sub, form, "test"))
        for name, task, sub, form in (*ROWS, *occurring)
    ]


def render(stats: Stats) -> Group:
    """The tables that ``iqa-spider stats`` prints."""
    tasks = Table("task", title=f"{stats.pictures} pictures, {stats.images} degraded pictures")
    for head in ("train", "test", "share"):
        tasks.add_column(head, justify="right")
    lines = task_lines(stats)
    total = sum(train + test for _, train, test in lines)
    for name, train, test in lines:
        share = f"{(train + test) / total:.1%}" if total else ""
        tasks.add_row(name, str(train), str(test), share)
    tasks.add_section()
    tasks.add_row("all", str(sum(n[1] for n in lines)), str(sum(n[2] for n in lines)), "")
    return Group(
        tasks,
        _counts("families of degraded regions", stats.families),
        _counts("severities", stats.severities, in_order=True),
        _counts("chain lengths (0 = clean)", stats.chains, in_order=True),
        _counts("rejects", Counter({f"{s}: {r}": n for (s, r), n in stats.rejects.items()})),
    )


def _counts(title: str, counts: Counter[str] | Counter[int], in_order: bool = False) -> Table:
    table = Table("", title=title)
    table.add_column("count", justify="right")
    rows = sorted(counts.items()) if in_order else counts.most_common()
    for name, number in rows:
        table.add_row(Text(printable(name)), str(number))
    return table
