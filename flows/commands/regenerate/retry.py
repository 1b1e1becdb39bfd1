"""``iqa-spider retry``: what was rejected for one reason is tried again by the next run."""

from typing import Annotated

import typer

from schemas.errors import ExitStatus


def run(
    out: Annotated[str, typer.Argument(metavar="DIR|URL", help="Folder of a run that ended.")],
    rejects: Annotated[str, typer.Option(help="The reason, as stats and status name it.")],
) -> int:
    """Take back what was left out for one reason; the same command then tries it again."""
    from flows.run.retry import retry
    from flows.store.place import place

    found = retry(place(out), rejects.rsplit(".", 1)[-1])
    typer.echo(
        f"{found.rejects} rejects in {len(found.shards)} shards, {found.answers} answers to be "
        "asked for again; now run the same build command (or --shards and --finish)"
    )
    return ExitStatus.CLEAN
