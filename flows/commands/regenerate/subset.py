"""``iqa-spider subset``: some rows of a dataset as a dataset."""

from pathlib import Path
from typing import Annotated

import typer


def run(
    dataset: Annotated[Path, typer.Argument(help="Folder that build made.")],
    where: Annotated[
        str,
        typer.Option(help="SQL condition: \"task = 'grounding' and grade = 'severe'\"."),
    ],
    out: Annotated[Path, typer.Option(help="The new dataset; a new folder.")],
) -> None:
    """Copy the rows that fit, with their pictures, regions, a card and a manifest."""
    from flows.dataset.joining import subset
    from flows.looking.gallery.page import SMALL_ROWS, write_gallery

    made = subset(dataset, where, out)
    write_gallery(out, rows=SMALL_ROWS)
    typer.echo(f"{out}: {made.rows} of {made.rows + made.left} rows")
