"""``iqa-spider look``: a dataset in the browser."""

from pathlib import Path
from typing import Annotated

import typer

from flows.commands import options


def run(
    dataset: Annotated[Path, typer.Argument(help="Folder that build, import or pairs made.")],
    out: Annotated[
        Path | None, typer.Option(help="HTML file to write; DATASET/look.html by default.")
    ] = None,
    rows: Annotated[
        int, typer.Option(min=1, help="Questions on the page, a keyed sample; or pictures.")
    ] = 300,
    source: Annotated[
        list[str] | None, typer.Option(help="Where the photographs lie, as given to build.")
    ] = None,
    serve: Annotated[
        bool, typer.Option("--serve", help="Serve all of it page by page instead.")
    ] = False,
    host: options.Host = "127.0.0.1",
    port: options.Port = 8050,
) -> None:
    """Write a page of pictures, regions, chains, questions and answers; or serve all of them.

    Of a folder that import made: what people said beside each other, the most disputed first. Of
    one that pairs made: both pictures of each pair.
    """
    from flows.store.layout import MANIFEST, is_pairs, require_dataset

    if not (dataset / MANIFEST).is_file() and _is_import(dataset):
        from flows.looking.gallery.people import write_people

        page = out or dataset / "look.html"
        number = write_people(dataset, page, rows)
        typer.echo(f"{page}: {number} pictures")
        return

    if is_pairs(dataset):
        from flows.looking.gallery.pairs import write_pairs_page

        page = out or dataset / "look.html"
        pairs, number = write_pairs_page(dataset, page, rows)
        typer.echo(f"{page}: {number} questions about {pairs} pairs")
        return

    require_dataset(dataset)
    if serve:
        _serve(dataset, tuple(source or ()), host, port)
        return
    from flows.looking.gallery.page import write_gallery

    made = write_gallery(dataset, out, rows, tuple(source or ()))
    typer.echo(str(made.path))
    typer.echo(
        f"{made.rows} of {made.of} questions, {made.pictures} pictures, {made.size / 1e6:.1f} MB",
        err=True,
    )


def _is_import(folder: Path) -> bool:
    """Whether ``import`` made a folder; asked late, for it loads all distortions."""
    from flows.human.folder import HumanFolder

    return HumanFolder(folder).report.is_file() and HumanFolder(folder).consensus.is_file()


def _serve(dataset: Path, sources: tuple[str, ...], host: str, port: int) -> None:
    from flows.looking.gallery.server import gallery_app
    from flows.looking.serving import listening, serve

    app = gallery_app(dataset, sources, host)
    bound = listening(host, port)
    typer.echo(f"http://{host}:{bound.getsockname()[1]}/   (Ctrl-C ends it)")
    serve(app, bound)
