"""``iqa-spider stats``: counts of a dataset."""

from pathlib import Path

import typer


def run(dataset: Path) -> None:
    """Count a dataset in the form of the paper's table."""
    from rich.console import Console

    from flows.dataset.stats import collect, render
    from flows.store.layout import read_manifest

    read_manifest(dataset)
    Console(width=100 if not typer.get_text_stream("stdout").isatty() else None).print(
        render(collect(dataset))
    )
