"""Tables and numbers of a report in Markdown."""

from collections.abc import Sequence
from typing import Any

from flows.evaluation.intervals import Estimate

ABSENT = "-"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table, numbers to the right, and an empty line."""
    rule = ["---", *["---:"] * (len(heads) - 1)]
    return [f"| {' | '.join(row)} |" for row in (heads, rule, *rows)] + [""]


def number(found: Any, interval: bool = False, digits: int = 3) -> str:
    """``.527``-like numbers as ``0.527``, with the interval if asked; a dash for none."""
    estimate = found if isinstance(found, Estimate) else Estimate(found)
    if estimate.value is None:
        return ABSENT
    text = f"{estimate.value:.{digits}f}"
    if interval and estimate.low is not None and estimate.high is not None:
        text += f" [{estimate.low:.{digits}f}, {estimate.high:.{digits}f}]"
    return text
