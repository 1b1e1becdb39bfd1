"""``iqa-spider pairs``: ordered pairs of pictures, with relations, questions and graphs."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from annotators.pairs.asking import FORMS, Compared, PairQuestion, ask, table
from annotators.pairs.check import check_pair
from annotators.pairs.relation import PANDA, RELATIONS, THRESHOLDS, Score, Thresholds
from annotators.screening import well_inside
from distortions.plugins import load_plugins
from flows.dataset.formats.embedded import IMAGES, write_embedded
from flows.dataset.manifest import families_in, plugin_families
from flows.dataset.pairs.graph import graph_of
from flows.dataset.pairs.lines import COLUMNS, record_of, row_of
from flows.dataset.pairs.measured import require_score, score_of
from flows.dataset.pairs.reading import GRAPHS
from flows.dataset.pairs.sides import Photograph, Side, Sources, photographs
from flows.store.layout import (
    DATA,
    MANIFEST,
    PAIRS,
    RECORDS,
    TEMPORARY,
    describe_file,
    put_in_place,
    require_dataset,
    require_records,
    storage_errors,
    write_text,
)
from flows.store.marked import mark_folder
from flows.store.shards import SPLITS
from schemas.errors import ConfigError
from schemas.records import DegradedRegion, Picture, Region, Sample
from schemas.streams import Stream, derive_key

MARKER = ".pairs.json"
UNTOUCHED = 1
"""Regions that are clean in both pictures and asked about, of a pair at most."""


class PairSettings(NamedTuple):
    """What decides the pairs of a dataset.

    Args:
        per_picture: Ordered pairs of a photograph; 0 takes all.
        questions: Of a pair at most.
        score: Name of the score that relations come from: a stored one, or a plugin's.
        seed: Of the sample and the wordings.
        strict: Leave out pictures that hold a chain of several steps.
        plugins: Python files that bring scores.
        thresholds: Differences of the score from which a relation is slight, and significant;
            ``None``: those of the stored score, for a plugin's those of Panda.
    """

    per_picture: int = 2
    questions: int = 3
    score: str = "ssim"
    seed: int = 0
    strict: bool = False
    plugins: tuple[str, ...] = ()
    thresholds: Thresholds | None = None

    @property
    def limits(self) -> Thresholds:
        """The thresholds that hold."""
        return self.thresholds or THRESHOLDS.get(self.score, PANDA)


def make_pairs(
    dataset: Path, out: Path, settings: PairSettings, sources: list[str]
) -> dict[str, Any]:
    """Write pairs, questions about them and their graphs; returns what the manifest says.

    Args:
        dataset: Folder that ``build`` made.
        out: New folder, or one that the same call left unfinished.
        settings: What decides them.
        sources: Where the photographs lie, for pairs with the photograph itself; when empty, where
            the build found them.

    Raises:
        ConfigError: No dataset, an unknown score, a folder with something else, or no pair at all.
    """
    if settings.per_picture < 0 or settings.questions < 0:
        raise ConfigError("pairs: --per-picture and --questions must be 0 or more")
    if not 0 < settings.limits[0] < settings.limits[1] < 1:
        raise ConfigError(f"pairs: thresholds must rise between 0 and 1, got {settings.limits}")
    manifest = require_dataset(dataset)
    load_plugins(settings.plugins)
    require_score(settings.score)
    require_records(dataset, manifest, [Picture, Region, DegradedRegion, Sample])
    parent = describe_file(dataset, dataset / MANIFEST).sha256
    code = [hashlib.sha256(Path(file).read_bytes()).hexdigest() for file in settings.plugins]
    how = {
        "dataset_sha256": parent,
        "settings": {**settings._asdict(), "plugins": code, "thresholds": settings.limits},
    }
    mark_folder(out, MARKER, json.dumps(how, sort_keys=True) + "\n", "pairs of this dataset")
    known = families_in(manifest)
    how |= {"families": sorted(known), "plugin_families": plugin_families(known)}
    at_hand, counts = Sources(dataset, sources), Counter[str]()
    for split in SPLITS:
        with _Split(out, split, settings, counts) as writer:
            writer.write(photographs(dataset, split, at_hand), at_hand)
    if not counts["pairs"]:
        raise ConfigError(
            f"{dataset}: no pair; build with --variants 2 or more, or name the photographs by "
            "--source"
        )
    return _manifest(out, how, counts)


class _Split:
    """The files of one split while they are written."""

    def __init__(self, out: Path, split: str, settings: PairSettings, counts: Counter[str]) -> None:
        self.out, self.split, self.settings, self.counts = out, split, settings, counts
        self._beside = [out / RECORDS / f"{split}.jsonl", out / GRAPHS / f"{split}.jsonl"]
        self._open: list[TextIO] = []
        self._stack = ExitStack()

    def __enter__(self) -> "_Split":
        for path in self._beside:
            with storage_errors(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                file = _temporary(path).open("w", encoding="utf-8")
            self._open.append(self._stack.enter_context(file))
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._stack.close()
        if kind is None:
            for path in self._beside:
                put_in_place(_temporary(path), path)

    def write(self, found: Iterator[Photograph], sources: Sources) -> None:
        """Everything of the photographs."""
        rows = (row for photograph in found for row in self._rows(photograph, sources))
        path = self.out / DATA / f"{self.split}.parquet"
        self.counts["rows"] += write_embedded(path, rows, COLUMNS)

    def _rows(self, photograph: Photograph, sources: Sources) -> Iterator[dict[str, Any]]:
        self.counts["photographs"] += 1
        everything = photograph.pairs()
        if self.settings.strict:
            kept = [pair for pair in everything if max(side.longest for side in pair) < 2]
            self.counts["left out: chain of several"] += len(everything) - len(kept)
            everything = kept
        score = score_of(photograph, self.settings.score, sources)
        if score is None:
            self.counts["left out: photograph not at hand"] += 1
            return
        stream = Stream(self.settings.seed, "pairs", photograph.picture.picture_id)
        drawn = stream.shuffled(everything)[: self.settings.per_picture or None]
        pngs: dict[str, bytes | None] = {}
        for anchor, target in drawn:
            for side in (anchor, target):
                if side.image_id not in pngs:
                    pngs[side.image_id] = side.png or sources.png(photograph.picture)
            if None in (pngs[anchor.image_id], pngs[target.image_id]):
                self.counts["left out: photograph not at hand"] += 1
                continue
            yield from self._pair(photograph, (anchor, target), pngs, score)

    def _pair(
        self,
        photograph: Photograph,
        sides: tuple[Side, Side],
        pngs: dict[str, bytes | None],
        score: Score,
    ) -> Iterator[dict[str, Any]]:
        anchor, target = sides
        compared = photograph.compared(anchor, target, score, self.settings.limits)
        if anchor.kind != "uniform" and target.kind != "uniform":
            compared = [found for found in compared if found.anchor.role != "whole"]
        pair_id = f"{photograph.picture.picture_id}/{anchor.name}-{target.name}"
        self.counts["pairs"] += 1
        for found in compared:
            self.counts[f"{'touched' if found.touched else 'untouched'} {found.relation}"] += 1
            several = max(len(region.chain) for region in found.regions) > 1
            self.counts["regions with a chain of several"] += several
        name = self.settings.score
        ids = {"pair_id": pair_id, "anchor": anchor.image_id, "target": target.image_id}
        ids |= {"picture_id": photograph.picture.picture_id, "split": self.split}
        regions = [record_of(found, score) for found in compared]
        clear = well_inside(photograph.picture.screen)
        self._line(0, {**ids, "score": name, "clear": clear, "regions": regions})
        self._line(1, {**ids, "graph": graph_of(compared, score)})
        for number, (found, asked) in enumerate(self._asked(compared)):
            yield {
                IMAGES: [
                    {"bytes": pngs[side.image_id], "path": f"{side.image_id}.png"}
                    for side in (anchor, target)
                ],
                **ids,
                **row_of(found, asked, score),
                "row_id": f"{pair_id}/{number}",
                "width": photograph.picture.width,
                "height": photograph.picture.height,
            }

    def _line(self, place: int, record: dict[str, Any]) -> None:
        with storage_errors(self._beside[place]):
            self._open[place].write(json.dumps(record, ensure_ascii=False) + "\n")

    def _asked(self, compared: list[Compared]) -> Iterator[tuple[Compared, PairQuestion]]:
        """Questions of a pair that pass the fact check; the same of the swapped pair."""
        named = [found for found in compared if found.phrase]
        plain = [found for found in named if found.may_be_asked("better")]
        self.counts["not asked: no phrase for the region"] += len(compared) - len(named)
        self.counts["not asked: score and visible damage disagree"] += len(named) - len(plain)
        if not plain:
            return
        order = sorted(found.image_id for found in plain[0].regions)
        stream = Stream(self.settings.seed, "pair", *order)
        touched = [found for found in plain if found.touched]
        spare = stream.shuffled([found for found in plain if not found.touched])[:UNTOUCHED]
        for found in stream.shuffled([*touched, *spare])[: self.settings.questions]:
            key = derive_key(self.settings.seed, "pair", *order, found.anchor.region_id)
            form = Stream(key, "form").choice([f for f in FORMS if found.may_be_asked(f)])
            asked = ask(found, form, partial(Stream, key))
            if broken := check_pair(asked, found):
                self.counts[f"refused: {broken[0].rule}"] += 1
                continue
            self.counts[f"asked {form}"] += 1
            yield found, asked


def _temporary(path: Path) -> Path:
    return path.with_name(path.name + TEMPORARY)


def _manifest(out: Path, how: dict[str, Any], counts: Counter[str]) -> dict[str, Any]:
    touched = {name: counts[f"touched {name}"] for name in RELATIONS}
    whole = sum(touched.values())
    slightly, significantly = how["settings"]["thresholds"]
    files = [path for path in sorted(out.rglob("*")) if path.is_file() and path.parent != out]
    manifest = {
        "kind": PAIRS,
        **how,
        "wordings": table()["version"],
        "thresholds": {"slightly": slightly, "significantly": significantly},
        "shares": {name: round(n / whole, 4) if whole else 0.0 for name, n in touched.items()},
        "counts": dict(sorted(counts.items())),
        "files": [describe_file(out, path)._asdict() for path in files],
    }
    for entry in manifest["files"]:
        entry.pop("changed")
    write_text(out / MANIFEST, json.dumps(manifest, indent=1) + "\n")
    return manifest
