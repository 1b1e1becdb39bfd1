"""What ``iqa-spider stats`` prints beyond counts: shortcuts, and ours beside the published."""

from collections.abc import Iterable, Mapping

from rich.console import Group
from rich.table import Table
from rich.text import Text

from flows.dataset.statistics.published import family_lines, task_table
from flows.dataset.statistics.shortcuts import Shortcuts
from flows.dataset.statistics.stats import Stats
from flows.store.inside import printable


def render_shortcuts(found: Shortcuts) -> Group:
    """The tables of ``--shortcuts``."""
    title = f"guessed without the picture ({found.photographs} photographs)"
    names = "families told by a region's name (area under ROC curve)"
    return Group(
        _table(title, ("rows", "right", "blind"), found.lines()),
        _table(names, ("regions", "area"), found.areas()),
    )


def render_paper(stats: Stats) -> Group:
    """The tables of ``--paper``."""
    heads = ("rows", "paper", "share", "paper", "off")
    return Group(
        _table(
            "beside the published dataset (both splits; its training part)",
            heads,
            task_table(stats),
        ),
        _table("families of degraded regions", ("regions", "x mean"), family_lines(stats)),
    )


def render_wordings(lines: Mapping[str, Iterable[str]]) -> Group:
    """The table of ``--wordings``."""
    heads = ("wordings", "paper", "used", "rows")
    return Group(_table("how questions are worded (tables 10 to 18)", heads, lines))


def _table(title: str, heads: Iterable[str], rows: Mapping[str, Iterable[str]]) -> Table:
    table = Table("", title=title)
    for head in heads:
        table.add_column(head, justify="right", no_wrap=True)
    for name, values in rows.items():
        table.add_row(Text(printable(name)), *values)
    return table
