"""The rater's page: one row at a time, saved with every key."""

import hashlib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from fastapi import FastAPI, HTTPException, Query, Request
from fastapi import Path as InPath
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from annotators.human.marked import clean
from flows.looking.gallery.cards import svg_path
from flows.looking.gallery.index import RowIndex
from flows.looking.gallery.page import environment, policy
from flows.looking.serving import LOOPBACK, guard
from flows.looking.study.dimensions import SCORES
from flows.looking.study.folder import (
    Study,
    ratings_of,
    read_study,
    read_tokens,
    require_drawn_from,
)
from flows.looking.study.store import WORDS, Said
from flows.store.asked_again import askings_in
from schemas.errors import ConfigError

LONGEST_WORDS = 1000


class Rating(BaseModel):
    """What the page sends: one score, or words."""

    model_config = ConfigDict(extra="forbid", strict=True)

    place: int = Field(ge=0)
    """Of the row among those of the rater."""
    dimension: str = Field(max_length=100)
    """What is rated; ``words`` for words."""
    score: int | None = Field(default=None, ge=SCORES[0], le=SCORES[-1])
    """1 to 5."""
    words: str = Field(default="", max_length=LONGEST_WORDS)
    """What the rater would call the flaw."""


class Desk(NamedTuple):
    """All that the page of one rater needs.

    Args:
        rater: Whose.
        own: Numbers of the items, in order.
        said: (row id, dimension) to what was said.
    """

    rater: str
    own: list[int]
    said: dict[tuple[str, str], Said]


def open_study(folder: Path, dataset: Path | None = None) -> tuple[Study, RowIndex]:
    """A study and the dataset it is about.

    Args:
        folder: The study.
        dataset: Where the dataset lies now, when it was moved.

    Raises:
        ConfigError: It is not there, another one, or has other answers now.
    """
    study = read_study(folder)
    place = dataset or Path(study.dataset)
    manifest = require_drawn_from(study, folder, place)
    if len(askings_in(manifest)) != study.askings:
        raise ConfigError(
            f"{place}: rows were asked again since {folder} was drawn; draw a new study of it"
        )
    return study, RowIndex(place)


class _Pages:
    """What is answered to whom."""

    def __init__(self, folder: Path, dataset: Path | None) -> None:
        self.study, self.index = open_study(folder, dataset)
        self.ratings = ratings_of(folder)
        # looked up by hash: the time it takes says nothing about a token
        self.doors = {_hashed(token): rater for token, rater in read_tokens(folder).items()}
        texts = environment("flows.looking.study")
        self.template = texts.get_template("rate.html.j2")
        here = files("flows.looking.study")
        self.style, self.script = (
            here.joinpath(name).read_text(encoding="utf-8") for name in ("rate.css", "rate.js")
        )

    def desk(self, token: str) -> Desk:
        rater = self.doors.get(_hashed(token))
        if rater is None:
            raise HTTPException(404, "no such page; ask for your own address")
        said = {(one.row_id, one.dimension): one for one in self.ratings.all(rater)}
        return Desk(rater, self.study.shown[rater], said)

    def page(self, token: str, place: Annotated[int | None, Query(ge=0)] = None) -> HTMLResponse:
        own = self.desk(token)
        if place is None:
            if self.study.examples and not own.said:
                return self._html(token, own, 0, learning=True)
            undone = (p for p in range(len(own.own)) if not _done(self.study, own, p))
            place = next(undone, len(own.own))
        return self._html(token, own, place, learning=False)

    def learn(self, token: str) -> HTMLResponse:
        return self._html(token, self.desk(token), 0, learning=True)

    def _html(self, token: str, own: Desk, place: int, learning: bool) -> HTMLResponse:
        html = self.template.render(
            token=token,
            place=place,
            desk=own,
            study=self.study,
            row=None if learning else _shown(self.study, self.index, own, place),
            examples=_examples(self.study, self.index) if learning else [],
            done=_number_done(self.study, own),
            style=self.style,
            script=self.script,
            scores=SCORES,
            words=WORDS,
            longest=LONGEST_WORDS,
        )
        may = policy(self.style, self.script, "'self'") + "; connect-src 'self'"
        headers = {"Content-Security-Policy": may, "Cache-Control": "no-store"}
        return HTMLResponse(html, headers=headers)

    def rate(self, token: str, rating: Rating) -> JSONResponse:
        own = self.desk(token)
        names = {one.name for one in self.study.dimensions}
        scored = rating.dimension in names and rating.score is not None and not rating.words
        worded = rating.dimension == WORDS and rating.score is None
        if rating.place >= len(own.own) or not (scored or worded):
            raise HTTPException(422, "no such row or dimension")
        row_id = self.study.items[own.own[rating.place]].row_id
        self.ratings.save(
            Said(own.rater, row_id, rating.dimension, rating.score, clean(rating.words).strip())
        )
        return JSONResponse({"done": _number_done(self.study, self.desk(token))})

    def undo(self, token: str) -> JSONResponse:
        own = self.desk(token)
        row_id = self.ratings.take_back(own.rater)
        places = {self.study.items[n].row_id: place for place, n in enumerate(own.own)}
        return JSONResponse({"place": places.get(row_id) if row_id else None})

    def picture(self, token: str, number: Annotated[int, InPath(ge=0)]) -> Response:
        own = self.desk(token)
        may = {self.study.items[n].number for n in own.own}
        if number not in may | {example.number for example in self.study.examples}:
            raise HTTPException(404, "no such picture")
        (png,) = self.index.images([number])
        headers = {"Cache-Control": "private, max-age=600"}
        return Response(png, media_type="image/png", headers=headers)


