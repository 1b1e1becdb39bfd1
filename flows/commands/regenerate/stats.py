"""``iqa-spider stats``: counts of a dataset."""

from pathlib import Path
from typing import Annotated

import typer


def run(
    dataset: Path,
    shortcuts: Annotated[
        bool,
        typer.Option("--shortcuts", help="How well answers can be guessed without the picture."),
    ] = False,
) -> None:
    """Count a dataset in the form of the paper's table."""
    from rich.console import Console

    from flows.dataset.shortcuts import measure
    from flows.dataset.stats import collect, render, render_shortcuts
    from flows.store.layout import read_manifest

    read_manifest(dataset)
    console = Console(width=100 if not typer.get_text_stream("stdout").isatty() else None)
    console.print(render_shortcuts(measure(dataset)) if shortcuts else render(collect(dataset)))
