"""``python -m distortions``: print the table of types that ``distortions/README.md`` holds."""

import sys

from distortions import FAMILIES, types_of
from distortions.registry import Distortion


def gallery() -> str:
    """The built-in types as a Markdown table."""
    lines = [
        "| family | type | a viewer sees | levels 1..5 | looks | DQ-495K |",
        "|---|---|---|---|---|---|",
    ]
    lines += [_row(entry) for family in FAMILIES for entry in types_of(family) if not entry.outside]
    return "\n".join(lines) + "\n"


def _row(entry: Distortion) -> str:
    fixed = [name for name in entry.parameters if name not in entry.draws]
    levels = "; ".join(", ".join(f"{value:g}" for value in level) for level in entry.levels)
    reaches = [entry.reach(entry.resolve(severity)) for severity in (1, 5)]
    looks = "whole picture" if None in reaches else f"{reaches[0]}..{reaches[1]} px"
    looks = "itself" if reaches == [0, 0] and entry.domain == "pixel" else looks
    looks = {"region": "region statistics", "crop": "codec on the crop"}.get(entry.domain, looks)
    reference = f"`{entry.dq495k}`" if entry.dq495k else ""
    return (
        f"| {entry.family} | `{entry.name}` | {entry.summary} "
        f"| {', '.join(fixed)}: {levels} | {looks} | {reference} |"
    )


if __name__ == "__main__":
    sys.stdout.write(gallery())
