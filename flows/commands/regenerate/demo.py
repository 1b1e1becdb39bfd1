"""``iqa-spider demo``: the photographs that scikit-image carries, end to end."""

from pathlib import Path
from typing import Annotated

import typer

from flows.commands import options


def run(
    out: Annotated[Path, typer.Option(help="Where the dataset goes.")] = Path("iqa-spider-demo"),
    look: options.Look = True,
) -> None:
    """Build a small dataset from photographs that are already here, and say where to look."""
    from rich.console import Console

    from flows.run.closing import closing
    from flows.run.demo import run_demo

    console = Console(stderr=True)
    made = run_demo(out, console, look)
    console.print(closing(made.summary))
    if made.look:
        typer.echo(f"look       {made.look}")
    typer.echo(f"card       {out / 'README.md'}")
    typer.echo(f"figures    {out / 'figures'}")
    typer.echo(f"one row    {made.row}")
    typer.echo(f"load it    datasets.load_dataset({str(out)!r}, 'grounding', split={made.split!r})")
    typer.echo(f"           or in Python: iqa_spider.open({str(out)!r})[0]")
