"""``iqa-spider stats``: counts of a dataset."""

from typing import Annotated

import typer


def run(
    dataset: Annotated[str, typer.Argument(metavar="DIR|URL", help="What build made.")],
    shortcuts: Annotated[
        bool,
        typer.Option("--shortcuts", help="How well answers can be guessed without the picture."),
    ] = False,
    paper: Annotated[
        bool, typer.Option("--paper", help="Shares beside those of the published dataset.")
    ] = False,
    wordings: Annotated[
        bool, typer.Option("--wordings", help="Wordings of questions beside the published pools.")
    ] = False,
) -> None:
    """Count a dataset in the form of the paper's table."""
    from rich.console import Console

    from flows.dataset.statistics.shortcuts import measure
    from flows.dataset.statistics.stats import collect, render
    from flows.dataset.statistics.tables import render_paper, render_shortcuts, render_wordings
    from flows.dataset.statistics.wordings import wording_table
    from flows.store.layout import require_dataset
    from flows.store.place import place

    where = place(dataset)
    require_dataset(where)
    console = Console(width=100 if not typer.get_text_stream("stdout").isatty() else None)
    if shortcuts:
        console.print(render_shortcuts(measure(where)))
    if paper:
        console.print(render_paper(collect(where)))
    if wordings:
        console.print(render_wordings(wording_table(where)))
    if not shortcuts and not paper and not wordings:
        console.print(render(collect(where)))
