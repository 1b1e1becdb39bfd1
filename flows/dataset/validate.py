"""Re-reads a finished dataset and believes nothing: files, schemas, masks, words, pixels.

Rows are read row group by row group, so memory stays flat.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq

from annotators.check.stored_answer import check_stored
from distortions.plugins import load_plugins
from distortions.registry import FAMILIES
from flows.dataset.manifest import human_families
from flows.ingest.fingerprints import content_hash
from flows.ingest.single import SourceImages
from flows.store.layout import DATA, RECORDS, REJECTS, FileEntry, is_intact, read_manifest
from flows.store.png import decode_png
from flows.store.shards import TABLES
from flows.store.tables import IMAGE, dataset_schema
from schemas import masks
from schemas.arrays import Image, Mask
from schemas.errors import ContractError
from schemas.families import Family
from schemas.record import Record
from schemas.records import DegradedRegion, Picture, Reject, Sample


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


def validate(out: Path, sources: Sequence[str] = ()) -> Iterator[Defect]:
    """Check everything that can be checked.

    Args:
        out: The dataset.
        sources: Where the photographs lie, as given to ``build``; without them the places noted
            by the run are tried. Pixels outside the masks are compared where a source is found.

    Raises:
        ConfigError: There is no dataset.
    """
    manifest = read_manifest(out)
    load_plugins(manifest["config"]["plugins"])
    files = list(_files(out, manifest))
    yield from files
    if files:
        return
    yield from _schemas(out)
    images = SourceImages(out, sources)
    families = {**FAMILIES, **human_families(manifest)}
    seen, groups, counted = set[str](), dict[str, str](), 0
    for path in sorted((out / RECORDS).glob("pictures-*.parquet")):
        shard = path.stem.split("-")[1]
        pictures = {p.picture_id: p for p in Picture.from_table(pq.read_table(path))}
        yield from _splits(path.name, pictures.values(), groups)
        degraded = _degraded(out / RECORDS / f"degraded-{shard}.parquet")
        yield from _regions(f"degraded-{shard}.parquet", pictures, degraded, families)
        for split in ("train", "test"):
            file = out / DATA / f"{split}-{shard}.parquet"
            if file.is_file():
                for name, row in _rows(file):
                    counted += 1
                    yield from _row(name, row, split, seen, pictures, degraded, families)
                yield from _pictures(file, pictures, degraded, images)
    yield from _counts(manifest, counted)


def _files(out: Path, manifest: dict[str, Any]) -> Iterator[Defect]:
    for path, entry in manifest["files"].items():
        if not is_intact(out, FileEntry(path, entry["size"], entry["sha256"])):
            yield Defect(path, "", "checksum", "missing, or not as the manifest says")
    known = set(manifest["files"])
    for folder in (DATA, RECORDS, REJECTS):
        for file in sorted((out / folder).glob("*")):
            if file.relative_to(out).as_posix() not in known:
                yield Defect(f"{folder}/{file.name}", "", "unknown_file", "not in the manifest")


def _schemas(out: Path) -> Iterator[Defect]:
    tables: list[tuple[str, str, type[Record]]] = [(DATA, "*", Sample), (REJECTS, "*", Reject)]
    tables += [(RECORDS, f"{name}-*", record) for name, record in TABLES.items()]
    for folder, pattern, record in tables:
        for file in sorted((out / folder).glob(f"{pattern}.parquet")):
            schema = pq.read_schema(file)
            try:
                record.check_schema(schema)
            except ContractError as error:
                yield Defect(f"{folder}/{file.name}", "", "schema", str(error))
            wanted = dataset_schema() if record is Sample else record.arrow_schema()
            if not schema.equals(wanted):
                yield Defect(f"{folder}/{file.name}", "", "schema", "columns or types differ")


def _splits(file: str, pictures: Iterable[Picture], groups: dict[str, str]) -> Iterator[Defect]:
    for picture in pictures:
        if groups.setdefault(picture.group, picture.split) != picture.split:
            yield Defect(file, picture.picture_id, "leak", f"group {picture.group} in both splits")


def _degraded(path: Path) -> dict[str, list[DegradedRegion]]:
    by_image: dict[str, list[DegradedRegion]] = {}
    for region in DegradedRegion.from_table(pq.read_table(path)):
        by_image.setdefault(region.image_id, []).append(region)
    return by_image


def _regions(
    file: str,
    pictures: dict[str, Picture],
    degraded: dict[str, list[DegradedRegion]],
    families: Mapping[str, Family],
) -> Iterator[Defect]:
    """Masks against sizes, boxes, points; no pixel with two chains; families registered."""
    for image_id, regions in degraded.items():
        picture = pictures.get(regions[0].picture_id)
        if picture is None:
            yield Defect(file, image_id, "orphan", "its source picture is not recorded")
            continue
        taken = np.zeros((picture.height, picture.width), np.bool_)
        for region in regions:
            for rule, detail in _region(region, taken, families):
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


def _rows(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    parquet = pq.ParquetFile(file)
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
    families: Mapping[str, Family],
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
        families if sample.origin == "human" else FAMILIES,
    ):
        yield Defect(file, name, rule, detail)


def _pictures(
    file: Path,
    pictures: dict[str, Picture],
    degraded: dict[str, list[DegradedRegion]],
    images: SourceImages,
) -> Iterator[Defect]:
    """Every picture decodes, has its size, and equals its source outside the masks."""
    parquet, done = pq.ParquetFile(file), set[str]()
    for group in range(parquet.num_row_groups):
        table = parquet.read_row_group(group, columns=[IMAGE, "image_id", "picture_id"])
        for row in table.to_pylist():
            if row["image_id"] in done or row["picture_id"] not in pictures:
                continue
            done.add(row["image_id"])
            problem = _check_picture(row, pictures[row["picture_id"]], degraded, images)
            if problem:
                yield Defect(f"{DATA}/{file.name}", row["image_id"], *problem)


def _check_picture(
    row: dict[str, Any],
    picture: Picture,
    degraded: dict[str, list[DegradedRegion]],
    images: SourceImages,
) -> tuple[str, str] | None:
    image: Image = decode_png(row[IMAGE]["bytes"])
    if image.shape != (picture.height, picture.width, 3):
        return "size", f"picture of {image.shape[1]}x{image.shape[0]}"
    source = images.load(picture.source, picture.path)
    if source is None:
        return None
    if content_hash(source) != picture.content_hash:
        return "source", "the source is not the photograph that was recorded"
    untouched: Mask = np.ones(image.shape[:2], np.bool_)
    for region in degraded.get(row["image_id"], []):
        if region.chain:
            untouched &= ~masks.decode(region.mask, picture.height, picture.width)
    wrong = int(np.any(image[untouched] != source[untouched], axis=1).sum())
    return ("pixels", f"{wrong} pixels outside the masks differ from the source") if wrong else None


def _counts(manifest: dict[str, Any], counted: int) -> Iterator[Defect]:
    expected = sum(manifest["counts"]["rows"].values())
    if counted != expected:
        yield Defect("manifest.json", "", "counts", f"{expected} rows counted, {counted} found")
