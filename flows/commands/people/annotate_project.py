"""``iqa-spider annotate-project``: a project for a labelling tool, with proposals to correct."""

from pathlib import Path
from typing import Annotated

import typer

from schemas.errors import ExitStatus


def run(
    sources: Annotated[list[str], typer.Argument(help="Photographs, as for build.")],
    out: Annotated[Path, typer.Option(help="New folder of the project.")],
    tool: Annotated[str, typer.Option(help="labelstudio or cvat.")] = "labelstudio",
    regions: Annotated[str | None, typer.Option(help="segments, coco:FILE or ssa.")] = None,
    limit: Annotated[int | None, typer.Option(help="Use only the first so many files.")] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file; flags lie on top.")] = None,
) -> int:
    """Write pictures, outlines and vocabulary, so that people correct instead of draw."""
    from flows.human.project import make_project
    from schemas.config import RunConfig

    settings = RunConfig.load(config, {"regions.source": regions, "limit": limit})
    number, rejects = make_project(sources, out, tool, settings)
    for reject in rejects:
        typer.echo(f"left out: {reject.subject}: {reject.reason}: {reject.detail}", err=True)
    typer.echo(f"{out}: {number} pictures; import what people export with: "
               f"iqa-spider import EXPORT --images {out / 'images'} --out ANNOTATIONS")  # fmt: skip
    return ExitStatus.WITH_REJECTS if rejects else ExitStatus.CLEAN
