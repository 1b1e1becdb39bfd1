"""All distortion types at all levels on one self-contained page, with the damage they do."""

from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import NamedTuple, get_args

import numpy as np
import skimage.data

from distortions import types_of
from distortions.perception import compare
from distortions.perception.planes import Planes
from distortions.perception.words import Grade, grade_of
from distortions.registry import FAMILIES, SEVERITIES, Distortion
from distortions.sheet import textured_window
from flows.looking.gallery.cards import data_uri, small_jpeg
from flows.looking.gallery.page import asset, environment, policy
from flows.store.layout import write_text
from schemas.arrays import Image
from schemas.boxes import Box

WHOLE, DETAIL = 240, 192
"""Longest side of the whole picture, and side of the detail at its own size, pixels."""
GRADES = get_args(Grade)
_EXAMPLES = ("blur", "noise", "compression", "brighten", "contrast_weaken", "saturate_weaken")


class Level(NamedTuple):
    """A type at a level.

    Args:
        level: 1 to 5.
        settings: Parameters in words.
        whole: Address of the whole picture.
        detail: Address of a detail at its own size.
        damage: Visible damage, 0 to 3.6.
        grade: Word for it; empty near a border.
    """

    level: int
    settings: str
    whole: str
    detail: str
    damage: float
    grade: str


class Row(NamedTuple):
    """A type.

    Args:
        entry: Its registration.
        noun: What its family is called in answers.
        levels: 1 to 5.
    """

    entry: Distortion
    noun: str
    levels: list[Level]


def write_types(image: Image, types: Sequence[Distortion], out: Path, seed: int = 0) -> int:
    """Write the page; returns its size in bytes.

    Args:
        image: The photograph that is degraded, uint8 RGB.
        types: In the order they are shown; families are headings.
        out: HTML file.
        seed: Of what is random.
    """
    window = textured_window(image, DETAIL)
    pristine = Planes.of(image)
    rows = [
        Row(
            entry,
            FAMILIES[entry.family].noun,
            [_level(image, pristine, entry, level, window, seed) for level in SEVERITIES],
        )
        for entry in types
    ]
    style, script = asset("gallery.css") + asset("types.css"), asset("types.js")
    html = (
        environment("flows.looking.gallery")
        .get_template("types.html.j2")
        .render(
            rows=rows,
            families=list(dict.fromkeys(row.entry.family for row in rows)),
            whole=data_uri(image, WHOLE),
            detail=data_uri(image[window.slices]),
            style=style,
            script=script,
            policy=policy(style, script),
        )
    )
    write_text(out, html)
    return out.stat().st_size


def write_families(out: Path) -> int:
    """Write a page with one type of each family on a cup of coffee: what the words mean.

    People who mark flaws see by it what is called mild, moderate and severe.

    Returns:
        Its size in bytes.
    """
    types = [types_of(family)[0] for family in FAMILIES if types_of(family)]
    cup: Image = skimage.data.coffee()  # type: ignore[no-untyped-call]
    return write_types(np.ascontiguousarray(cup), types, out)


def write_instructions(folder: Path) -> None:
    """Write what a labelling tool tells people before they begin, with example pictures.

    ``instructions.html`` has a row for each of a few families: details of a cup of coffee that are
    called mild, moderate and severe. The pictures are files in ``examples``, since tools take those
    inside a page away.

    Args:
        folder: Of the project.
    """
    cup: Image = np.ascontiguousarray(skimage.data.coffee())  # type: ignore[no-untyped-call]
    pristine, window = Planes.of(cup), textured_window(cup, DETAIL)
    rows = []
    (folder / "examples").mkdir(parents=True, exist_ok=True)
    for family in _EXAMPLES:
        named: dict[str, str] = {}
        for entry, level in product(types_of(family), SEVERITIES):
            if len(named) == len(GRADES):
                break
            made = entry(cup, level, seed=0)
            grade = grade_of(compare(pristine, Planes.of(made)).damage)
            if grade and grade not in named:
                named[grade] = f"examples/{family}-{grade}.jpg"
                (folder / named[grade]).write_bytes(small_jpeg(made[window.slices]))
        rows.append((FAMILIES[family].noun, [named.get(grade, "") for grade in GRADES]))
    template = environment("flows.looking.gallery").get_template("instructions.html.j2")
    write_text(folder / "instructions.html", template.render(grades=GRADES, rows=rows))


def _level(
    image: Image, pristine: Planes, entry: Distortion, level: int, window: Box, seed: int
) -> Level:
    made = entry(image, level, seed=seed)
    damage = compare(pristine, Planes.of(made)).damage
    fixed = [name for name in entry.parameters if name not in entry.draws]
    values = zip(fixed, entry.levels[level - 1], strict=True)
    return Level(
        level,
        ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in values),
        data_uri(made, WHOLE),
        data_uri(made[window.slices]),
        damage,
        grade_of(damage) or "",
    )
