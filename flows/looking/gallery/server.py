"""The whole dataset page by page; pictures come out of the Parquet files on demand."""

from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from fastapi import FastAPI, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, Response

from flows.ingest.single import SourceImages
from flows.looking.gallery.cards import Card, card_rows
from flows.looking.gallery.index import FACETS, RowIndex
from flows.looking.gallery.page import asset, common, environment, policy
from flows.looking.serving import LOOPBACK, guard
from flows.store.png import encode_png
from schemas.errors import ConfigError

PICTURES = 10
"""Degraded pictures of a page."""
_PRISTINE = 2
"""Photographs kept as PNG: variants of one stand side by side, and browsers keep the rest."""
_KEPT = {"Cache-Control": "private, max-age=3600"}


class Page(NamedTuple):
    """One page of what fits.

    Args:
        cards: Its pictures.
        shown: Questions that fit, on all pages.
        pictures: Degraded pictures that fit, on all pages.
        last: Number of the last page.
    """

    cards: list[Card]
    shown: int
    pictures: int
    last: int


def gallery_app(out: Path, sources: tuple[str, ...] = (), host: str = LOOPBACK) -> FastAPI:
    """The server of a dataset.

    One request after the other: each takes some hundredths of a second, and what several threads
    would hold at a time is what memory is spent on.

    Args:
        out: The dataset.
        sources: Where the photographs lie, as given to ``build``.
        host: Where it will listen.

    Raises:
        ConfigError: It is no dataset of ours, or an empty one.
    """
    found = SourceImages(out, sources)
    index = RowIndex(out)
    if not index.entries:
        raise ConfigError(f"{out}: no rows to look at")
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    guard(app, host)
    same = common(out, index) | {"name": out.resolve().name}
    style, script = asset("gallery.css"), asset("gallery.js")
    template = environment("flows.looking.gallery").get_template("page.html.j2")
    fitting = lru_cache(32)(lambda wanted: index.pictures(dict(wanted)))

    @app.get("/")
    async def page(request: Request, page: int = Query(1, ge=1)) -> HTMLResponse:
        wanted = {name: request.query_params.get(name, "") for name in FACETS}
        chosen = fitting(tuple(wanted.items()))
        made = _page(index, chosen, page, found)
        html = template.render(
            **same,
            cards=made.cards,
            shown=made.shown,
            fit=made.pictures,
            page=min(page, made.last),
            last=made.last,
            link=partial(_link, wanted),
            style=style,
            script=script,
            served=True,
            wanted=wanted,
        )
        return HTMLResponse(
            html, headers={"Content-Security-Policy": policy(style, script, "'self'")}
        )

    @app.get("/after/{number}")
    async def after(number: int) -> Response:
        return Response(_stored(index, number), media_type="image/png", headers=_KEPT)

    @app.get("/before/{number}")
    async def before(number: int) -> Response:
        _known(index, number)
        (record,) = index.records([number])
        png = pristine(*(record[name] for name in ("source", "source_path", "height", "width")))
        return Response(png, media_type="image/png", headers=_KEPT)

    pristine = lru_cache(_PRISTINE)(partial(_pristine, found))
    return app


def _link(wanted: dict[str, str], page: int) -> str:
    return "?" + urlencode({k: v for k, v in wanted.items() if v} | {"page": page})


def _pristine(found: SourceImages, source: str, path: str, height: int, width: int) -> bytes:
    image = found.load(source, path)
    if image is None or image.shape[:2] != (height, width):
        raise HTTPException(404, "the photograph is not at hand")
    return encode_png(image)


def _page(index: RowIndex, chosen: list[list[int]], number: int, found: SourceImages) -> Page:
    last = max(1, -(-len(chosen) // PICTURES))
    first = (min(number, last) - 1) * PICTURES
    pictures = chosen[first : first + PICTURES]
    cards = []
    for rows in card_rows(index, pictures):
        record, first_row = rows[0].record, rows[0].number
        there = found.knows(record["source"], record["source_path"])
        before = f"/before/{first_row}" if there else ""
        cards.append(Card(rows, f"/after/{first_row}", before))
    return Page(cards, sum(map(len, chosen)), len(chosen), last)


def _known(index: RowIndex, number: int) -> None:
    if not 0 <= number < len(index.entries):
        raise HTTPException(404, f"no row {number}; there are {len(index.entries)}")


def _stored(index: RowIndex, number: int) -> bytes:
    _known(index, number)
    (png,) = index.images([number])
    return png
