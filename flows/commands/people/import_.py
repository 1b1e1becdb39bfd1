"""``iqa-spider import``: what people marked in a labelling tool, to records a build can read."""

from pathlib import Path
from typing import Annotated

import typer


def run(
    images: Annotated[Path, typer.Option(help="Folder of the photographs.")],
    out: Annotated[Path, typer.Option(help="Folder of annotations to write.")],
    files: Annotated[
        list[Path] | None, typer.Argument(help="Exports: JSON, XML, index-mask PNGs.")
    ] = None,
    format: Annotated[
        str, typer.Option(help="auto, labelstudio, cvat, labelme, coco, via or index.")
    ] = "auto",
    vocabulary: Annotated[
        Path | None, typer.Option(help="TOML table of words; else the one that ships.")
    ] = None,
    unknown: Annotated[str, typer.Option(help="Unknown flaws: reject or other.")] = "reject",
    scores: Annotated[Path | None, typer.Option(help="KonIQ's table of opinion scores.")] = None,
    table: Annotated[Path | None, typer.Option(help="Names of mask indices.")] = None,
    share: Annotated[
        float, typer.Option(help="Of those who marked a region, how many must mark a pixel.")
    ] = 0.5,
    votes: Annotated[
        float | None,
        typer.Option(help="Share of voters in --scores that flaws an unmarked picture as a whole."),
    ] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file; how pictures are read.")] = None,
) -> int:
    """Import annotations; exit status 3 when something was left out."""
    from flows.human.command import run_import

    return run_import(
        files or [],
        images,
        out,
        format,
        vocabulary,
        unknown,
        scores,
        table,
        config,
        share,
        votes,
    )
