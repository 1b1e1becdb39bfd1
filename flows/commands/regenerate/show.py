"""``iqa-spider show``: one row, or the regions of one picture, drawn."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from flows.ingest.single import SourceImages
    from schemas.arrays import Image


def run(
    dataset: Annotated[str, typer.Argument(metavar="DIR|URL", help="What build or segment made.")],
    row: Annotated[str, typer.Argument(help="Row id or number; of a stage, picture number.")],
    out: Annotated[Path, typer.Option(help="PNG to write.")],
    source: Annotated[
        list[str] | None, typer.Option(help="Where the photographs lie, as given to build.")
    ] = None,
    regions: Annotated[
        bool, typer.Option("--regions", help="Draw the row's photograph with all its regions.")
    ] = False,
) -> None:
    """Draw a degraded picture beside its source with mask, question and answer; or regions."""
    from flows.dataset.show import draw
    from flows.ingest.single import SourceImages
    from flows.store.layout import read_manifest, require_dataset
    from flows.store.place import place
    from flows.store.png import write_png

    where = place(dataset)
    staged = read_manifest(where).get("kind") == "regions"
    if not staged:
        require_dataset(where)
    images = SourceImages(where, source or [])
    if regions or staged:
        write_png(out, _regions(where, row, images, staged))
    else:
        write_png(out, draw(where, row, images.load))
    typer.echo(str(out))


def _regions(dataset: Path, row: str, images: "SourceImages", staged: bool) -> "Image":
    from flows.dataset.show import draw_regions, picture_of, regions_of
    from schemas.errors import ConfigError

    picture = picture_of(dataset, row, staged)
    image = images.load(picture.source, picture.path)
    if image is None:
        raise ConfigError(f"{picture.source}/{picture.path} is not at hand; give --source")
    found = regions_of(dataset, picture, image, staged)
    return draw_regions(image, found, f"{picture.path}: {len(found)} regions")
