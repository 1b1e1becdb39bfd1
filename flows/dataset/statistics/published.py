"""A dataset beside the published one: shares of tasks, and how even families are.

Source: IQA-Spider (arXiv 2605.24553), table 7, training part; the sub-tasks of grounding as shares
of all grounding questions.
"""

from typing import NamedTuple

from flows.dataset.statistics.stats import Stats

TASKS: tuple[tuple[str, str, str, int], ...] = (
    ("global description", "global_description", "", 3251),
    ("local description", "local_description", "", 9742),
    ("grounding", "grounding", "", 11669),
    ("referring short", "referring", "short", 4506),
    ("referring long", "referring", "long", 4222),
)
"""Name, task, sub-task (empty is all) and rows of the published training part."""
SUB_TASKS: tuple[tuple[str, str, float], ...] = (
    ("of grounding: accumulation order (DAO-G)", "accumulation_order", 0.54),
    ("of grounding: hybrid intensity (HyD-G)", "hybrid_intensity", 0.31),
    ("of grounding: single intensity (SiD-G)", "single_intensity", 0.15),
)
"""Name, sub-task and its share of grounding."""


class Beside(NamedTuple):
    """One line of ours beside theirs.

    Args:
        name: What is counted.
        ours: Rows here.
        theirs: Rows there; ``None`` where only the share is known.
        share: Of ours, in all tasks or in grounding.
        published: Of theirs.
    """

    name: str
    ours: int
    theirs: int | None
    share: float
    published: float

    @property
    def off(self) -> float:
        """How far our share is from theirs, as a part of theirs."""
        return self.share / self.published - 1


def beside(stats: Stats) -> list[Beside]:
    """Every line of the published table; rows of other tasks are left out of the shares."""
    rows = [_rows(stats, task, sub) for _, task, sub, _ in TASKS]
    ours, theirs = sum(rows), sum(task[3] for task in TASKS)
    lines = [
        Beside(name, number, there, _share(number, ours), there / theirs)
        for number, (name, _, _, there) in zip(rows, TASKS, strict=True)
    ]
    grounding = _rows(stats, "grounding", "")
    for name, sub_task, share in SUB_TASKS:
        number = _rows(stats, "grounding", sub_task)
        lines.append(Beside(name, number, None, _share(number, grounding), share))
    return lines


def family_lines(stats: Stats) -> dict[str, tuple[str, ...]]:
    """Family to regions that carry it, and how often it is beside the mean of all families."""
    mean = sum(stats.families.values()) / max(1, len(stats.families))
    return {
        name: (str(number), f"{number / mean:.2f}") for name, number in stats.families.most_common()
    }


def task_table(stats: Stats) -> dict[str, tuple[str, ...]]:
    """The lines as text: rows, published rows, share, published share, how far off."""
    return {
        line.name: (
            str(line.ours),
            "" if line.theirs is None else str(line.theirs),
            f"{line.share:.1%}",
            f"{line.published:.1%}",
            f"{line.off:+.0%}",
        )
        for line in beside(stats)
    }


def _rows(stats: Stats, task: str, sub_task: str) -> int:
    return sum(
        number for (t, s, _, _), number in stats.rows.items() if t == task and sub_task in ("", s)
    )


def _share(number: int, every: int) -> float:
    return number / every if every else 0.0
