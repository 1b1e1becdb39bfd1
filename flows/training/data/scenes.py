"""Pictures of a dataset folder as ViDA-shaped questions know them, read back from its records."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pyarrow.parquet as pq

from annotators.facts import PictureFacts
from annotators.language.phrases import references
from annotators.questions.vida.scene import Scene, scene
from annotators.questions.vida.vocabulary import read_vocabulary
from annotators.screening import well_inside
from distortions.registry import families_among
from flows.store.layout import RECORDS
from flows.store.place import readable
from schemas.records import DegradedRegion, Picture

KEPT = 8
"""Shards whose records are in memory at once."""


class Scenes:
    """Degraded pictures by id.

    Args:
        folder: What ``build`` made.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._shards: dict[str, str] = {}
        for file in sorted((folder / RECORDS).glob("degraded-*.parquet")):
            number = file.stem.partition("-")[2]
            column = pq.read_table(readable(file), columns=["image_id"])["image_id"]
            self._shards.update(dict.fromkeys(column.to_pylist(), number))
        self._read = lru_cache(KEPT)(self._shard)

    def __iter__(self) -> Iterator[PictureFacts]:
        """What is recorded of each, shard by shard."""
        return (self._read(number)[image_id] for image_id, number in self._shards.items())

    def facts(self, image_id: str) -> PictureFacts | None:
        """What is recorded of a degraded picture; ``None`` where nothing is."""
        number = self._shards.get(image_id)
        return None if number is None else self._read(number)[image_id]

    def of(self, image_id: str) -> Scene | None:
        """The picture in their words; ``None`` where it carries what they have no word for."""
        facts = self.facts(image_id)
        return None if facts is None else scene(facts, read_vocabulary())

    def _shard(self, number: str) -> dict[str, PictureFacts]:
        folder = self._folder / RECORDS
        table = pq.read_table(readable(folder / f"degraded-{number}.parquet"))
        regions: dict[str, list[DegradedRegion]] = {}
        for region in DegradedRegion.from_table(table):
            regions.setdefault(region.image_id, []).append(region)
        table = pq.read_table(readable(folder / f"pictures-{number}.parquet"))
        pictures = {picture.picture_id: picture for picture in Picture.from_table(table)}
        return {
            image_id: _facts(image_id, own, pictures[own[0].picture_id])
            for image_id, own in regions.items()
        }


def _facts(image_id: str, regions: list[DegradedRegion], picture: Picture) -> PictureFacts:
    return PictureFacts(
        image_id,
        picture.width,
        picture.height,
        tuple(regions),
        references(regions, picture.width, picture.height),
        families_among(step.family for region in regions for step in region.chain),
        clear=well_inside(picture.screen),
    )
