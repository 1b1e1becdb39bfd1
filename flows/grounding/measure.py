"""How good the stages after the texts are, against the truth of our own pictures.

    python -m flows.grounding.measure DATASET [SHARE]

takes the answers with boxes of a dataset of ours, forgets their boxes, lets the oracle find
them with its errors, and compares what comes out of filter and merge with the record: mean IoU and
Tag-Recall over the true boxes, precision over the found ones. Written in cells, as rows have them.
``SHARE`` is that of the filter's answers that are wrong.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from annotators.facts import PictureFacts
from annotators.language.grid import Shares, decoded, encoded, shares
from flows.evaluation.benchmarks.giqa_boxes import Tagged, matched, recalled
from flows.grounding.merge import PRINTED, merged
from flows.grounding.oracle import Claim, Errors, found_by_oracle, passes
from flows.store.boxes import row_boxes
from flows.store.layout import RECORDS, require_dataset
from flows.training.data.scenes import Scenes
from schemas.records import DegradedRegion
from schemas.streams import Stream

AREAS = (0.0, 0.00256, 0.01, 0.05, PRINTED)
HIT = 0.5


class Phrase(NamedTuple):
    """A thing of a description.

    Args:
        row_id: The description.
        name: Of the thing.
        boxes: The true ones.
        others: Boxes of other things in the picture.
    """

    row_id: str
    name: str
    boxes: tuple[Shares, ...]
    others: tuple[Shares, ...]


class Figures(NamedTuple):
    """What was measured.

    Args:
        miou: Over the true boxes, one-to-one within a description.
        tag_recall: Share of the true (name, box) pairs found.
        precision: Share of the found boxes with an IoU above 0.5.
        boxes: How many were found.
    """

    miou: float
    tag_recall: float
    precision: float
    boxes: int


def phrases_of(dataset: Path) -> Iterator[Phrase]:
    """What the answers with boxes of a dataset speak of: one thing a phrase."""
    scenes = Scenes(dataset)
    for file in sorted((dataset / RECORDS).glob("boxes-*.parquet")):
        for row_id, boxes in row_boxes(dataset, file.stem.rpartition("-")[2]).items():
            facts = scenes.facts(row_id.split("/")[0])
            if facts is None or {box.part for box in boxes} != {"answer"}:
                continue
            for box in boxes:
                others = [r for r in facts.regions if r.region_id != box.region_id]
                true = (shares(box.box, facts.width, facts.height),)
                yield Phrase(row_id, box.name, true, _boxes_of(others, facts))


def groups_of(dataset: Path) -> Iterator[Phrase]:
    """Things of one label in one photograph, two at least: a phrase that means all of them."""
    seen: set[str] = set()
    for facts in Scenes(dataset):
        local = [region for region in facts.regions if region.role != "whole"]
        for label in sorted({region.label for region in local}):
            same = sorted((r for r in local if r.label == label), key=lambda r: r.region_id)
            key = "+".join(region.region_id for region in same)
            if len(same) < 2 or key in seen:
                continue
            seen.add(key)
            others = [r for r in local if r.label != label]
            yield Phrase(key, label, _boxes_of(same, facts), _boxes_of(others, facts))


def _boxes_of(regions: Sequence[DegradedRegion], facts: PictureFacts) -> tuple[Shares, ...]:
    return tuple(shares(region.box, facts.width, facts.height) for region in regions)


def measure(
    phrases: Sequence[Phrase],
    errors: Errors,
    area: float | None,
    filtered: bool,
    seed: int = 0,
) -> Figures:
    """One row of the table.

    Args:
        phrases: Of all descriptions.
        errors: Of the oracle.
        area: Threshold of the merge; ``None`` leaves it out.
        filtered: Whether the filter stands before it.
        seed: Of the oracle's errors, which are the same for every row of the table.
    """
    truth: dict[str, list[Tagged]] = {}
    said: dict[str, list[Tagged]] = {}
    for number, phrase in enumerate(phrases):
        truth.setdefault(phrase.row_id, []).extend(Tagged(phrase.name, b) for b in phrase.boxes)
        boxes = _boxes(phrase, errors, area, filtered, (seed, phrase.row_id, number))
        here = said.setdefault(phrase.row_id, [])
        here.extend(Tagged(phrase.name, _on_grid(box)) for box in boxes)
    ious = [iou for row in truth for iou in matched(truth[row], said[row])]
    hits = sum(iou > HIT for iou in ious)
    found, true = sum(map(len, said.values())), len(ious)
    recall = sum(recalled(truth[row], said[row]) for row in truth)
    return Figures(sum(ious) / true, recall / true, hits / max(1, found), found)


def _boxes(
    phrase: Phrase, errors: Errors, area: float | None, filtered: bool, key: tuple[int | str, ...]
) -> list[Shares]:
    claims = found_by_oracle(phrase.boxes, phrase.others, errors, Stream(*key, "detect"))
    kept = [
        claim
        for number, claim in enumerate(claims)
        if not filtered or _passes(claim, errors, (*key, number))
    ]
    boxes = [claim.hit.box for claim in kept]
    return boxes if area is None else merged(boxes, area)


def _passes(claim: Claim, errors: Errors, key: tuple[int | str, ...]) -> bool:
    return passes(claim, errors, Stream(*key, "filter"))


def _on_grid(box: Shares) -> Shares:
    return decoded(*encoded(box))


def rows_of(phrases: Sequence[Phrase], errors: Errors) -> Mapping[str, Figures]:
    """The whole table: each stage alone, both, and both over the thresholds of area."""
    table = {
        "raw": measure(phrases, errors, None, False),
        "+ filter": measure(phrases, errors, None, True),
    }
    for area in AREAS:
        table[f"+ merge, area {area:g}"] = measure(phrases, errors, area, False)
    for area in AREAS:
        table[f"+ both, area {area:g}"] = measure(phrases, errors, area, True)
    return table


def markdown(table: Mapping[str, Figures]) -> str:
    """The table as Markdown."""
    lines = ["| stages | mIoU | Tag-Recall | precision | boxes |", "|---|---:|---:|---:|---:|"]
    lines += [
        f"| {name} | {f.miou:.3f} | {f.tag_recall:.3f} | {f.precision:.3f} | {f.boxes} |"
        for name, f in table.items()
    ]
    return "\n".join(lines) + "\n"


def run(dataset: Path, wrong: float = Errors().filter) -> str:
    """Both tables of a dataset: things named one by one, and groups of things of one label.

    Args:
        dataset: Folder that ``build`` made.
        wrong: Share of the filter's answers that are wrong.

    Raises:
        ConfigError: No dataset.
    """
    require_dataset(dataset)
    parts, errors = [], Errors(filter=wrong)
    for title, phrases in (
        ("one thing a phrase", list(phrases_of(dataset))),
        ("several things a phrase", list(groups_of(dataset))),
    ):
        boxes = sum(len(phrase.boxes) for phrase in phrases)
        parts.append(f"{title}: {len(phrases)} phrases, {boxes} boxes\n")
        if phrases:
            parts.append(markdown(rows_of(phrases, errors)))
    return "\n".join(parts)


if __name__ == "__main__":
    sys.stdout.write(run(Path(sys.argv[1]), *map(float, sys.argv[2:3])))
