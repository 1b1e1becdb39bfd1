"""What ``pairs`` made as one self-contained page: both pictures of a pair side by side."""

from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

from flows.dataset.pairs.reading import Pair, left_out, pairs_of
from flows.looking.gallery.cards import data_uri, svg_path
from flows.looking.gallery.page import asset, environment, policy
from flows.store.layout import read_manifest, write_text
from flows.store.png import decode_png
from flows.store.shards import SPLITS
from schemas.errors import ConfigError
from schemas.streams import Stream

SIDES = ("anchor", "target")
SHOWN_PAIRS = 100_000
"""Pairs that are looked through for the sample."""


class PairCard(NamedTuple):
    """A pair with its questions.

    Args:
        record: Its line of ``records``.
        images: Addresses of both pictures, as small JPEGs.
        questions: What is shown of each row.
        size: Width and height, pixels.
    """

    record: dict[str, Any]
    images: list[str]
    questions: list[dict[str, Any]]
    size: tuple[int, int]


def write_pairs_page(folder: Path, page: Path, questions: int) -> tuple[int, int]:
    """Write the page of a folder that ``pairs`` made.

    Args:
        folder: The pairs.
        page: HTML file.
        questions: On the page at most, of a keyed sample of the pairs.

    Returns:
        Pairs and questions on the page.

    Raises:
        ConfigError: There are no questions.
    """
    manifest = read_manifest(folder)
    cards = [_card(pair) for pair in _sample(folder, questions)]
    if not cards:
        raise ConfigError(f"{folder}: no questions to look at")
    style, script = asset("gallery.css") + asset("pairs.css"), asset("pairs.js")
    shown = sum(len(card.questions) for card in cards)
    html = (
        environment("flows.looking.gallery")
        .get_template("pairs.html.j2")
        .render(
            cards=cards,
            shown=shown,
            counts=manifest["counts"],
            shares=manifest["shares"],
            left=left_out(manifest["counts"]),
            score=manifest["settings"]["score"],
            style=style,
            script=script,
            policy=policy(style, script),
        )
    )
    write_text(page, html)
    return len(cards), shown


def _sample(folder: Path, questions: int) -> list[Pair]:
    """Pairs that have questions, drawn by their ids, in the order of the files."""
    sizes = [(pair.record["pair_id"], len(pair.rows)) for pair in _pairs(folder) if pair.rows]
    wanted, number = set[str](), 0
    for pair_id, rows in Stream("look", "pairs").shuffled(sizes):
        if wanted and number + rows > questions:
            break
        wanted.add(pair_id)
        number += rows
    return [pair for pair in _pairs(folder) if pair.record["pair_id"] in wanted]


def _pairs(folder: Path) -> Iterator[Pair]:
    found = (pairs for split in SPLITS for pairs in pairs_of(folder, split))
    return islice(chain.from_iterable(found), SHOWN_PAIRS)


def _card(pair: Pair) -> PairCard:
    first = pair.rows[0]
    size = first["width"], first["height"]
    images = [data_uri(decode_png(picture["bytes"])) for picture in first["images"]]
    return PairCard(pair.record, images, [_question(row) for row in pair.rows], size)


def _question(row: dict[str, Any]) -> dict[str, Any]:
    sides = []
    for side in SIDES:
        steps = [
            f"{step['grade']} {step['family']}".strip().replace("_", " ")
            for step in row[f"{side}_chain"]
        ]
        sides.append((" then ".join(steps) or "untouched", row[f"{side}_score"]))
    return {
        "row": row,
        "outline": svg_path(row["mask"], row["height"], row["width"]),
        "relation": row["relation"].replace("_", " "),
        "sides": sides,
    }
