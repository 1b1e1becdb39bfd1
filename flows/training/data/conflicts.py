"""Rows that cannot both be true: the same picture and the same question with other answers.

Only what is surely the same picture counts: the same file, or the same degraded picture of the same
dataset. Answers are compared by their words; free text about one question may well be worded in
several ways, so the report lists what it found and refuses nothing.
"""

import re
from collections.abc import Sequence
from typing import Any

from flows.training.data.example import Source

SHOWN = 20
LONGEST = 5
"""Answers of more words are free text, in which other words are no contradiction."""


def conflicts(sources: Sequence[Source], pools: Sequence[Sequence[int]]) -> dict[str, Any]:
    """How many questions have contradicting answers, and the first of them.

    Args:
        sources: Opened.
        pools: For each the rows that may be used.
    """
    first: dict[tuple[str, str], tuple[str, str]] = {}
    clashing: dict[tuple[str, str], list[str]] = {}
    for source, pool in zip(sources, pools, strict=True):
        for row in sorted(pool):
            example = source.example(row)
            question, answer = example.turns[-1]
            said = _words(answer)
            if len(example.turns) > 1 or len(said.split()) > LONGEST:
                continue
            key = source.picture(row), _words(question)
            row_id, before = first.setdefault(key, (example.row_id, said))
            if before != said:
                clashing.setdefault(key, [row_id]).append(example.row_id)
    listed = [{"question": q, "rows": rows} for (_, q), rows in list(clashing.items())[:SHOWN]]
    return {"questions": len(clashing), "first": listed}


def _words(text: str) -> str:
    return " ".join(re.findall(r"[\w|<>(),]+", text.lower()))
