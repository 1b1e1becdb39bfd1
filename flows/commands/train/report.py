"""``iqa-spider report``: the tables of the paper, ours beside theirs."""

from pathlib import Path
from typing import Annotated

import typer


def run(
    folders: Annotated[
        list[Path],
        typer.Argument(help="Datasets, folders of evaluate and ablate, reported studies."),
    ],
    out: Annotated[Path, typer.Option(help="HTML file.")],
    note: Annotated[
        str, typer.Option(help="Stands at every table, e.g. which models it was measured on.")
    ] = "",
) -> None:
    """Join results into one page, beside the paper's numbers where they are known."""
    from flows.looking.paper.page import write_page

    for line in write_page(folders, out, note):
        typer.echo(f"not on it: {line}")
    typer.echo(f"page       {out}")
