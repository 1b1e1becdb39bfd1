"""Descriptions: in full, in brief, and of one distortion; every box and word from the record.

The parts stand on lines of their own: what is shown, a paragraph a class, the key distortions
first in their paragraph, and a last line that states the level in fixed words, because the
challenge's own extraction reads them there.

Source: detailed assessment rules, section 2.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Literal

from annotators.language.phrases import capitalised, joined
from annotators.language.prepositions import on_or_in
from annotators.questions.vida.item import DESCRIPTION, Item
from annotators.questions.vida.scene import Flaw, Scene
from annotators.questions.vida.syntax import CLOSING, group_text
from annotators.questions.vida.wordings import worded
from schemas.streams import Stream

Streams = Callable[[str], Stream]
_COUNT = {1: "one instance", 2: "two instances", 3: "three instances", 4: "four instances"}
CLEAN = "No distortion can be seen in the image."
NO_KEY = "Nothing stands out as a key distortion."


def description_items(scene: Scene, stream_for: Streams) -> tuple[list[Item], Counter[str]]:
    """The descriptions of a picture, and what was dropped by reason."""
    if any(flaw.region.region_id in scene.sparse for flaw in scene.flaws):
        return [], Counter({"vida_sparse_description": 1})
    if not scene.flaws and not scene.facts.vouched:
        return [], Counter({"vida_not_vouched": 1})
    items = [_whole("assess", scene, stream_for), _whole("brief", scene, stream_for)]
    if scene.flaws:
        items.append(_single(scene, stream_for("single")))
    return items, Counter()


def _whole(sub_task: Literal["assess", "brief"], scene: Scene, stream_for: Streams) -> Item:
    stream = stream_for(sub_task)
    question, pool = worded(sub_task, stream)
    parts = [*shown(scene), *_paragraphs(scene, stream)] if sub_task == "assess" else []
    found = scene.flaws if sub_task == "assess" else scene.keys
    text = "\n".join([*parts, key_part(scene), closing(scene)])
    placed = tuple(flaw.found for flaw in found)
    return Item(DESCRIPTION, sub_task, "", question, pool, text, None, placed)


def _single(scene: Scene, stream: Stream) -> Item:
    name = stream.choice(scene.names)
    question, pool = worded("single", stream, distortion=name.lower())
    text = paragraph(name, scene, stream)
    found = tuple(flaw.found for flaw in scene.named(name))
    return Item(DESCRIPTION, "single", name, question, pool, text, None, found)


def shown(scene: Scene) -> list[str]:
    """What the picture shows, as far as its parts have names."""
    phrases = [
        scene.facts.references[region.region_id]
        for region in scene.facts.regions
        if region.role != "whole" and region.region_id in scene.facts.references
    ]
    return [f"The image shows {joined(phrases)}."] if phrases else ["The image shows one scene."]


def _paragraphs(scene: Scene, stream: Stream) -> list[str]:
    return [paragraph(name, scene, stream) for name in scene.names] or [CLEAN]


def paragraph(name: str, scene: Scene, stream: Stream) -> str:
    """One class: how often, then every occurrence with its box and what it does."""
    flaws = scene.named(name)
    number = _COUNT.get(len(flaws), f"{len(flaws)} instances")
    verb = "is" if len(flaws) == 1 else "are"
    return " ".join(
        [f"There {verb} {number} of {name.lower()}.", *(_sentence(f, scene, stream) for f in flaws)]
    )


def _sentence(flaw: Flaw, scene: Scene, stream: Stream) -> str:
    effects = scene.facts.families[flaw.step.family].effects
    group = group_text(flaw.severity, flaw.name, [flaw.box])
    effect = f"; this {stream.choice(effects)}" if effects else ""
    return f"{group} can be seen {on_or_in(_phrase(flaw, scene))}{effect}."


def _phrase(flaw: Flaw, scene: Scene) -> str:
    return scene.facts.references.get(flaw.region.region_id, "a part of the image")


def key_part(scene: Scene) -> str:
    """The key distortions first, then how much the region matters, as it was computed."""
    keys = scene.keys
    if not keys:
        return NO_KEY
    groups = [f"the {group_text(f.severity.lower(), f.name, [f.box])}" for f in keys]
    where = on_or_in(_phrase(keys[0], scene))
    several = len(keys) > 1 or keys[0].name.endswith("s")
    verb = "have" if several else "has"
    first = f"{capitalised(joined(groups))} {where} {verb} the most impact on the overall quality."
    return " ".join([first, f"This region is {scene.importance(keys[0].region)}.", *_others(scene)])


def _others(scene: Scene) -> list[str]:
    """How much the other degraded regions matter, by computed shares of the first."""
    rest: Sequence[str] = [
        f"{scene.facts.references[region.region_id]} is {scene.importance(region)}"
        for region in scene.ranked[1:]
        if region.region_id in scene.facts.references
    ]
    return [f"Beside it, {joined(rest)}."] if rest else []


def closing(scene: Scene) -> str:
    """The last line."""
    return f"Thus, {CLOSING.format(level=scene.level.name)}."
