"""``iqa-spider merge``: several datasets as one."""

from pathlib import Path
from typing import Annotated

import typer


def run(
    datasets: Annotated[list[Path], typer.Argument(help="Folders that build made, two or more.")],
    out: Annotated[Path, typer.Option(help="The new dataset; a new folder.")],
) -> None:
    """Put datasets together; refused where rows, splits or measures would not fit each other."""
    from flows.dataset.joining import merge
    from flows.looking.gallery.page import SMALL_ROWS, write_gallery

    made = merge(datasets, out)
    write_gallery(out, rows=SMALL_ROWS)
    typer.echo(f"{out}: {made.rows} rows of {len(datasets)} datasets")
