"""The closing table: what a run made, left out, and how long it took."""

from collections.abc import Sequence

from rich.table import Table

from flows.dataset.balance import RunSummary, writing
from flows.dataset.statistics.stats import FURTHER, ROWS, summed
from flows.store.ledger import ShardSummary
from schemas.counts import PICTURES_UNREACHED

MOST_REASONS = 12


def closing(summary: RunSummary) -> Table:
    """The table at the end of ``build``."""
    table = counts_table(
        {
            "files looked at": summary.candidates,
            "photographs used": summary.pictures,
            "degraded pictures": summary.images,
        }
    )
    if summary.counts.get(PICTURES_UNREACHED):
        table.add_row("photographs not needed", str(summary.counts[PICTURES_UNREACHED]))
    table.add_section()
    for line in (*ROWS, *FURTHER):
        name, task, sub_task, form = line
        number = sum(
            count
            for kind, count in summary.rows.items()
            if kind.split(".")[1:3] == [task, sub_task] and form in ("", kind.split(".")[3])
        )
        if number or line in ROWS:
            table.add_row(name, str(number))
    table.add_row("rows", str(sum(summary.rows.values())))
    table.add_section()
    for kind, (passed, refused) in writing(summary.counts).items():
        if refused:
            share = passed / (passed + refused)
            table.add_row(f"passed: {kind}", f"{passed} ({share:.0%} of texts)")
    table.add_section()
    reasons = sorted(summary.rejects.items(), key=lambda item: -item[1])
    for reason, count in reasons[:MOST_REASONS]:
        table.add_row(f"left out: {reason}", str(count))
    table.add_section()
    for stage, spent in summary.seconds.items():
        rate = summary.candidates / spent if spent else 0.0
        table.add_row(f"{stage}, seconds", f"{spent:.1f} ({rate:.1f}/s)")
    return table


def slice_counts(shards: Sequence[ShardSummary]) -> dict[str, int]:
    """What some shards of a run hold."""
    counts = summed(shards)
    return {
        "shards": len(shards),
        "photographs used": counts.pictures,
        "degraded pictures": counts.images,
        "rows": sum(counts.rows.values()),
        "left out": sum(counts.rejects.values()),
    }


def counts_table(counts: dict[str, int]) -> Table:
    """Names and numbers."""
    table = Table("", title="done")
    table.add_column("count", justify="right")
    for name, number in counts.items():
        table.add_row(name, str(number))
    return table
