"""A folder of imported annotations: the names of its files, and what is in them."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import pyarrow.parquet as pq

from annotators.human.vocabulary import parse_vocabulary
from schemas.config import RunConfig
from schemas.errors import ConfigError
from schemas.families import Family
from schemas.human import HumanPicture, HumanRegion

SOURCE = "annotated.txt"


class HumanIndex:
    """A folder of annotations in memory, by content hash.

    Raises:
        ConfigError: It is no such folder.
    """

    def __init__(self, folder: Path) -> None:
        try:
            pictures = HumanPicture.from_table(pq.read_table(folder / "pictures.parquet"))
            regions = HumanRegion.from_table(pq.read_table(folder / "consensus.parquet"))
            text = (folder / "families.toml").read_text(encoding="utf-8")
        except OSError as error:
            raise ConfigError(
                f"--annotations {folder}: {error.strerror or error}; make it with import"
            ) from None
        self.families: Mapping[str, Family] = parse_vocabulary(text, "families.toml").families
        self.pictures = {picture.content_hash: picture for picture in pictures}
        self.regions: dict[str, list[HumanRegion]] = {}
        for region in regions:
            self.regions.setdefault(region.picture_id, []).append(region)


@lru_cache(maxsize=1)
def human_index(folder: str) -> HumanIndex:
    """The annotations of a run; an empty folder name has none."""
    if folder:
        return HumanIndex(Path(folder))
    empty = HumanIndex.__new__(HumanIndex)
    empty.families, empty.pictures, empty.regions = {}, {}, {}
    return empty


def annotated_hashes(config: RunConfig) -> frozenset[str]:
    """Content hashes of the pictures that people annotated; those are flawed and not screened."""
    return frozenset(human_index(config.annotations).pictures)
