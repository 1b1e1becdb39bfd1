"""``iqa-spider augment``: new rows of a dataset's rows, every one of them true."""

from pathlib import Path
from typing import Annotated

import typer

from flows.commands import options


def run(
    dataset: Annotated[Path, typer.Argument(help="Folder that build --tasks vida made.")],
    out: Annotated[Path, typer.Option(help="Folder of the new rows; the same command resumes it.")],
    config: Annotated[Path | None, typer.Option(help="augment.toml; --set goes on top.")] = None,
    set_: options.Set = None,
    seed: Annotated[int | None, typer.Option(help="Of every keyed draw.")] = None,
) -> None:
    """Mirror, crop and ask anew; a dataset of its own, to be mixed with its parent."""
    from flows.training.data.offline import augment_dataset
    from schemas.settings.training import OfflineConfig

    settings = options.merged(OfflineConfig, config, set_, {"seed": seed})
    report = augment_dataset(dataset, out, settings)
    for name, number in report["made"].items():
        typer.echo(f"{name}: {number}")
    for name, number in report["refused"].items():
        typer.echo(f"refused, {name}: {number}")
    typer.echo(f"rows: {report['rows']}, in {out}")
