"""``iqa-spider import``: what people marked in a labelling tool, to records a build can read."""

from pathlib import Path
from typing import Annotated

import typer

from flows.commands import options
from schemas.errors import ExitStatus


def run(
    images: Annotated[Path, typer.Option(help="Folder of the photographs.")],
    out: Annotated[Path, typer.Option(help="Folder of annotations to write.")],
    files: Annotated[
        list[Path] | None, typer.Argument(help="Exports: JSON, XML, index-mask PNGs.")
    ] = None,
    format: Annotated[
        str, typer.Option(help="auto, labelstudio, cvat, labelme, coco, via, vida or index.")
    ] = "auto",
    vocabulary: Annotated[
        Path | None,
        typer.Option(help="TOML table of words, or '12 families'; else ours."),
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
    config: options.Config = None,
    set_: options.Set = None,
) -> int:
    """Import annotations; exit status 3 when something was left out."""
    from rich.console import Console

    from flows.human.command import ImportSettings, closing_lines, report_table, run_import

    ingest = options.run_settings(config, set_).ingest
    found = run_import(
        out,
        ImportSettings(
            images=images,
            files=tuple(files or ()),
            kind=format,
            vocabulary=vocabulary,
            unknown=unknown,
            scores=scores,
            table=table,
            share=share,
            votes=votes,
            ingest=ingest,
        ),
    )
    console = Console(stderr=True)
    console.print(report_table(found.report))
    for line in closing_lines(found.report, out):
        console.print(line, highlight=False, soft_wrap=True, markup=False)
    return ExitStatus.WITH_REJECTS if found.left_out else ExitStatus.CLEAN
