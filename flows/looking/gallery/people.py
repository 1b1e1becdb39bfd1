"""What several people said of the same pictures, beside each other; the most disputed first."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

import pyarrow.parquet as pq

from annotators.human.agreement import region_f1
from annotators.human.consensus import match
from flows.human.folder import HumanFolder
from flows.ingest.candidate import load_image
from flows.ingest.sources import list_candidates
from flows.looking.gallery.cards import data_uri, svg_path
from flows.looking.gallery.page import asset, environment, policy
from flows.store.layout import write_text
from schemas.arrays import Image, Mask
from schemas.candidate import Candidate
from schemas.errors import ConfigError, PictureError
from schemas.human import HumanPicture, HumanRegion
from schemas.masks import decode
from schemas.settings.config import RunConfig

COLOURS = ("#e4572e", "#2f6fde", "#1a936f", "#b5179e", "#d99a00", "#5f4bb6", "#00838f", "#6d4c41")
"""Of people, in the order of their names; from the ninth on they come again."""
MOST_PAIRS = 24


class Mark(NamedTuple):
    """A region as somebody marked it.

    Args:
        person: Who.
        colour: Theirs.
        outline: SVG path in pixels of the picture.
        words: What it is and what is wrong with it.
    """

    person: str
    colour: str
    outline: str
    words: str


class Disputed(NamedTuple):
    """A picture with what people said of it.

    Args:
        picture: Its record.
        image: Address of its thumbnail; empty where it is not at hand.
        marks: Regions of everybody.
        agreement: Mean F1 of pairs of people, 0 to 1; ``None`` with one person.
    """

    picture: HumanPicture
    image: str
    marks: list[Mark]
    agreement: float | None


def write_people(folder: Path, page: Path, pictures: int) -> int:
    """Write the page of a folder that ``import`` made; returns how many pictures are on it.

    Args:
        folder: The annotations.
        page: HTML file.
        pictures: How many at most; those on which people agree least.

    Raises:
        ConfigError: It is no such folder, or of another version.
    """
    place = HumanFolder(folder)
    place.stamp()
    found = HumanPicture.from_table(pq.read_table(place.pictures))
    regions: dict[str, list[HumanRegion]] = {}
    for region in HumanRegion.from_table(pq.read_table(place.regions)):
        regions.setdefault(region.picture_id, []).append(region)
    confused: Counter[tuple[str, str]] = Counter()
    ranked: list[tuple[float, int, float | None]] = []
    for number, picture in enumerate(found):
        agreed = _agreement(picture, regions.get(picture.picture_id, []), confused)
        ranked.append((2.0 if agreed is None else agreed, number, agreed))
    chosen = sorted(ranked)[:pictures]
    people = sorted({r.annotator for own in regions.values() for r in own})
    colours = {name: COLOURS[n % len(COLOURS)] for n, name in enumerate(people)}
    places = _places(place, found)
    shown = [
        _disputed(found[number], regions.get(found[number].picture_id, []), agreed, colours, places)
        for _, number, agreed in chosen
    ]
    style, script = asset("gallery.css") + asset("people.css"), asset("people.js")
    html = (
        environment("flows.looking.gallery")
        .get_template("people.html.j2")
        .render(
            shown=shown,
            pictures=len(found),
            colours=colours,
            report=_report(place.report),
            confused=confused.most_common(MOST_PAIRS),
            style=style,
            script=script,
            policy=policy(style, script),
        )
    )
    write_text(page, html)
    return len(shown)


def _places(place: HumanFolder, found: Sequence[HumanPicture]) -> dict[str, Candidate]:
    """Where photographs lie, by path; the list has none of which nobody said anything."""
    listed = {one.path: one for one in list_candidates([str(place.annotated)])}
    roots = {(one.source, one.root) for one in listed.values()}
    for source, root in roots:  # one folder, or none
        for path in (picture.path for picture in found if picture.path not in listed):
            listed[path] = Candidate(source, path, root, path, "file")
    return listed


def _report(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {"counts": dict(found["counts"]), "agreement": dict(found["agreement"])}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{path}: not readable: {error!r}; import again") from None


def _agreement(
    picture: HumanPicture, regions: Sequence[HumanRegion], confused: Counter[tuple[str, str]]
) -> float | None:
    """Mean F1 of pairs of people; what they call the same region is added to ``confused``."""
    by_person: dict[str, list[tuple[Mask, str]]] = {}
    for region in regions:
        mask = decode(region.mask, picture.height, picture.width)
        by_person.setdefault(region.annotator, []).append((mask, _families(region)))
    scores = []
    for one, two in combinations(sorted(by_person), 2):
        first, second = by_person[one], by_person[two]
        matched = match([mask for mask, _ in first], [mask for mask, _ in second])
        scores.append(region_f1(len(first), len(second), len(matched)))
        for a, b, _ in matched:
            low, high = sorted((first[a][1], second[b][1]))
            confused[low, high] += 1
    return fmean(scores) if scores else None


def _families(region: HumanRegion) -> str:
    named = sorted({flaw.family.replace("_", " ") for flaw in region.flaws})
    return " and ".join(named) or {"clean": "no flaw"}.get(region.verdict, "nothing said")


def _disputed(
    picture: HumanPicture,
    regions: Sequence[HumanRegion],
    agreed: float | None,
    colours: dict[str, str],
    places: dict[str, Candidate],
) -> Disputed:
    image = _image(places.get(picture.path))
    same = image is not None and image.shape[:2] == (picture.height, picture.width)
    marks = list(_marks(picture, regions, colours))
    return Disputed(picture, data_uri(image) if image is not None and same else "", marks, agreed)


def _marks(
    picture: HumanPicture, regions: Sequence[HumanRegion], colours: dict[str, str]
) -> Iterator[Mark]:
    for region in sorted(regions, key=lambda r: (r.annotator, r.region_id)):
        flaws = ", ".join(
            f"{flaw.said or flaw.family}{f' {flaw.severity}' if flaw.severity else ''}"
            for flaw in region.flaws
        )
        name = region.label or "a region"
        words = f"{name}: {flaws or _families(region)}" + (f" ({region.text})" * bool(region.text))
        outline = svg_path(region.mask, picture.height, picture.width)
        yield Mark(region.annotator, colours[region.annotator], outline, words)


def _image(candidate: Candidate | None) -> Image | None:
    if candidate is None:
        return None
    try:
        return load_image(candidate, RunConfig())
    except PictureError:
        return None
