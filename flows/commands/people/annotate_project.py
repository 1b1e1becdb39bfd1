"""``iqa-spider annotate-project``: a project for a labelling tool, with proposals to correct."""

from pathlib import Path
from typing import Annotated

import typer

from flows.commands import options
from schemas.errors import ExitStatus


def run(
    sources: Annotated[list[str], typer.Argument(help=options.SOURCES_HELP)],
    out: Annotated[Path, typer.Option(help="New folder of the project.")],
    tool: Annotated[str, typer.Option(help="labelstudio or cvat.")] = "labelstudio",
    regions: options.Regions = None,
    limit: options.Limit = None,
    workers: Annotated[int | None, typer.Option(help="Pictures worked on at once.")] = None,
    config: options.Config = None,
    set_: options.Set = None,
) -> int:
    """Write pictures, outlines and vocabulary, so that people correct instead of draw."""
    from rich.console import Console
    from rich.progress import Progress

    from flows.human.project import how_to_start, make_project
    from flows.looking.gallery.types import write_families, write_instructions

    settings = options.run_settings(config, set_, regions=regions, limit=limit, workers=workers)
    console = Console(stderr=True)
    # where it cannot draw, rich leaves an empty line in place of the bar
    with Progress(console=console, transient=True, disable=not console.is_interactive) as bar:
        line = bar.add_task("pictures", total=None)
        number, rejects = make_project(
            sources, out, tool, settings, lambda n, of: bar.update(line, completed=n, total=of)
        )
    write_families(out / "flaws.html")
    if tool == "labelstudio":
        write_instructions(out)
    for reject in rejects:
        typer.echo(f"left out: {reject.subject}: {reject.reason}: {reject.detail}", err=True)
    typer.echo(f"{out}: {number} pictures\n{how_to_start(tool, out)}")
    return ExitStatus.WITH_REJECTS if rejects else ExitStatus.CLEAN
