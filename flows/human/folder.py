"""A folder of imported annotations: the names of its files, and what is in them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from annotators.human.vocabulary import parse_vocabulary
from distortions.registry import families_among
from schemas.errors import ConfigError, ContractError
from schemas.families import Family
from schemas.human import HumanPicture, HumanRegion
from schemas.settings.config import RunConfig

Stamp = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class HumanFolder:
    """The files of a folder of annotations.

    Args:
        path: The folder.
    """

    path: Path

    @property
    def pictures(self) -> Path:
        """What was said of each picture, ``HumanPicture``."""
        return self.path / "pictures.parquet"

    @property
    def regions(self) -> Path:
        """Each person's regions, ``HumanRegion``."""
        return self.path / "regions.parquet"

    @property
    def consensus(self) -> Path:
        """What people agree on, ``HumanRegion``; builds use it."""
        return self.path / "consensus.parquet"

    @property
    def rejects(self) -> Path:
        """What was left out, ``Reject``."""
        return self.path / "rejects.parquet"

    @property
    def families(self) -> Path:
        """Families beyond the built-in ones, with their words."""
        return self.path / "families.toml"

    @property
    def annotated(self) -> Path:
        """The pictures as a source of ``build``."""
        return self.path / "annotated.jsonl"

    @property
    def report(self) -> Path:
        """Counts, unknown words, agreement; written last."""
        return self.path / "report.json"

    @property
    def files(self) -> tuple[Path, ...]:
        """All of them."""
        return (
            self.pictures,
            self.regions,
            self.consensus,
            self.rejects,
            self.families,
            self.annotated,
            self.report,
        )

    def stamp(self) -> Stamp:
        """Size and time of what builds read; another stamp means another import.

        Raises:
            ConfigError: It is no folder of annotations.
        """
        try:
            found = [file.stat() for file in (self.pictures, self.consensus, self.families)]
        except OSError as error:
            raise ConfigError(
                f"--annotations {self.path}: {error.strerror or error}; make it with import"
            ) from None
        return tuple((one.st_size, one.st_mtime_ns) for one in found)


@dataclass(frozen=True)
class HumanIndex:
    """Annotations in memory.

    Args:
        pictures: By content hash.
        regions: What people agree on, by picture.
        families: Families beyond the built-in ones.
    """

    pictures: Mapping[str, HumanPicture] = field(default_factory=dict)
    regions: Mapping[str, list[HumanRegion]] = field(default_factory=dict)
    families: Mapping[str, Family] = field(default_factory=dict)

    @property
    def named(self) -> frozenset[str]:
        """Families that somebody named."""
        said = [flaw for picture in self.pictures.values() for flaw in picture.flaws]
        said += [f for regions in self.regions.values() for one in regions for f in one.flaws]
        return frozenset(flaw.family for flaw in said)

    def families_beside(self, names: Iterable[str]) -> dict[str, Family]:
        """Families that texts about these pictures know.

        Args:
            names: Families that the run draws.
        """
        return {**families_among({*names, *self.named}), **self.families}

    @classmethod
    def empty(cls) -> "HumanIndex":
        """Nobody annotated anything."""
        return cls()

    @classmethod
    def read(cls, folder: HumanFolder) -> "HumanIndex":
        """What a folder holds.

        Raises:
            ConfigError: It is not such a folder, or was made by another version.
        """
        try:
            pictures = HumanPicture.from_table(pq.read_table(folder.pictures))
            regions = HumanRegion.from_table(pq.read_table(folder.consensus))
            text = folder.families.read_text(encoding="utf-8")
        except ContractError as error:
            raise ConfigError(f"--annotations {folder.path}: {error}; import again") from None
        except (OSError, UnicodeDecodeError, pa.ArrowException) as error:
            why = getattr(error, "strerror", None) or str(error).split("\n")[0]
            raise ConfigError(f"--annotations {folder.path}: {why}; make it with import") from None
        by_picture: dict[str, list[HumanRegion]] = {}
        for region in regions:
            by_picture.setdefault(region.picture_id, []).append(region)
        families = parse_vocabulary(text, folder.families.name).families
        return cls({picture.content_hash: picture for picture in pictures}, by_picture, families)


def human_index(folder: str) -> HumanIndex:
    """The annotations of a run; an empty folder name has none.

    Raises:
        ConfigError: See ``HumanIndex.read``.
    """
    if not folder:
        return HumanIndex.empty()
    place = HumanFolder(Path(folder))
    return _read(place, place.stamp())


@lru_cache(maxsize=2)
def _read(folder: HumanFolder, _: Stamp) -> HumanIndex:
    """Read once per process and state of the folder: another import is read anew."""
    return HumanIndex.read(folder)


def annotated_hashes(config: RunConfig) -> frozenset[str]:
    """Content hashes of the pictures that people annotated; those are flawed and not screened."""
    return frozenset(human_index(config.annotations).pictures)
