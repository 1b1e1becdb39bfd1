"""How questions are worded: ours beside the published pools.

Source: IQA-Spider (arXiv 2605.24553), tables 10 to 18: 17 local, 26 global, 24 hybrid (half most,
half least), 16 single (the same), 18 order (6 each), 14, 14, 14 and 13 referring questions. The
wordings themselves are our own.
"""

from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq

from annotators.questions.pools import builtin_pools
from flows.store.layout import DATA
from flows.store.place import readable

PUBLISHED: tuple[tuple[str, tuple[str, ...], int], ...] = (
    ("local description", ("local_description",), 17),
    ("global description", ("global_description",), 26),
    ("HyD-G: most", ("hybrid_most",), 12),
    ("HyD-G: least", ("hybrid_least", "hybrid_least_degraded"), 12),
    ("SiD-G: most", ("single_most",), 8),
    ("SiD-G: least", ("single_least",), 8),
    ("DAO-G: one, then another", ("order_pair",), 6),
    ("DAO-G: first", ("order_first",), 6),
    ("DAO-G: last", ("order_last",), 6),
    ("referring short, single", ("short_single",), 14),
    ("referring short, multi", ("short_multi",), 14),
    ("referring long, single", ("long_single",), 14),
    ("referring long, multi", ("long_multi",), 13),
    ("referring, number not told", ("short_any", "long_any", "short_set", "long_set"), 0),
)
"""Name, our pools, and wordings that are published; 0 where there is nothing like it."""


class Worded(NamedTuple):
    """A line of the table.

    Args:
        name: What is asked.
        published: Wordings of the paper's pool; 0 where it has none.
        wordings: Of the pools that ship.
        rows: Of the dataset that were asked from them.
        used: Different wordings among these.
    """

    name: str
    published: int
    wordings: int
    rows: int
    used: int


def worded(out: Path) -> list[Worded]:
    """Every line, from the rows of a dataset."""
    asked: dict[str, list[str]] = defaultdict(list)
    for file in sorted((out / DATA).glob("*.parquet")):
        for drawn in pq.read_table(readable(file), columns=["pool"])["pool"].to_pylist():
            asked[drawn.partition(":")[0]].append(drawn)
    held = builtin_pools().wordings
    lines = []
    for name, pools, published in PUBLISHED:
        drawn = [one for pool in pools for one in asked[pool]]
        own = {wording for pool in pools for wording in held[pool]}
        lines.append(Worded(name, published, len(own), len(drawn), len(set(drawn))))
    return lines


def wording_table(out: Path) -> dict[str, tuple[str, ...]]:
    """The lines as text."""
    return {
        line.name: (
            str(line.wordings),
            str(line.published) if line.published else "",
            str(line.used),
            str(line.rows),
        )
        for line in worded(out)
    }
