"""``iqa-spider show``: one row, drawn."""

from pathlib import Path
from typing import Annotated

import typer


def run(
    dataset: Path,
    row: Annotated[str, typer.Argument(help="Row id, or number from 0.")],
    out: Annotated[Path, typer.Option(help="PNG to write.")],
    source: Annotated[
        list[str] | None, typer.Option(help="Where the photographs lie, as given to build.")
    ] = None,
) -> None:
    """Draw a degraded picture beside its source with mask, question and answer."""
    from flows.manifest import read_manifest
    from flows.pictures import write_png
    from flows.show import draw
    from flows.sourcing import SourceImages

    read_manifest(dataset)
    write_png(out, draw(dataset, row, SourceImages(dataset, source or []).load))
    typer.echo(str(out))
