"""``export --format vida``, ``diag`` and ``coco``: whole pictures with all their flaws.

``vida`` is the layout of ViDA-UGC and its challenge: training records and metadata of the train
split, questions and their truth of the test split. ``diag`` lists triplets of box in thousandths,
class and severity 1 to 5; a clean picture is its full box, no class, 0. ``coco`` has instances with
masks and, as attributes, everything that is recorded of each step.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from annotators.questions.vida.item import TASKS
from annotators.questions.vida.syntax import SCALE, thousandths
from annotators.questions.vida.vocabulary import read_vocabulary
from flows.dataset.formats.form import PictureForm
from flows.dataset.formats.sink import Sink
from flows.dataset.vida import records
from flows.dataset.vida.pictures import Told, splits, told
from schemas import masks
from schemas.errors import ConfigError
from schemas.records import DegradedRegion, Step

TRAIN, BENCH = "train", "val/ViDA-Bench"
RECORDS = f"{TRAIN}/ViDA-qwen2"


def _vida(dataset: Path, sink: Sink) -> dict[str, int]:
    counts: dict[str, int] = {}
    for split in splits(dataset):
        write = _training if split == "train" else _bench
        counts.update(write(dataset, sink, split))
    if not sum(counts.values()):
        raise ConfigError(f"{dataset}: no rows in the shape of ViDA-UGC; build with --tasks vida")
    return counts


def _training(dataset: Path, sink: Sink, split: str) -> dict[str, int]:
    files: dict[str, list[dict[str, Any]]] = {}
    about: list[dict[str, Any]] = []
    for one in told(dataset, split):
        rows = [row for row in one.rows if row["task"] in TASKS]
        known = records.scene_of(one)
        if not rows or known is None:
            continue
        sink.put(f"{TRAIN}/images/{one.name}", one.png)
        about.append(records.metadata(one, known))
        for row in rows:
            name = records.FILES[row["sub_task"]]
            files.setdefault(name, []).append(records.conversation(row, one.name))
        files.setdefault(records.FILES["score"], []).append(records.score(one, known))
    for name, found in sorted(files.items()):
        sink.lines(f"{RECORDS}/{name}", found)
    combined = [record for _, found in sorted(files.items()) for record in found]
    if about:
        _json(sink, f"{RECORDS}/combined.json", combined)
        _json(sink, f"{TRAIN}/train_metadata.json", about)
    return {"train pictures": len(about), "train records": len(combined)}


def _bench(dataset: Path, sink: Sink, split: str) -> dict[str, int]:
    about: list[dict[str, Any]] = []
    asked: dict[str, list[dict[str, Any]]] = {"mcq": [], "reg-p_bench": [], "benchmark": []}
    solved: dict[str, list[dict[str, Any]]] = {"mcq": [], "reg-p_bench": []}
    for one in told(dataset, split):
        rows = [row for row in one.rows if row["task"] in TASKS]
        known = records.scene_of(one)
        if not rows or known is None:
            continue
        sink.put(f"val/images/{one.name}", one.png)
        about.append(records.metadata(one, known))
        for row in rows:
            kind = row["sub_task"]
            if kind == "choice":
                number = len(asked["mcq"])
                asked["mcq"].append(records.choice(row, one.name, number, False))
                solved["mcq"].append(records.choice(row, one.name, number, True))
            elif kind == "region":
                number = len(asked["reg-p_bench"])
                asked["reg-p_bench"].append(records.region(row, one, number, False))
                solved["reg-p_bench"].append(records.region(row, one, number, True))
            elif kind in ("detect", "assess"):
                number = len(asked["benchmark"])
                asked["benchmark"].append(records.benchmark(row, one, number))
    if about:
        for name, found in asked.items():
            _json(sink, f"{BENCH}/release/{name}.json", found)
        for name, found in (*solved.items(), ("bench_metadata", about)):
            _json(sink, f"{BENCH}/ground_truth/{name}.json", found)
    return {"test pictures": len(about), "test questions": sum(map(len, asked.values()))}


def _diag(dataset: Path, sink: Sink) -> dict[str, int]:
    counts = {}
    for split in splits(dataset):
        found = []
        for one in told(dataset, split):
            name = sink.put(f"images/{one.name}", one.png)
            found.append({"image": name, "triplets": list(_triplets(one))})
        _json(sink, f"{split}.json", found)
        counts[f"{split} pictures"] = len(found)
    return counts


def _triplets(one: Told) -> Iterator[list[Any]]:
    for region in one.facts.degraded:
        box = list(thousandths(region.box, one.facts.width, one.facts.height))
        for step in region.chain:
            yield [box, _name(step, one), step.severity]
    if not one.facts.degraded:
        yield [[0, 0, SCALE, SCALE], None, 0]


def _name(step: Step, one: Told) -> str:
    """Their class, or our noun where they have none."""
    return read_vocabulary().class_of(step) or one.facts.families[step.family].noun


def _coco(dataset: Path, sink: Sink) -> dict[str, int]:
    counts = {}
    for split in splits(dataset):
        images: list[dict[str, Any]] = []
        annotations: list[dict[str, Any]] = []
        families: dict[str, int] = {}
        for one in told(dataset, split):
            name = sink.put(f"images/{one.name}", one.png)
            size = {"width": one.facts.width, "height": one.facts.height}
            images.append({"id": len(images) + 1, "file_name": name, **size})
            for region in one.facts.degraded:
                for number, step in enumerate(region.chain, 1):
                    kind = families.setdefault(step.family, len(families) + 1)
                    found = _instance(region, step, number, one)
                    ids = {"id": len(annotations) + 1, "image_id": len(images)}
                    annotations.append({**ids, "category_id": kind, **found})
        categories = [{"id": number, "name": name} for name, number in families.items()]
        document = {"images": images, "annotations": annotations, "categories": categories}
        _json(sink, f"instances_{split}.json", document)
        counts[f"{split} pictures"], counts[f"{split} instances"] = len(images), len(annotations)
    return counts


def _instance(region: DegradedRegion, step: Step, number: int, one: Told) -> dict[str, Any]:
    x0, y0, x1, y1 = region.box
    height, width = one.facts.height, one.facts.width
    return {
        "segmentation": {"size": [height, width], "counts": region.mask},
        "bbox": [x0, y0, x1 - x0, y1 - y0],
        "area": masks.area(region.mask, height, width),
        "iscrowd": 0,
        "attributes": {
            "type": step.type,
            "severity": step.severity,
            "grade": step.grade,
            "step": number,
            "steps": len(region.chain),
            "region": region.label_refined,
            "region_id": region.region_id,
            "class": read_vocabulary().class_of(step),
            "ssim": step.ssim,
            "delta_e": step.delta_e,
            "damage": step.damage,
        },
    }


def _json(sink: Sink, name: str, document: Any) -> None:
    sink.text(name, json.dumps(document, indent=1, ensure_ascii=False) + "\n")


VIDA, DIAG, COCO = PictureForm(_vida), PictureForm(_diag), PictureForm(_coco)
