"""``iqa-spider doctor``: what works on this machine, and what to run where something does not."""

import os
from pathlib import Path
from typing import Annotated

import typer


def run(
    config: Annotated[Path | None, typer.Option(help="TOML file; names the weights.")] = None,
    endpoint: Annotated[str | None, typer.Option(help="Server to test, too.")] = None,
    model: Annotated[str, typer.Option(help="Model to ask the server for.")] = "",
    api_key_env: Annotated[str, typer.Option(help="Environment variable that holds the key.")] = "",
    strict: Annotated[bool, typer.Option(help="Exit status 1 unless everything works.")] = False,
) -> int:
    """Look at extras, device and weights."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from flows.doctor import examine
    from schemas.config import RunConfig

    findings = examine(RunConfig.load(config))
    if endpoint:
        from flows.doctor import check_endpoint

        findings += check_endpoint(endpoint, model, os.environ.get(api_key_env, ""))
    table = Table("", "works", "found", "what to run")
    for finding in findings:
        cells = (finding.what, "yes" if finding.ok else "no", finding.found, finding.help)
        table.add_row(*(Text(cell, overflow="fold") for cell in cells))
    Console(width=160).print(table)
    return 1 if strict and not all(finding.ok for finding in findings) else 0
