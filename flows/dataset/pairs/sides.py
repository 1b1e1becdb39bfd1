"""The pictures that were made of one photograph, and which of them can be compared."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pyarrow.parquet as pq

from annotators.facts import PictureFacts
from annotators.pairs.asking import Compared
from annotators.pairs.relation import Score, Thresholds, relation
from annotators.screening import well_inside
from flows.dataset.manifest import families_in
from flows.ingest.fingerprints import content_hash
from flows.ingest.single import SourceImages
from flows.picture.degraded import untouched_region, whole_region
from flows.store.layout import DATA, RECORDS, read_manifest
from flows.store.place import readable
from flows.store.png import encode_png
from flows.store.shards import SPLITS
from flows.store.tables import IMAGE
from schemas.arrays import Image
from schemas.families import Family
from schemas.records import DegradedRegion, Picture, Region

Kind = Literal["regions", "uniform", "clean"]
PRISTINE = "clean"
WHOLE = "the scene as a whole"
_COLUMNS = ["image_id", "region_id", "reference", "origin", IMAGE]


class Side(NamedTuple):
    """One picture of a photograph.

    Args:
        name: ``v0``, ``v1`` and so on, or ``clean`` for the photograph itself.
        image_id: Its id.
        kind: Degraded by region, as a whole, or not at all.
        regions: Region id to what is recorded of it here; what is absent was left as it was.
        png: Its bytes; ``None`` for the photograph itself, which lies elsewhere.
    """

    name: str
    image_id: str
    kind: Kind
    regions: Mapping[str, DegradedRegion]
    png: bytes | None

    @property
    def longest(self) -> int:
        """Steps of its longest chain."""
        return max((len(region.chain) for region in self.regions.values()), default=0)


class Photograph(NamedTuple):
    """A photograph with everything that was made of it.

    Args:
        picture: Its record.
        regions: Its partition.
        sides: Its pictures, by name, the photograph itself last.
        phrases: Region id to the phrase that rows name it by.
        families: Those that texts of the dataset may name.
    """

    picture: Picture
    regions: Sequence[Region]
    sides: Sequence[Side]
    phrases: Mapping[str, str]
    families: Mapping[str, Family]

    def pairs(self) -> list[tuple[Side, Side]]:
        """Every ordered pair that can be compared region by region."""
        return [pair for pair in permutations(self.sides, 2) if _comparable(*pair)]

    def compared(
        self, anchor: Side, target: Side, score: Score, thresholds: Thresholds
    ) -> list[Compared]:
        """All regions of a pair, in the order of the photograph's regions.

        Args:
            anchor: The first picture.
            target: The second picture.
            score: What relations come from.
            thresholds: Of the relations.
        """
        regions = [(self._regions(anchor), self._regions(target))]
        facts = self._facts(anchor, regions[0][0]), self._facts(target, regions[0][1])
        return [
            Compared(
                one,
                other,
                facts,
                self.phrases.get(one.region_id, ""),
                relation(score(one), score(other), thresholds),
            )
            for one, other in zip(*regions[0], strict=True)
            if one.role == "whole" or "uniform" not in (anchor.kind, target.kind)
        ]

    def _regions(self, side: Side) -> list[DegradedRegion]:
        """Its regions, and the whole picture last, with or without a chain."""
        whole = whole_region(side.image_id, self.picture)
        if side.kind == "uniform":
            whole = side.regions[whole.region_id]
        found = [
            side.regions.get(region.region_id) or untouched_region(side.image_id, region)
            for region in self.regions
        ]
        return [*found, whole]

    def _facts(self, side: Side, regions: Sequence[DegradedRegion]) -> PictureFacts:
        return PictureFacts(
            side.image_id,
            self.picture.width,
            self.picture.height,
            tuple(regions),
            self.phrases,
            self.families,
            clear=well_inside(self.picture.screen),
        )


def _comparable(anchor: Side, target: Side) -> bool:
    """Two kinds of degrading have no region in common; two clean pictures are one."""
    kinds = {anchor.kind, target.kind}
    return kinds != {"clean"} and kinds != {"regions", "uniform"}


class Sources:
    """Photographs by record, as they were when the dataset was built.

    Args:
        dataset: Folder that ``build`` made.
        given: Where they lie; when empty, where the build found them.
    """

    def __init__(self, dataset: Path, given: Sequence[str]) -> None:
        self._images = SourceImages(dataset, given)

    def image(self, picture: Picture) -> Image | None:
        """Its pixels; ``None`` where it is not at hand or has changed."""
        found = self._images.load(picture.source, picture.path)
        if found is None or content_hash(found) != picture.content_hash:
            return None
        return found

    def png(self, picture: Picture) -> bytes | None:
        """The same as PNG."""
        found = self.image(picture)
        return None if found is None else encode_png(found)

    def knows(self, picture: Picture) -> bool:
        """Whether a place is known for it."""
        return self._images.knows(picture.source, picture.path)


def photographs(dataset: Path, split: str, sources: Sources) -> Iterator[Photograph]:
    """The photographs of a split that synthetic pictures were made of, shard by shard."""
    families = families_in(read_manifest(dataset))
    for file in sorted((dataset / RECORDS).glob("pictures-*.parquet")):
        shard = file.stem.partition("-")[2]
        pictures = [
            p for p in Picture.from_table(pq.read_table(readable(file))) if p.split == split
        ]
        if not pictures:
            continue
        degraded: dict[str, dict[str, DegradedRegion]] = {}
        for record in _read(DegradedRegion, dataset, shard):
            degraded.setdefault(record.image_id, {})[record.region_id] = record
        regions: dict[str, list[Region]] = {}
        for region in _read(Region, dataset, shard):
            regions.setdefault(region.picture_id, []).append(region)
        drawn = _drawn(dataset, shard)
        for picture in pictures:
            own = [image_id for image_id in drawn if _owner(image_id) == picture.picture_id]
            sides = [
                _side(image_id, degraded, drawn[image_id]) for image_id in sorted(own, key=_number)
            ]
            if not sides:
                continue
            if sources.knows(picture) and not any(side.kind == "clean" for side in sides):
                clean = f"{picture.picture_id}-{PRISTINE}"
                sides.append(Side(PRISTINE, clean, "clean", {}, None))
            known = [drawn[image_id]["phrases"] for image_id in own]
            phrases = {key: phrase for held in reversed(known) for key, phrase in held.items()}
            whole = f"{picture.picture_id}/whole"
            yield Photograph(
                picture,
                regions.get(picture.picture_id, []),
                sides,
                phrases | {whole: WHOLE},
                families,
            )


def _side(
    image_id: str, degraded: Mapping[str, dict[str, DegradedRegion]], drawn: Mapping[str, Any]
) -> Side:
    regions = degraded.get(image_id, {})
    kind: Kind = "clean"
    if any(region.chain for region in regions.values()):
        uniform = any(region.role == "whole" for region in regions.values())
        kind = "uniform" if uniform else "regions"
    return Side(f"v{_number(image_id)}", image_id, kind, regions, drawn["png"])


def _drawn(dataset: Path, shard: str) -> dict[str, dict[str, Any]]:
    """Bytes of every synthetic picture of a shard that has rows, and what they call regions."""
    found: dict[str, dict[str, Any]] = {}
    for split in SPLITS:
        path = dataset / DATA / f"{split}-{shard}.parquet"
        if not path.is_file():
            continue
        parquet = pq.ParquetFile(readable(path), read_dictionary=[f"{IMAGE}.bytes"])
        for group in range(parquet.num_row_groups):
            table = parquet.read_row_group(group, _COLUMNS)
            for place, row in enumerate(table.drop([IMAGE]).to_pylist()):
                if row["origin"] != "synthetic":
                    continue
                entry = found.get(row["image_id"])
                if entry is None:
                    png = table[IMAGE][place].as_py()["bytes"]
                    entry = found[row["image_id"]] = {"png": png, "phrases": {}}
                if row["reference"]:
                    entry["phrases"].setdefault(row["region_id"], row["reference"])
    return found


def _read(record: Any, dataset: Path, shard: str) -> list[Any]:
    name = "regions" if record is Region else "degraded"
    path = dataset / RECORDS / f"{name}-{shard}.parquet"
    found: list[Any] = record.from_table(pq.read_table(readable(path)))
    return found


def _owner(image_id: str) -> str:
    return image_id.rpartition("-")[0]


def _number(image_id: str) -> int:
    """Number of a variant, the last part of its id."""
    digits = image_id.rpartition("-v")[2]
    return int(digits) if digits.isdigit() else 0
