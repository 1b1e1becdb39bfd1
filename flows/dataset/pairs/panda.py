"""``export --format panda``: one folder a variant, in the layout that Panda's own loader reads.

``gt`` holds the photographs, ``mixed``, ``mixed2`` and so on their variants under the same names,
``stats`` what is recorded of them region by region, ``depth`` nothing. Masks are run lengths that
are not compressed, as the loader wants them. A photograph without all its variants stays out, and
so does one that is not at hand; what Panda has no class for is no region there.

Source: the public loader of Panda (ICLR 2026), ``loaddata.py``.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from annotators.pairs.relation import DIGITS, score
from distortions.measure import compare
from flows.dataset.formats.form import PictureForm
from flows.dataset.formats.sink import Sink
from flows.dataset.pairs.classes import class_of, severity_of
from flows.dataset.pairs.sides import Photograph, Side, Sources, photographs
from flows.store.layout import read_manifest
from flows.store.place import make_folder
from flows.store.png import decode_png, encode_png
from flows.store.shards import SPLITS
from schemas import masks
from schemas.arrays import Image
from schemas.errors import ConfigError
from schemas.records import DegradedRegion, Region

NAME = "ssim"
"""The score; Panda's thresholds of .1 and .3 hold for it."""
PARTS = ("train", "val", "test")
CONFIG = """# For Panda's train.py and inference: --configpath config.yml, from this folder.
general:
  datapath: "./"
  stats:
{stats}
"""


def _write(dataset: Path, sink: Sink) -> dict[str, int]:
    variants = int(read_manifest(dataset)["config"]["variants"])
    if variants < 2:
        raise ConfigError(f"{dataset}: one variant a photograph; build with --variants 2 or more")
    names = ["mixed" + (str(number) if number > 1 else "") for number in range(1, variants + 1)]
    for folder in ("gt", "depth", "stats", *names):
        for part in PARTS if folder != "stats" else ("",):
            make_folder(sink.out / folder / part)
    sources, counts = Sources(dataset, sink.sources), Counter[str]()
    stats: dict[str, dict[str, dict[str, Any]]] = {part: {n: {} for n in names} for part in PARTS}
    for split in SPLITS:
        for photograph in photographs(dataset, split, sources):
            counts[_picture(photograph, sink, sources, names, stats[split], counts)] += 1
    for part in PARTS:
        for name in names:
            text = json.dumps(stats[part][name], ensure_ascii=False)
            sink.text(f"stats/{part}_stats_{name}.json", text + "\n")
    lines = (f'    {name}: "./stats/train_stats_{name}.json"' for name in names)
    sink.text("config.yml", CONFIG.format(stats="\n".join(lines)))
    if not counts["photographs"]:
        raise ConfigError(f"{dataset}: no photograph with all its variants at hand; see --source")
    return dict(counts)


def _picture(
    photograph: Photograph,
    sink: Sink,
    sources: Sources,
    names: list[str],
    stats: dict[str, dict[str, Any]],
    counts: Counter[str],
) -> str:
    """Write a photograph with its variants; what it counts as."""
    variants = [side for side in photograph.sides if side.png is not None]
    if len(variants) != len(names):
        return "left out: a variant is missing"
    if sink.strict and max(side.longest for side in variants) > 1:
        return "left out: chain of several"
    pristine = sources.image(photograph.picture)
    if pristine is None:
        return "left out: photograph not at hand"
    shown = [_regions(side, photograph, pristine) for side in variants]
    known = [all(one["degradation"] for one in same) for same in zip(*shown, strict=True)]
    counts["regions left out: no class"] += len(known) - sum(known)
    tag, split = f"{photograph.picture.picture_id}.png", photograph.picture.split
    sink.put(f"gt/{split}/{tag}", encode_png(pristine))
    for name, side, regions in zip(names, variants, shown, strict=True):
        sink.put(f"{name}/{split}/{tag}", side.png or b"")
        kept = [region for region, keep in zip(regions, known, strict=True) if keep]
        stats[name][tag] = {
            "score_fr": _scene(side, photograph),
            "relations": [],
            "regions": kept,
        }
        counts["regions"] += len(kept)
        counts["regions with the stronger of several steps"] += sum(
            len(region.chain) > 1 for region in side.regions.values()
        )
    return "photographs"


def _regions(side: Side, photograph: Photograph, pristine: Image) -> list[dict[str, Any]]:
    """Every region of the photograph as it stands here, in the same order on every side."""
    found = []
    whole = next((r for r in side.regions.values() if r.role == "whole" and r.chain), None)
    image = decode_png(side.png or b"") if whole else pristine
    for number, region in enumerate(photograph.regions):
        own = whole or side.regions.get(region.region_id)
        value = 1.0 if own is None else score(own, NAME)
        if whole:
            mask = masks.decode(region.mask, *pristine.shape[:2])
            value = round(float(compare(pristine, image, mask).ssim), DIGITS)
        found.append(_region(region, own, value, number, photograph))
    return found


def _region(
    region: Region, own: DegradedRegion | None, value: float, number: int, of: Photograph
) -> dict[str, Any]:
    x0, y0, x1, y1 = region.box
    return {
        "name": region.label,
        "description": of.phrases.get(region.region_id, ""),
        "category_id": number,
        "bbox": [x0, y0, x1 - x0, y1 - y0],
        "segmentation_mask": {
            "size": [of.picture.height, of.picture.width],
            "counts": masks.run_lengths(region.mask),
        },
        "degradation": "clean" if own is None else class_of(own),
        "severity": 0 if own is None else severity_of(own),
        "score_fr": value,
    }


def _scene(side: Side, photograph: Photograph) -> float:
    """The score of the whole picture: regions by their area, the rest is as it was."""
    lost = sum(r.area_fraction * (1 - score(r, NAME)) for r in side.regions.values() if r.chain)
    return round(max(0.0, 1 - lost), DIGITS)


PANDA = PictureForm(_write)
