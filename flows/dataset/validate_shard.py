"""Re-reads one shard of a finished dataset; a row group at a time, so memory stays flat."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from annotators.check.stored_answer import check_stored
from annotators.screening import well_inside
from distortions.plan import grade_of
from flows.dataset.manifest import Known
from flows.ingest.fingerprints import content_hash
from flows.ingest.single import SourceImages
from flows.store.boxes import row_boxes
from flows.store.layout import DATA, RECORDS, read_manifest
from flows.store.place import readable
from flows.store.png import decode_png
from flows.store.tables import IMAGE
from schemas import masks
from schemas.arrays import Image, Mask
from schemas.errors import ContractError
from schemas.families import Family
from schemas.records import DegradedRegion, Grade, Picture, RowBox, Sample
from schemas.settings.config import PlanConfig


class Defect(NamedTuple):
    """Something that is not as it should be.

    Args:
        file: Path inside the dataset.
        row: Row, region or picture id; empty for a file as a whole.
        rule: Slug.
        detail: One line.
    """

    file: str
    row: str
    rule: str
    detail: str


class ShardToCheck(NamedTuple):
    """A job: dataset folder, shard as in its file names, where the photographs lie."""

    out: Path
    shard: str
    sources: tuple[str, ...]


class ShardFindings(NamedTuple):
    """What one shard says.

    Args:
        file: Its table of pictures.
        defects: What is wrong with it.
        rows: Rows found.
        row_ids: Hashes of the ids, each once.
        groups: (picture, group, split) of its pictures.
    """

    file: str
    defects: list[Defect]
    rows: int
    row_ids: NDArray[np.uint64]
    groups: Sequence[tuple[str, str, str]]


def check_shard(job: ShardToCheck) -> ShardFindings:
    """Check whatever can be checked without the other shards."""
    out, shard, _ = job
    images, known, plan = shard_tools(out, job.sources)
    path = out / RECORDS / f"pictures-{shard}.parquet"
    pictures = {p.picture_id: p for p in Picture.from_table(pq.read_table(readable(path)))}
    degraded = _degraded(out / RECORDS / f"degraded-{shard}.parquet")
    boxes = row_boxes(out, shard)
    defects = list(_regions(f"degraded-{shard}.parquet", pictures, degraded, known.said, plan))
    seen, counted = set[str](), 0
    for split in ("train", "test"):
        file = out / DATA / f"{split}-{shard}.parquet"
        if file.is_file():
            for name, row in _rows(file):
                counted += 1
                defects += _row(name, row, split, seen, pictures, degraded, known, boxes)
            defects += _pictures(file, pictures, degraded, images)
    defects += [
        Defect(f"boxes-{shard}.parquet", row_id, "orphan", "boxes of no row")
        for row_id in sorted(boxes.keys() - seen)
    ]
    groups = [(p.picture_id, p.group, p.split) for p in pictures.values()]
    return ShardFindings(path.name, defects, counted, row_hashes(sorted(seen)), groups)


@cache
def shard_tools(out: Path, sources: tuple[str, ...]) -> tuple[SourceImages, Known, PlanConfig]:
    """Made once per process."""
    manifest = read_manifest(out)
    plan = PlanConfig.model_validate(manifest["config"]["plan"])
    return SourceImages(out, sources), Known.of(manifest), plan


def row_hashes(names: Sequence[str]) -> NDArray[np.uint64]:
    """Eight bytes of a hash of each row id."""
    digests = [hashlib.blake2b(name.encode(), digest_size=8).digest() for name in names]
    return np.frombuffer(b"".join(digests), np.uint64)


def _degraded(path: Path) -> dict[str, list[DegradedRegion]]:
    by_image: dict[str, list[DegradedRegion]] = {}
    for region in DegradedRegion.from_table(pq.read_table(readable(path))):
        by_image.setdefault(region.image_id, []).append(region)
    return by_image


def _regions(
    file: str,
    pictures: dict[str, Picture],
    degraded: dict[str, list[DegradedRegion]],
    families: Mapping[str, Family],
    plan: PlanConfig,
) -> Iterator[Defect]:
    """Masks against sizes, boxes, points; no pixel with two chains; families registered."""
    for image_id, regions in degraded.items():
        picture = pictures.get(regions[0].picture_id)
        if picture is None:
            yield Defect(file, image_id, "orphan", "its source picture is not recorded")
            continue
        taken = np.zeros((picture.height, picture.width), np.bool_)
        for region in regions:
            for rule, detail in [*_region(region, taken, families), *_grades(region, plan)]:
                yield Defect(file, f"{image_id}:{region.region_id}", rule, detail)


def _region(
    region: DegradedRegion, taken: Mask, families: Mapping[str, Family]
) -> Iterator[tuple[str, str]]:
    """What is wrong with one region; ``taken`` gets its pixels when it carries a chain."""
    try:
        mask = masks.decode(region.mask, *taken.shape)
        box = masks.bounding_box(mask)
    except ContractError as error:
        yield "mask", str(error)
        return
    if list(box) != region.box:
        yield "box", f"{region.box}, the mask's is {list(box)}"
    if not mask[int(region.point[1]), int(region.point[0])]:
        yield "point", f"{region.point} lies outside the mask"
    human = any(not step.key for step in region.chain)
    if not human and bool(region.chain) != (region.scores is not None):
        yield "scores", "scores and chain do not go together"
    for step in region.chain:
        if step.family not in families:
            yield "family", f"{step.family!r} is not registered"
    if region.chain and not human:
        if (taken & mask).any():
            yield "overlap", "a pixel carries two chains"
        taken |= mask


def _grades(region: DegradedRegion, plan: PlanConfig) -> Iterator[tuple[str, str]]:
    """Words for strength that are not those of what they are derived from."""
    for step in region.chain:
        expected: Grade = ""
        if step.key:
            expected = grade_of(step.severity, len(region.chain), step.damage, plan)
        elif step.severity:
            expected = plan.single_grades[step.severity - 1]
        if step.grade != expected:
            told = f"{step.type} at level {step.severity}, damage {step.damage}"
            yield "grade", f"{told}: {step.grade!r}, expected {expected!r}"


def _rows(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    parquet = pq.ParquetFile(readable(file))
    columns = [name for name in parquet.schema_arrow.names if name != IMAGE]
    for group in range(parquet.num_row_groups):
        for row in parquet.read_row_group(group, columns=columns).to_pylist():
            yield f"{DATA}/{file.name}", row


def _row(
    file: str,
    row: dict[str, Any],
    split: str,
    seen: set[str],
    pictures: dict[str, Picture],
    degraded: dict[str, list[DegradedRegion]],
    known: Known,
    boxes: Mapping[str, Sequence[RowBox]],
) -> Iterator[Defect]:
    sample = Sample.model_validate(row)
    name = sample.row_id
    if name in seen:
        yield Defect(file, name, "twice", "row id occurs twice")
    seen.add(name)
    picture = pictures.get(sample.picture_id)
    if picture is None or sample.split != split or picture.split != split:
        yield Defect(file, name, "split", f"expected split {split!r} and a recorded picture")
        return
    if (sample.width, sample.height) != (picture.width, picture.height):
        yield Defect(file, name, "size", "not the size of its picture")
    said = [(m.role, m.content) for m in sample.messages]
    if said != [("user", sample.question), ("assistant", sample.answer)]:
        yield Defect(file, name, "messages", "not the question and the answer")
    for rule, detail in check_stored(
        sample,
        degraded.get(sample.image_id, []),
        known.said if sample.origin == "human" else known.drawn,
        well_inside(picture.screen),
        boxes.get(name, ()),
    ):
        yield Defect(file, name, rule, detail)


def _pictures(
    file: Path,
    pictures: dict[str, Picture],
    degraded: dict[str, list[DegradedRegion]],
    images: SourceImages,
) -> Iterator[Defect]:
    """Every picture decodes, has its size, and equals its source outside the masks."""
    # The rows of a picture share one copy of its bytes, here as in the file.
    parquet = pq.ParquetFile(readable(file), read_dictionary=[f"{IMAGE}.bytes"])
    done, source = set[str](), _Source("", None, True)
    for group in range(parquet.num_row_groups):
        table = parquet.read_row_group(group, columns=[IMAGE, "image_id", "picture_id"])
        names, owners = (table[name].to_pylist() for name in ("image_id", "picture_id"))
        for place, (name, owner) in enumerate(zip(names, owners, strict=True)):
            if name in done or owner not in pictures:
                continue
            done.add(name)
            png = table[IMAGE][place]["bytes"].as_py()
            if source.picture_id != owner:  # variants of a picture follow each other
                source = _source(pictures[owner], images)
            problem = _check_picture(png, pictures[owner], degraded.get(name, []), source)
            if problem:
                yield Defect(f"{DATA}/{file.name}", name, *problem)


class _Source(NamedTuple):
    """The photograph of a picture, where it is at hand, and whether it is the recorded one."""

    picture_id: str
    image: Image | None
    recorded: bool


def _source(picture: Picture, images: SourceImages) -> _Source:
    image = images.load(picture.source, picture.path)
    recorded = image is None or content_hash(image) == picture.content_hash
    return _Source(picture.picture_id, image, recorded)


def _check_picture(
    png: bytes, picture: Picture, regions: Sequence[DegradedRegion], source: _Source
) -> tuple[str, str] | None:
    image: Image = decode_png(png)
    if image.shape != (picture.height, picture.width, 3):
        return "size", f"picture of {image.shape[1]}x{image.shape[0]}"
    if source.image is None:
        return None
    if not source.recorded:
        return "source", "the source is not the photograph that was recorded"
    touched: Mask = np.zeros(image.shape[:2], np.bool_)
    for region in regions:
        if region.chain:
            touched |= masks.decode(region.mask, picture.height, picture.width)
    expected = cv2.copyTo(image, touched.view(np.uint8), source.image.copy())
    if np.array_equal(image, expected):
        return None
    wrong = int(np.any(image != expected, axis=2).sum())
    return "pixels", f"{wrong} pixels outside the masks differ from the source"
