"""Grounding questions: the boxes of all distortions, of one, of a named one, within a given box.

Source: detailed assessment rules, sections 2 and 3.
"""

from collections import Counter
from collections.abc import Callable

import numpy as np

from annotators.questions.vida.item import GROUNDING, Item
from annotators.questions.vida.scene import Flaw, Scene, mask_of
from annotators.questions.vida.syntax import (
    SCALE,
    Coordinates,
    Found,
    box_text,
    detection_text,
    pixels_inside,
    thousandths,
)
from annotators.questions.vida.wordings import worded
from schemas import masks
from schemas.boxes import iou
from schemas.streams import Stream

TOUCHED = 0.2
"""A region counts as within a box that holds this share of it, or that it fills to this share."""
MOST_REFERRED = 2
ABSENT_SHARE = 0.25
"""Share of pictures in which a class that is not there is asked for, too."""
PART_IOU = (0.3, 0.7)
LEAST_CLEAN = 0.04
_TRIES = 60
Streams = Callable[[str], Stream]


def grounding_items(scene: Scene, stream_for: Streams) -> tuple[list[Item], Counter[str]]:
    """All grounding questions of a picture, and what was dropped by reason."""
    dropped: Counter[str] = Counter()
    boxed = not any(flaw.region.region_id in scene.sparse for flaw in scene.flaws)
    items = [*_one(scene, stream_for), *_referred(scene, stream_for)]
    if not scene.flaws and not scene.facts.vouched:
        dropped["vida_not_vouched"] += 1
    elif boxed:
        items += [_all(scene, stream_for("detect")), *_regions(scene, stream_for)]
    else:
        dropped["vida_sparse_region"] += 1
    return items, dropped


def _all(scene: Scene, stream: Stream) -> Item:
    question, pool = worded("detect", stream)
    found = [flaw.found for flaw in scene.flaws]
    text = detection_text(found, scene.vocabulary.names)
    return Item(GROUNDING, "detect", "", question, pool, text, None, tuple(found))


def _one(scene: Scene, stream_for: Streams) -> list[Item]:
    """Each class that is there and gets boxes; now and then one that is not there."""
    stream = stream_for("detect_one")
    names = [n for n in scene.names if all(_boxed(scene, flaw) for flaw in scene.named(n))]
    chosen = stream.shuffled(names)[:1]
    if scene.absent and scene.facts.vouched and stream.chance(ABSENT_SHARE):
        chosen.append(stream.choice(scene.absent))
    items = []
    for name in chosen:
        question, pool = worded("detect_one", stream, distortion=name.lower())
        found = [flaw.found for flaw in scene.named(name)]
        text = detection_text(found, (name,)) if found else absent_text(name)
        items.append(Item(GROUNDING, "detect_one", name, question, pool, text, None, tuple(found)))
    return items


def absent_text(name: str) -> str:
    """The answer where a class is asked for that is not there."""
    return f"This image has no {name.lower()}."


def _referred(scene: Scene, stream_for: Streams) -> list[Item]:
    stream = stream_for("refer")
    named = [
        flaw
        for flaw in scene.flaws
        if flaw.region.region_id in scene.facts.references
        and flaw.region.role != "whole"
        and _boxed(scene, flaw)
    ]
    items = []
    for flaw in stream.shuffled(named)[:MOST_REFERRED]:
        reference = scene.facts.references[flaw.region.region_id]
        question, pool = worded("refer", stream, distortion=flaw.name.lower(), region=reference)
        text = f"{box_text(flaw.box)}."
        found = (flaw.found,)
        items.append(Item(GROUNDING, "refer", flaw.name, question, pool, text, flaw.region, found))
    return items


def _boxed(scene: Scene, flaw: Flaw) -> bool:
    return flaw.region.region_id not in scene.sparse


def _regions(scene: Scene, stream_for: Streams) -> list[Item]:
    """One box of each kind: a region's own, a part of one, a clean one."""
    stream = stream_for("region")
    asked = [_exact(scene, stream), _part(scene, stream), _clean(scene, stream)]
    return [region_item(scene, box, stream) for box in asked if box is not None]


def region_item(scene: Scene, box: Coordinates, stream: Stream) -> Item:
    """The question about a box."""
    question, pool = worded("region", stream, box=box_text(box))
    found = within(scene, box)
    text = detection_text(found, scene.vocabulary.names, inline=True)
    return Item(GROUNDING, "region", "", question, pool, text, None, tuple(found), box)


def within(scene: Scene, box: Coordinates) -> list[Found]:
    """What is true of an asked box: flaws of regions that lie in it, with the parts inside."""
    width, height = scene.size
    rows, columns = pixels_inside(box, width, height)
    asked = (rows.stop - rows.start) * (columns.stop - columns.start)
    found: list[Found] = []
    for region in scene.facts.degraded:
        mask = mask_of(region, scene.facts)
        inside = np.zeros_like(mask)
        inside[rows, columns] = mask[rows, columns]
        common = int(np.count_nonzero(inside))
        if common and (
            common >= TOUCHED * np.count_nonzero(mask) or common >= TOUCHED * max(asked, 1)
        ):
            part = thousandths(masks.bounding_box(inside), width, height)
            found += [flaw.found._replace(box=part) for flaw in scene.of(region.region_id)]
    return found


def _exact(scene: Scene, stream: Stream) -> Coordinates | None:
    regions = [r for r in scene.facts.degraded if r.region_id not in scene.sparse]
    if not regions:
        return None
    return thousandths(stream.choice(regions).box, *scene.size)


def _part(scene: Scene, stream: Stream) -> Coordinates | None:
    """A part or an enlargement of a region's box, with an IoU from .3 to .7."""
    own = _exact(scene, stream)
    if own is None:
        return None
    width, height = own[2] - own[0], own[3] - own[1]
    for _ in range(_TRIES):
        x0, x1 = sorted(
            round(edge + stream.uniform(-0.5, 0.5) * width) for edge in (own[0], own[2])
        )
        y0, y1 = sorted(
            round(edge + stream.uniform(-0.5, 0.5) * height) for edge in (own[1], own[3])
        )
        box = (max(x0, 0), max(y0, 0), min(x1, SCALE), min(y1, SCALE))
        if PART_IOU[0] <= iou(own, box) <= PART_IOU[1]:
            return box
    return None


def _clean(scene: Scene, stream: Stream) -> Coordinates | None:
    """A box without a degraded pixel that is at least 4 % of the picture."""
    if not scene.facts.vouched:
        return None
    width, height = scene.size
    flawed = np.zeros((height, width), np.bool_)
    for region in scene.facts.degraded:
        flawed |= mask_of(region, scene.facts)
    for _ in range(_TRIES):
        w, h = (round(SCALE * stream.uniform(0.2, 0.5)) for _ in range(2))
        x0, y0 = stream.below(SCALE - w + 1), stream.below(SCALE - h + 1)
        box = (x0, y0, x0 + w, y0 + h)
        rows, columns = pixels_inside(box, width, height)
        if w * h >= LEAST_CLEAN * SCALE**2 and not flawed[rows, columns].any():
            return box
    return None
