"""``iqa-spider segment``: the regions of photographs, once, for any number of builds."""

from pathlib import Path
from typing import Annotated

import typer


def run(
    sources: Annotated[
        list[str], typer.Argument(help="Folders, lists (.txt), pictures, .parquet or .tar files.")
    ],
    out: Annotated[Path, typer.Option(help="Folder of the stage; new, or of the same run.")],
    config: Annotated[Path | None, typer.Option(help="TOML file; flags lie on top.")] = None,
    regions: Annotated[str | None, typer.Option(help="ssa, segments or coco:FILE.")] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu, cuda, ... for ssa.")] = None,
    sam_checkpoint: Annotated[
        str | None, typer.Option(help="A .pth file, or a folder or hub name of transformers.")
    ] = None,
    sam_type: Annotated[str | None, typer.Option(help="vit_h, vit_l or vit_b.")] = None,
    label_models: Annotated[
        str | None, typer.Option(help="Of segmenters,caption,clip,clipseg; comma separated.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed; decides the splits.")] = None,
    workers: Annotated[int | None, typer.Option(help="Shards worked on at once.")] = None,
    limit: Annotated[int | None, typer.Option(help="Use only the first so many files.")] = None,
    shard_size: Annotated[int | None, typer.Option(help="Photographs per shard.")] = None,
    verbose: Annotated[bool, typer.Option(help="Let Prefect log, too.")] = False,
) -> int:
    """Propose regions and store them; build reads them with --regions stored:DIR."""
    from flows.run.command import run_segment_command
    from schemas.config import RunConfig

    settings = RunConfig.load(
        config,
        {
            "regions.source": regions,
            "regions.ssa.device": device,
            "regions.ssa.sam_checkpoint": sam_checkpoint,
            "regions.ssa.sam_type": sam_type,
            "regions.ssa.label_models": label_models.split(",") if label_models else None,
            "seed": seed,
            "run.workers": workers,
            "limit": limit,
            "shard_size": shard_size,
        },
    )
    return run_segment_command(sources, out, settings, verbose)
