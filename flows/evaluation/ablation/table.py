"""The table of an ablation: mixtures, what they hold, what came of them."""

from collections.abc import Mapping
from typing import Any

from flows.evaluation import markdown, report
from flows.evaluation.intervals import Estimate

_OTHERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Q-Bench", ("qbench", "groups", "all", "strict")),
    ("SRCC", ("scores", "systems", report.MODEL, "srcc")),
    ("PLCC", ("scores", "systems", report.MODEL, "plcc")),
)


def scores_of(results: Mapping[str, Any]) -> dict[str, Any]:
    """Column to estimate, in the order of the table; what was not evaluated is not there."""
    model = results.get("benchmark", {}).get("systems", {}).get(report.MODEL, {})
    found = {head: report.cell(model, path) for head, path in report.PAPER}
    for head, path in _OTHERS:
        part: Any = results
        for name in path:
            part = part.get(name) if isinstance(part, Mapping) else None
        found[head] = part
    return {head: estimate for head, estimate in found.items() if estimate is not None}


def table(found: Mapping[str, Mapping[str, Any]]) -> str:
    """The rows as Markdown, with 95 % intervals; columns that nobody has are left out."""
    heads = list(dict.fromkeys(head for row in found.values() for head in row["scores"]))
    sources = list(dict.fromkeys(name for row in found.values() for name in row["sources"]))
    lines = [
        [
            name,
            *(str(row["sources"].get(source, 0)) for source in sources),
            *(markdown.number(_estimate(row["scores"].get(head)), True) for head in heads),
        ]
        for name, row in found.items()
    ]
    return "\n".join(markdown.table(["", *(f"rows of {s}" for s in sources), *heads], lines))


def _estimate(plain: Mapping[str, Any] | None) -> Estimate:
    return Estimate(**plain) if plain else Estimate(None)
