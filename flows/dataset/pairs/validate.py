"""Re-reads what ``pairs`` made and believes nothing: files, relations, graphs, words, pixels.

Photograph by photograph, since a pair and its swapped one lie side by side; memory stays flat.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from annotators.human.marked import ODD
from annotators.pairs.check import check_pair
from annotators.pairs.relation import RELATIONS, Thresholds, opposite, relation
from flows.dataset.manifest import families_in
from flows.dataset.pairs.reading import GRAPHS, Pair, Row, compared_of, pairs_of, question_of
from flows.dataset.validate_shard import Defect
from flows.store.layout import DATA, RECORDS, FileEntry, is_intact, read_manifest
from flows.store.png import decode_png
from flows.store.shards import SPLITS
from schemas import masks
from schemas.arrays import Image
from schemas.errors import ConfigError, ContractError
from schemas.families import Family
from schemas.masks import bounding_box

_NEEDED = ("families", "plugin_families", "thresholds", "counts", "shares", "files")


class _Tools(NamedTuple):
    """What is known of the whole folder."""

    families: Mapping[str, Family]
    counts: Counter[str]
    splits: dict[str, str]
    thresholds: Thresholds


def validate_pairs(out: Path) -> Iterator[Defect]:
    """Check everything that can be checked of pairs.

    Args:
        out: Folder that ``pairs`` made.

    Raises:
        ConfigError: It is none, or one of an earlier version.
    """
    manifest = read_manifest(out)
    if missing := [name for name in _NEEDED if name not in manifest]:
        raise ConfigError(
            f"{out}: pairs of an earlier version, without {missing[0]}; run pairs again"
        )
    files = list(_files(out, manifest))
    yield from files
    if files:
        return
    limits = manifest["thresholds"]["slightly"], manifest["thresholds"]["significantly"]
    tools = _Tools(families_in(manifest), Counter(), {}, limits)
    for split in SPLITS:
        try:
            for photograph in pairs_of(out, split):
                yield from _photograph(photograph, split, tools)
        except ODD as error:  # whoever wrote it may have written anything
            said = f"{type(error).__name__}: {error}"
            yield Defect(f"{RECORDS}/{split}.jsonl", "", "unreadable", " ".join(said.split())[:200])
    yield from _counts(manifest, tools.counts)


def _files(out: Path, manifest: Mapping[str, Any]) -> Iterator[Defect]:
    known = set()
    for entry in manifest["files"]:
        known.add(entry["path"])
        if not is_intact(out, FileEntry(entry["path"], entry["size"], entry["sha256"])):
            yield Defect(entry["path"], "", "checksum", "missing, or not as the manifest says")
    for folder in (DATA, RECORDS, GRAPHS):
        for file in sorted((out / folder).glob("*")):
            if file.relative_to(out).as_posix() not in known:
                yield Defect(f"{folder}/{file.name}", "", "unknown_file", "not in the manifest")


def _photograph(pairs: Sequence[Pair], split: str, tools: _Tools) -> Iterator[Defect]:
    """The pairs of one photograph, each by itself and beside its swapped one."""
    by_sides = {(pair.record["anchor"], pair.record["target"]): pair for pair in pairs}
    images: dict[str, tuple[bytes, Image]] = {}
    for (anchor, target), pair in by_sides.items():
        file, of = f"{RECORDS}/{split}.jsonl", pair.record["pair_id"]
        owner = pair.record["picture_id"]
        if tools.splits.setdefault(owner, split) != split:
            yield Defect(file, of, "leak", f"photograph {owner} in both splits")
        yield from _relations(pair, file, tools)
        yield from _graph(pair, f"{GRAPHS}/{split}.jsonl")
        other = by_sides.get((target, anchor)) if anchor < target else None
        if other is not None:
            yield from _swapped(pair, other, file)
        tools.counts["pairs"] += 1
        yield from _rows(pair, f"{DATA}/{split}.parquet", tools, images)


def _relations(pair: Pair, file: str, tools: _Tools) -> Iterator[Defect]:
    """Every relation follows from the stored scores, and what nobody touched is the same."""
    for region in pair.record["regions"]:
        sides = region["anchor"], region["target"]
        where = f"{pair.record['pair_id']}:{region['region_id']}"
        touched = any(side["chain"] for side in sides)
        tools.counts[f"{'touched' if touched else 'untouched'} {region['relation']}"] += 1
        scores = [side["score"] for side in sides]
        if not all(0 <= score <= 1 for score in scores):
            yield Defect(file, where, "score", f"{scores}, allowed is 0 to 1")
        if any(side["score"] != 1 for side in sides if not side["chain"]):
            yield Defect(file, where, "score", f"a clean region must have 1, got {scores}")
        if (wanted := relation(scores[0], scores[1], tools.thresholds)) != region["relation"]:
            yield Defect(file, where, "relation", f"{region['relation']}, by scores {wanted}")


def _graph(pair: Pair, file: str) -> Iterator[Defect]:
    """The graph says of every region what the record says."""
    regions, graph = pair.record["regions"], pair.graph
    of = pair.record["pair_id"]
    if [entry["predicate"] for entry in graph["art"]] != [r["relation"] for r in regions]:
        yield Defect(file, of, "graph", "its relations are not those of the record")
    number = len(regions)
    wanted = {
        (str(place + image * number), str(round(region[side]["score"], 4)))
        for place, region in enumerate(regions)
        for image, side in enumerate(("anchor", "target"))
    }
    told = {(entry["object"], entry["attribute"]) for entry in graph["attributes"]}
    if len(graph["objects"]) != 2 * number or not wanted <= told:
        yield Defect(file, of, "graph", "its objects or scores are not those of the record")


def _swapped(pair: Pair, other: Pair, file: str) -> Iterator[Defect]:
    """With the pictures swapped, regions and questions are the same and answers swap."""
    of = pair.record["pair_id"]
    for one, same in zip(pair.record["regions"], other.record["regions"], strict=False):
        if (one["anchor"], one["target"]) != (same["target"], same["anchor"]) or one[
            "relation"
        ] != opposite(same["relation"]):
            yield Defect(file, f"{of}:{one['region_id']}", "swapped", "the swapped pair differs")
    questions = [{r["region_id"]: r["question"] for r in p.rows} for p in (pair, other)]
    if questions[0] != questions[1]:
        yield Defect(file, of, "swapped", "the swapped pair has other questions")


def _rows(
    pair: Pair, file: str, tools: _Tools, images: dict[str, tuple[bytes, Image]]
) -> Iterator[Defect]:
    regions = {region["region_id"]: region for region in pair.record["regions"]}
    for number, row in enumerate(pair.rows):
        tools.counts["rows"] += 1
        name = row["row_id"]
        if name != f"{pair.record['pair_id']}/{number}":
            yield Defect(file, name, "row_id", f"expected number {number} of its pair")
        region = regions.get(row["region_id"])
        if region is None:
            yield Defect(file, name, "region", f"no region {row['region_id']} in its pair")
            continue
        yield from _row(file, row, region, pair, tools)
        yield from _pixels(file, row, images)


def _row(
    file: str, row: Row, region: Mapping[str, Any], pair: Pair, tools: _Tools
) -> Iterator[Defect]:
    """A row says what its record says, and its answer passes the fact check."""
    name = row["row_id"]
    for side in ("anchor", "target"):
        told = [(s["type"], s["severity"]) for s in row[f"{side}_chain"]]
        kept = [(s["type"], s["severity"]) for s in region[side]["chain"]]
        # scores lie in the table as 32 bits
        near = abs(row[f"{side}_score"] - region[side]["score"]) < 1e-6
        if told != kept or not near:
            yield Defect(file, name, "facts", f"{side}: chain or score not as in the record")
    if row["relation"] != region["relation"] or row["reference"] != region["reference"]:
        yield Defect(file, name, "facts", "relation or reference not as in the record")
    said = [turn["content"] for turn in row["messages"]]
    if said != [row["question"], row["answer"]]:
        yield Defect(file, name, "messages", "not its question and answer")
    found = compared_of(row, tools.families, clear=pair.record["clear"])
    for broken in check_pair(question_of(row), found):
        yield Defect(file, name, broken.rule, broken.detail)


def _pixels(
    file: str, row: Mapping[str, Any], images: dict[str, tuple[bytes, Image]]
) -> Iterator[Defect]:
    """Both pictures are there; under the mask they are the same where nothing was done."""
    name, size = row["row_id"], (row["height"], row["width"])
    shown = []
    for side, picture in zip(("anchor", "target"), row["images"], strict=True):
        held = images.get(row[side])
        if held is None:
            held = images[row[side]] = picture["bytes"], decode_png(picture["bytes"])
        if held[0] != picture["bytes"] or held[1].shape[:2] != size:
            yield Defect(file, name, "picture", f"{row[side]}: other pixels, or of another size")
            return
        shown.append(held[1])
    try:
        mask = masks.decode(row["mask"], *size)
    except ContractError as error:
        yield Defect(file, name, "mask", str(error))
        return
    if not mask.any() or list(bounding_box(mask)) != row["box"]:
        yield Defect(file, name, "mask", "empty, or its box is not the row's")
        return
    differs = bool(np.any(shown[0][mask] != shown[1][mask]))
    degraded = sum(bool(row[f"{side}_chain"]) for side in ("anchor", "target"))
    if degraded < 2 and differs != bool(degraded):
        what = "differ, yet nothing was done" if differs else "are the same, yet one is degraded"
        yield Defect(file, name, "pixels", f"pixels under the mask {what}")


def _counts(manifest: Mapping[str, Any], counted: Counter[str]) -> Iterator[Defect]:
    """What the manifest counts is what was found."""
    kinds = ("touched", "untouched")
    for name in ("pairs", "rows", *(f"{kind} {r}" for kind in kinds for r in RELATIONS)):
        said = manifest["counts"].get(name, 0)
        if said != counted[name]:
            yield Defect("manifest.json", "", "counts", f"{said} {name}, {counted[name]} found")
    whole = sum(counted[f"touched {name}"] for name in RELATIONS) or 1
    for name in RELATIONS:
        share = counted[f"touched {name}"] / whole
        if abs(manifest["shares"].get(name, -1) - share) > 1e-4:
            yield Defect("manifest.json", "", "shares", f"{name} is {share:.4f}")
