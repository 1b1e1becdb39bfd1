"""``augment``: new rows of a dataset's rows, as a dataset of its own that lies beside it.

Keyed, by shards, resumable: the same command goes on where it was killed, and the bytes are the
same whatever happened. A new row's id is its parent's, ``~``, the operation and a number. Each is
held against the record before it is written; what is false becomes a reject with its reason.

Our own design; source: detailed assessment rules, section 5.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq

from annotators.facts import PictureFacts
from annotators.questions.vida.check import Row, violations
from annotators.questions.vida.item import TASKS
from annotators.questions.vida.scene import Scene, scene
from annotators.questions.vida.vocabulary import read_vocabulary
from flows.store.layout import DATA, MANIFEST, RECORDS, read_manifest, require_records, write_text
from flows.store.ledger import ShardSummary, finished
from flows.store.marked import mark_folder
from flows.store.png import decode_png
from flows.store.shards import SPLITS, ShardWriter, clear_shard
from flows.store.tables import IMAGE
from flows.training.data.geometry import Moved, cropped, mirrored
from flows.training.data.operations import CROP, MIRROR, OPERATIONS, New, cropped_rows, mirrored_row
from flows.training.data.scenes import Scenes
from schemas.arrays import Image
from schemas.counts import ROWS
from schemas.errors import ConfigError
from schemas.records import DegradedRegion, Message, Picture, Reject, Sample
from schemas.settings.config import ExportConfig
from schemas.settings.training import OfflineConfig
from schemas.streams import Stream

REPORT = "augment.json"
SEPARATOR = "~"


class Asked(NamedTuple):
    """A degraded picture with its rows."""

    facts: PictureFacts
    image: Image
    rows: list[Sample]


def augment_dataset(dataset: Path, out: Path, config: OfflineConfig) -> dict[str, Any]:
    """Write new rows of every shard; returns the report.

    Args:
        dataset: Folder that ``build`` made.
        out: Folder of the new rows; the same one goes on.
        config: Which operations, how often.

    Raises:
        ConfigError: No dataset or an older one, one without rows that can be changed, or a folder
            that holds something else.
    """
    manifest = read_manifest(dataset)
    require_records(dataset, manifest, [Sample, DegradedRegion, Picture])
    key = _key(dataset, config)
    mark_folder(out, ".augment", key, "rows made of this dataset with these settings")
    scenes = Scenes(dataset)
    summaries = []
    for file in sorted((dataset / RECORDS).glob("degraded-*.parquet")):
        shard = int(file.stem.partition("-")[2])
        done = finished(out, shard, key)
        summaries.append(done or _shard(dataset, out, shard, key, config, scenes))
    report = _report(summaries)
    if not report["rows"]:
        raise ConfigError(
            f"{dataset}: no row that an operation may change; build with --tasks vida"
        )
    whole: dict[str, Any] = {n: manifest[n] for n in ("records", "code") if n in manifest}
    whole |= {
        "kind": "augmented",
        "augmented": {"key": key, **config.model_dump()},
        "counts": {"rows": report["by_task"]},
    }
    write_text(out / REPORT, json.dumps(report, indent=1) + "\n")
    write_text(out / MANIFEST, json.dumps(whole, indent=1) + "\n")
    return report


def _key(dataset: Path, config: OfflineConfig) -> str:
    """What decides every byte: the dataset and the settings."""
    text = (dataset / MANIFEST).read_bytes() + json.dumps(config.model_dump()).encode()
    return hashlib.sha256(text).hexdigest()


def _shard(
    dataset: Path, out: Path, shard: int, key: str, config: OfflineConfig, scenes: Scenes
) -> ShardSummary:
    clear_shard(out, shard)
    path = dataset / RECORDS / f"pictures-{shard:05d}.parquet"
    pictures = {p.picture_id: p for p in Picture.from_table(pq.read_table(path))}
    with ShardWriter(out, shard, ExportConfig()) as writer:
        for asked in _pictures(dataset, shard, scenes):
            picture = pictures[asked.rows[0].picture_id]
            _Maker(asked, picture, config, writer).run()
        return writer.commit(key)


def _pictures(dataset: Path, shard: int, scenes: Scenes) -> Iterator[Asked]:
    """The pictures of a shard that have rows of this shape, in the order of the files."""
    for split in SPLITS:
        file = dataset / DATA / f"{split}-{shard:05d}.parquet"
        if not file.is_file():
            continue
        rows: dict[str, list[Sample]] = {}
        pixels: dict[str, bytes] = {}
        parquet = pq.ParquetFile(file)
        for group in range(parquet.num_row_groups):
            for row in parquet.read_row_group(group).to_pylist():
                picture = row.pop(IMAGE)
                if row["task"] in TASKS:
                    sample = Sample.model_validate(row)
                    pixels.setdefault(sample.image_id, picture["bytes"])
                    rows.setdefault(sample.image_id, []).append(sample)
        for image_id, own in rows.items():
            facts = scenes.facts(image_id)
            if facts is not None:
                yield Asked(facts, decode_png(pixels[image_id]), own)


class _Maker:
    """All new rows of one picture."""

    def __init__(
        self, asked: Asked, picture: Picture, config: OfflineConfig, writer: ShardWriter
    ) -> None:
        self.asked, self.picture, self.config, self.writer = asked, picture, config, writer
        self.counts: Counter[str] = Counter()

    def run(self) -> None:
        """Same picture first, then in the mirror, then a window."""
        known = scene(self.asked.facts, read_vocabulary())
        if known is None:
            return
        self.writer.add_picture(self.picture, [])
        self._write(self.asked.facts, self.asked.image, self._same(known))
        if self._stream(MIRROR).chance(self.config.mirror):
            self._moved(MIRROR, mirrored(self.asked.facts, self.asked.image))
        if self._stream(CROP).chance(self.config.crop):
            stream = self._stream(CROP, "window")
            self._moved(CROP, cropped(self.asked.facts, self.asked.image, stream))
        self.writer.add_counts(self.counts)

    def _stream(self, *purpose: int | str) -> Stream:
        return Stream(self.config.seed, "offline", self.asked.facts.image_id, *purpose)

    def _same(self, known: Scene) -> list[Sample]:
        made: list[Sample] = []
        for name, operation in OPERATIONS.items():
            factor: float = getattr(self.config, name)
            found = []
            for row in self.asked.rows:
                stream = self._stream(name, row.row_id)
                times = int(factor) + stream.chance(factor - int(factor))
                news = [operation(row, known, stream) for _ in range(times)]
                found += [(row, new) for new in dict.fromkeys(news) if new is not None]
            made += self._true(name, found[: self.config.cap], known)
        return made

    def _moved(self, name: str, moved: Moved | None) -> None:
        known = scene(moved.facts, read_vocabulary()) if moved else None
        if moved is None or known is None:
            self.counts[f"refused.{name}.picture"] += 1
            return
        if name == MIRROR:
            pairs = [(row, new) for row in self.asked.rows if (new := mirrored_row(row))]
            self.counts["refused.mirror.words"] += len(self.asked.rows) - len(pairs)
        else:
            pairs = cropped_rows(self.asked.rows, known, self._stream(CROP, "ask"))
            size = {"width": moved.facts.width, "height": moved.facts.height}
            picture_id = f"{self.picture.picture_id}{SEPARATOR}{moved.facts.image_id}"
            self.writer.add_picture(
                self.picture.model_copy(update={"picture_id": picture_id, **size}), []
            )
            regions = [r.model_copy(update={"picture_id": picture_id}) for r in moved.facts.regions]
            moved = moved._replace(facts=_with(moved.facts, regions))
        self._write(moved.facts, moved.image, self._true(name, pairs[: self.config.cap], known))

    def _true(self, name: str, pairs: Iterable[tuple[Sample, New]], known: Scene) -> list[Sample]:
        """Rows that the record bears out; the others become rejects."""
        made: list[Sample] = []
        for number, (parent, new) in enumerate(pairs):
            row_id = f"{parent.row_id}{SEPARATOR}{name}{number}"
            said = Row(new.sub_task, new.form, new.question, new.pool, new.answer, parent.region_id)
            broken = violations(said, known, stored=True)
            if broken:
                why = broken[0]
                reject = Reject(stage="augment", subject=row_id, reason=why.rule, detail=why.detail)
                self.writer.add_rejects([reject])
                self.counts[f"refused.{name}.{why.rule}"] += 1
                continue
            self.counts[f"made.{name}.{parent.task}"] += 1
            made.append(_sample(parent, new, row_id, known.facts))
        return made

    def _write(self, facts: PictureFacts, image: Image, rows: list[Sample]) -> None:
        if rows:
            self.writer.add_variant(image, facts.regions, rows)


def _with(facts: PictureFacts, regions: list[DegradedRegion]) -> PictureFacts:
    return replace(facts, regions=tuple(regions))


def _sample(parent: Sample, new: New, row_id: str, facts: PictureFacts) -> Sample:
    """The parent with what is new; its region as it stands in the new picture."""
    region = next((r for r in facts.regions if r.region_id == parent.region_id), None)
    said = [
        Message(role="user", content=new.question),
        Message(role="assistant", content=new.answer),
    ]
    return parent.model_copy(
        update={
            **new._asdict(),
            "row_id": row_id,
            "image_id": facts.image_id,
            "picture_id": facts.regions[0].picture_id if facts.regions else parent.picture_id,
            "region_id": region.region_id if region else "",
            "messages": said,
            "reference": facts.references.get(parent.region_id, parent.reference) if region else "",
            "label": region.label if region else "",
            "label_refined": region.label_refined if region else "",
            "width": facts.width,
            "height": facts.height,
            "box": region.box if region else None,
            "mask": region.mask if region else None,
            "point": region.point if region else None,
            "chain": region.chain if region else [],
            "scores": region.scores if region else None,
        }
    )


def _report(summaries: list[ShardSummary]) -> dict[str, Any]:
    """Exact numbers: rows by operation and parent's task, refused ones by reason."""
    counts: Counter[str] = Counter()
    for summary in summaries:
        counts.update(summary.counts)
    tell = {
        kind: {
            name.partition(".")[2]: number
            for name, number in sorted(counts.items())
            if name.startswith(f"{kind}.")
        }
        for kind in ("made", "refused")
    }
    by_task = dict(sorted(ROWS.under(counts).items()))
    return {"rows": sum(tell["made"].values()), **tell, "by_task": by_task}