def study_app(folder: Path, dataset: Path | None = None, host: str = LOOPBACK) -> FastAPI:
    """The server of a study.

    Args:
        folder: The study.
        dataset: Where the dataset lies now, when it was moved.
        host: Where it will listen.

    Raises:
        ConfigError: See ``open_study``.
    """
    pages = _Pages(folder, dataset)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.exception_handler(RequestValidationError)(_refused)
    guard(app, host)
    app.get("/rate/{token}")(pages.page)
    app.post("/rate/{token}")(pages.rate)
    app.post("/undo/{token}")(pages.undo)
    app.get("/learn/{token}")(pages.learn)
    app.get("/picture/{token}/{number}")(pages.picture)
    return app


def _refused(request: Request, error: Exception) -> PlainTextResponse:
    """What was sent is not sent back: it may hold half a character, which no answer can."""
    return PlainTextResponse("no rating: expected place, dimension and score, or words", 422)


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _done(study: Study, desk: Desk, place: int) -> bool:
    row_id = study.items[desk.own[place]].row_id
    return all((row_id, one.name) in desk.said for one in study.dimensions)


def _number_done(study: Study, desk: Desk) -> int:
    return sum(_done(study, desk, place) for place in range(len(desk.own)))


def _shown(study: Study, index: RowIndex, desk: Desk, place: int) -> dict[str, Any] | None:
    if place >= len(desk.own):
        return None
    item = study.items[desk.own[place]]
    said = {name: one for (row_id, name), one in desk.said.items() if row_id == item.row_id}
    return _row(index, item.number, item.answer) | {"said": said}


def _row(index: RowIndex, number: int, answer: str) -> dict[str, Any]:
    (record,) = index.records([number])
    mask = record["mask"]
    path = svg_path(mask, record["height"], record["width"]) if mask else ""
    return {
        "number": number,
        "width": record["width"],
        "height": record["height"],
        "question": record["question"],
        "answer": answer or record["answer"],
        "own_answer": record["answer"] if answer else "",
        "outline": path,
        "region": record["reference"],
    }


def _examples(study: Study, index: RowIndex) -> list[Mapping[str, Any]]:
    return [
        _row(index, one.number, one.answer) | {"score": one.score, "why": one.why}
        for one in study.examples
    ]
