"""``iqa-spider status``: how far a run is, asked from another terminal or machine."""

from typing import Annotated

import typer

from schemas.errors import ExitStatus


def run(
    out: Annotated[
        str, typer.Argument(metavar="DIR|URL", help="Folder of a run, going on or ended.")
    ],
) -> int:
    """Show stages, shards, rates and what was left out of a run."""
    from rich.console import Console

    from flows.run.status import look, render
    from flows.store.place import place

    Console().print(render(look(place(out))))
    return ExitStatus.CLEAN
