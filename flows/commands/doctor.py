"""``iqa-spider doctor``: what works on this machine, and what to run where something does not."""

from pathlib import Path
from typing import Annotated

import typer


def run(
    config: Annotated[Path | None, typer.Option(help="TOML file; names the weights.")] = None,
    strict: Annotated[bool, typer.Option(help="Exit status 1 unless everything works.")] = False,
) -> int:
    """Look at extras, device and weights."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from flows.doctor import examine
    from schemas.config import RunConfig

    findings = examine(RunConfig.load(config))
    table = Table("", "works", "found", "what to run")
    for finding in findings:
        cells = (finding.what, "yes" if finding.ok else "no", finding.found, finding.help)
        table.add_row(*(Text(cell, overflow="fold") for cell in cells))
    Console(width=160).print(table)
    return 1 if strict and not all(finding.ok for finding in findings) else 0
