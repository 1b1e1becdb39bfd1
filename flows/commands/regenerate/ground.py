"""``iqa-spider ground``: texts about pictures to descriptions and questions with boxes."""

from pathlib import Path
from typing import Annotated

import typer

from flows.commands import options


def run(
    source: Annotated[
        Path, typer.Argument(help="CSV or JSON: image and text, or LLaVA, DQ-495K, ViDA records.")
    ],
    out: Annotated[Path, typer.Option(help="New folder, or that of the same run.")],
    images: Annotated[Path | None, typer.Option(help="Folder of the pictures.")] = None,
    config: options.Config = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Any setting, e.g. merge.area=0.01."),
    ] = None,
    endpoint: Annotated[
        list[str] | None, typer.Option(help="Server of the model that writes; may be repeated.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="Model that writes.")] = None,
    vision_endpoint: Annotated[
        list[str] | None, typer.Option(help="Server of the model that sees; else the same.")
    ] = None,
    vision_model: Annotated[
        str | None, typer.Option(help="Model that sees; else the same.")
    ] = None,
    detector: Annotated[str | None, typer.Option(help="grounding-dino or endpoint.")] = None,
    weights: Annotated[str | None, typer.Option(help="Folder or hub name of its weights.")] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu, cuda, ... for it.")] = None,
    limit: Annotated[int | None, typer.Option(help="Use only the first so many texts.")] = None,
    shard_size: Annotated[int | None, typer.Option(help="Texts per shard.")] = None,
    seed: options.Seed = None,
) -> None:
    """Triplets, boxes, filter, merge, questions; the same command goes on where it was."""
    from flows.grounding.command import ground
    from schemas.settings.grounding import GroundConfig

    settings = options.merged(
        GroundConfig,
        config,
        set_,
        {
            "images": str(images) if images else None,
            "language.endpoints": endpoint or None,
            "language.model": model,
            "vision.endpoints": vision_endpoint or None,
            "vision.model": vision_model,
            "detect.detector": detector,
            "detect.model": weights,
            "detect.device": device,
            "limit": limit,
            "shard_size": shard_size,
            "seed": seed,
        },
    )
    done = ground(source, out, settings)
    for name, number in done["records"].items():
        typer.echo(f"{name}: {number}")
    for stage, counts in done["stages"].items():
        for what, number in counts.items():
            if what.startswith("dropped."):
                typer.echo(f"{stage}: {what.removeprefix('dropped.')}: {number}")
