"""``iqa-spider push``: a dataset to the Hugging Face Hub."""

from pathlib import Path
from typing import Annotated

import typer


def run(
    dataset: Annotated[Path, typer.Argument(help="Folder that build made.")],
    repo: Annotated[str, typer.Argument(help="OWNER/NAME on the Hub.")],
    public: Annotated[
        bool, typer.Option("--public", help="Make a new repository public; private otherwise.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything, send nothing.")
    ] = False,
) -> None:
    """Send what the manifest lists; what has arrived already is not sent again."""
    from flows.dataset.push import push

    done = push(dataset, repo, not public, dry_run)
    if dry_run:
        for name in done.files:
            typer.echo(name)
    sent = "would be sent" if dry_run else "sent"
    typer.echo(f"{len(done.files)} files, {done.size / 1e6:.1f} MB {sent} to {repo}", err=True)
    if done.address:
        typer.echo(done.address)
