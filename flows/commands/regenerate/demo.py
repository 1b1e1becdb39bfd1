"""``iqa-spider demo``: the photographs that scikit-image carries, end to end."""

from pathlib import Path
from typing import Annotated

import typer


def run(
    out: Annotated[Path, typer.Option(help="Where the dataset goes.")] = Path("iqa-spider-demo"),
) -> int:
    """Build a small dataset with no other input and say where to look."""
    from flows.run.demo import run_demo

    return run_demo(out)
