"""``iqa-spider segment``: the regions of photographs, once, for any number of builds."""

from typing import Annotated

import typer

from flows.commands import options
from schemas.errors import ExitStatus


def run(
    sources: Annotated[list[str], typer.Argument(help=options.SOURCES_HELP)],
    out: Annotated[
        str,
        typer.Option(metavar="DIR|URL", help="Folder of the stage; new, or of the same run."),
    ],
    config: options.Config = None,
    set_: options.Set = None,
    regions: options.Regions = None,
    device: options.Device = None,
    sam_checkpoint: options.SamCheckpoint = None,
    sam_type: options.SamType = None,
    label_models: options.LabelModels = None,
    seed: options.Seed = None,
    workers: options.Workers = None,
    engine: options.Engine = None,
    address: options.Address = None,
    limit: options.Limit = None,
    shard_size: options.ShardSize = None,
    verbose: options.Verbose = False,
) -> int:
    """Propose regions and store them; build reads them with --regions stored:DIR."""
    from rich.console import Console

    from flows.run.closing import counts_table
    from flows.run.command import run_segment
    from flows.store.place import place

    settings = options.run_settings(
        config,
        set_,
        regions=regions,
        device=device,
        sam_checkpoint=sam_checkpoint,
        sam_type=sam_type,
        label_models=label_models,
        seed=seed,
        workers=workers,
        engine=engine,
        address=address,
        limit=limit,
        shard_size=shard_size,
    )
    console = Console(stderr=True)
    summary = run_segment(sources, place(out), settings, console, verbose)
    console.print(counts_table(summary.counts))
    line = (
        f"use it: iqa-spider build ... --regions stored:{out}; "
        f"look at it: iqa-spider show {out} 0 --out regions.png"
    )
    console.print(line, highlight=False, soft_wrap=True, markup=False)
    return ExitStatus.WITH_REJECTS if summary.left_out else ExitStatus.CLEAN
