"""The gallery as one self-contained file: no network, no build step, no framework.

The browser is told to run nothing but the one script written here and to fetch nothing at all;
every text of others goes through Jinja's escaping.
"""

import base64
import hashlib
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined

from flows.ingest.single import SourceImages
from flows.looking.gallery.cards import Card, small_cards
from flows.looking.gallery.figures import figures, rejects
from flows.looking.gallery.index import FACETS, RowIndex
from flows.store.layout import LOOK, note_file, write_text
from schemas.errors import ConfigError
from schemas.settings.config import RunConfig

ROWS = 300
"""Rows of a page unless told otherwise: some six megabytes."""
SMALL_ROWS, SMALL_GROUPS = 48, 4
"""Rows of the page that a build writes, and the row groups they are taken from."""
REJECTS_SHOWN = 200


class Gallery(NamedTuple):
    """A page that was written.

    Args:
        path: Where.
        pictures: Degraded pictures on it.
        rows: Questions on it.
        of: Rows of the dataset.
        size: Bytes.
    """

    path: Path
    pictures: int
    rows: int
    of: int
    size: int


def environment(package: str) -> Environment:
    """Templates of a package; everything that is put into them is escaped."""
    return Environment(
        loader=PackageLoader(package, "."),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def asset(name: str) -> str:
    """A style sheet or script that lies beside the templates."""
    return files("flows.looking.gallery").joinpath(name).read_text(encoding="utf-8")


def digest(text: str) -> str:
    """How a page's policy names the one script or style that may be used in it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def write_gallery(
    out: Path, page: Path | None = None, rows: int = ROWS, sources: tuple[str, ...] = ()
) -> Gallery:
    """Write the page of a finished dataset; its manifest learns of it when it lies inside.

    Args:
        out: The dataset.
        page: File to write; ``out/look.html`` by default.
        rows: Questions at most, of keyed pictures.
        sources: Where the photographs lie, as given to ``build``.

    Raises:
        ConfigError: It is no dataset of ours.
    """
    index = RowIndex(out)
    if not index.entries:
        raise ConfigError(f"{out}: no rows to look at")
    load = SourceImages(out, sources).load
    cards = list(small_cards(index, index.sample(rows), load))
    path = page or out / LOOK
    write_text(path, _page(out, index, cards))
    if path.resolve().is_relative_to(out.resolve()):
        note_file(out, path)
    return _written(path, cards, index)


def write_small_gallery(out: Path, config: RunConfig) -> Gallery | None:
    """The page that a build leaves behind, before its manifest; ``None`` without rows."""
    index = RowIndex(out)
    if not index.entries:
        return None
    chosen = index.near_sample(SMALL_ROWS, SMALL_GROUPS)
    cards = list(small_cards(index, chosen, SourceImages(out, [], config).load))
    cards.sort(key=lambda card: -len(card.rows))  # what there is most to say of comes first
    write_text(out / LOOK, _page(out, index, cards))
    return _written(out / LOOK, cards, index)


def _written(path: Path, cards: list[Card], index: RowIndex) -> Gallery:
    shown = sum(len(card.rows) for card in cards)
    return Gallery(path, len(cards), shown, len(index.entries), path.stat().st_size)


def _page(out: Path, index: RowIndex, cards: list[Card]) -> str:
    style, script = asset("gallery.css"), asset("gallery.js")
    return (
        environment("flows.looking.gallery")
        .get_template("page.html.j2")
        .render(
            **common(out, index),
            cards=cards,
            style=style,
            script=script,
            policy=policy(style, script),
            shown=sum(len(card.rows) for card in cards),
            fit=len(cards),
            served=False,
            wanted={},
        )
    )


def policy(style: str, script: str, images: str = "data:") -> str:
    """What the browser may do with the page: this style, this script, these pictures."""
    return (
        f"default-src 'none'; img-src {images}; style-src '{digest(style)}'; "
        f"script-src '{digest(script)}'; base-uri 'none'; form-action 'self'"
    )


def common(out: Path, index: RowIndex) -> dict[str, Any]:
    """What the file and the server say alike."""
    return {
        "name": "",
        "facets": FACETS,
        "values": index.values(),
        "rows": len(index.entries),
        "pictures": len({entry.image_id for entry in index.entries}),
        "charts": figures(out),
        "rejects": rejects(out, REJECTS_SHOWN),
    }
