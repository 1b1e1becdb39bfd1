"""``iqa-spider export``: a dataset in the form of another trainer."""

from pathlib import Path
from typing import Annotated

import typer


def run(
    dataset: Annotated[str, typer.Argument(metavar="DIR|URL", help="What build made.")],
    format: Annotated[
        str, typer.Option(help="trl, sharegpt, swift, llava, jsonl, vida, diag or coco.")
    ],
    out: Annotated[Path, typer.Option(help="New folder.")],
    absolute: Annotated[
        bool, typer.Option("--absolute", help="Absolute paths of pictures.")
    ] = False,
) -> None:
    """Write the records and, once each, the pictures."""
    from flows.dataset.export import export
    from flows.store.place import place

    for name, number in export(place(dataset), out, format, absolute).items():
        typer.echo(f"{name}: {number}")
