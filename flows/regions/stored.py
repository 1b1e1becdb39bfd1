"""A region source that reads what the region stage stored."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow.parquet as pq

from annotators.regions.source import (
    OneByOne,
    Proposal,
    Proposals,
    SkippedAnnotation,
)
from flows.store.place import readable
from flows.store.tables import write_table
from schemas.arrays import Image
from schemas.errors import PictureError
from schemas.masks import decode, encode
from schemas.records import Picture, ProposedRegion, Reject


class _Shard:
    """What is stored of one shard, by picture."""

    def __init__(self, folder: Path, shard: int) -> None:
        files = stage_files(folder, shard)
        self.proposals: defaultdict[str, list[ProposedRegion]] = defaultdict(list)
        for stored in ProposedRegion.from_table(pq.read_table(readable(files.proposals))):
            self.proposals[stored.picture_id].append(stored)
        self.failed: dict[str, PictureError] = {}
        self.problems: defaultdict[str, list[SkippedAnnotation]] = defaultdict(list)
        for reject in Reject.from_table(pq.read_table(readable(files.rejects))):
            picture, colon, subject = reject.subject.partition(":")
            if colon:
                self.problems[picture].append(
                    SkippedAnnotation(subject, reject.reason, reject.detail)
                )
            else:
                self.failed[picture] = PictureError(reject.reason, reject.detail)


class StoredRegions(OneByOne):
    """A region source that reads a stage folder.

    Memory grows by 32 bytes a picture, and by the proposals of the one shard it last read.

    Args:
        folder: The stage folder.
        name: Of the source that made it.
        provenance: What the stage's manifest says of its models.
    """

    def __init__(self, folder: Path, name: str, provenance: dict[str, object]) -> None:
        self.name, self._folder = name, folder
        self._provenance = provenance
        self._shards: list[int] = []
        self._keys = np.empty(0, "S16")
        self._where = np.empty(0, np.int32)
        self._open: tuple[int, _Shard | None] = (-1, None)
        self._look()

    def _look(self) -> bool:
        """Index the shards there are; whether there are others than before."""
        files = sorted(self._folder.glob("pictures-*.parquet"))
        shards = [int(file.stem.rsplit("-", 1)[1]) for file in files]
        if shards == self._shards:
            return False
        tables = (pq.read_table(readable(file), columns=["picture_id"]) for file in files)
        ids = [table["picture_id"].to_numpy() for table in tables]
        keys = np.concatenate([np.asarray(own, "S16") for own in ids] or [np.empty(0, "S16")])
        order = np.argsort(keys, kind="stable")
        owners = np.repeat(np.asarray(shards, np.int32), [len(own) for own in ids])
        self._shards, self._keys, self._where = shards, keys[order], owners[order]
        return True

    def _find(self, picture_id: str) -> int | None:
        """The shard of a picture."""
        at = int(np.searchsorted(self._keys, np.bytes_(picture_id)))
        if at < len(self._keys) and self._keys[at].decode() == picture_id:
            return int(self._where[at])
        return None

    def provenance(self) -> dict[str, object]:
        """Models, versions, checksums of the stage."""
        return self._provenance

    def find(self, image: Image, picture: Picture) -> Proposals:
        """The stored proposals; a failure is what the source itself raised.

        Raises:
            PictureError: ``not_segmented``: the picture is not in the stage.
        """
        place = self._find(picture.picture_id)
        if place is None and self._look():  # a run that segments beside us has gone on
            place = self._find(picture.picture_id)
        if place is None:
            raise PictureError("not_segmented", "the picture is not among the stored regions")
        shard = self._shard(place)
        key = picture.picture_id
        found = [_proposal(stored, *image.shape[:2]) for stored in shard.proposals[key]]
        return Proposals(found, shard.problems[key], shard.failed.get(key))

    def _shard(self, shard: int) -> _Shard:
        number, found = self._open
        if found is None or number != shard:
            found = _Shard(self._folder, shard)
            self._open = shard, found
        return found


def _proposal(stored: ProposedRegion, height: int, width: int) -> Proposal:
    return Proposal(
        mask=decode(stored.mask, height, width),
        label=stored.label,
        alternatives=tuple(stored.proposals),
        scores=tuple(stored.proposal_scores),
        quality=stored.mask_quality,
    )


STAGE = "regions"
"""Name of the folder that holds the shards."""


class StageFiles(NamedTuple):
    """The files of one shard of the stage."""

    pictures: Path
    proposals: Path
    rejects: Path


def stage_files(folder: Path, shard: int) -> StageFiles:
    """Where a shard's tables lie in a stage folder."""
    names = ("pictures", "proposals", "rejects")
    return StageFiles(*(folder / f"{name}-{shard:05d}.parquet" for name in names))


def to_records(picture: Picture, proposals: Sequence[Proposal]) -> list[ProposedRegion]:
    """Proposals as they are stored."""
    return [
        ProposedRegion(
            picture_id=picture.picture_id,
            label=proposal.label,
            proposals=list(proposal.alternatives),
            proposal_scores=[float(np.float32(score)) for score in proposal.scores],
            mask=encode(proposal.mask),
            mask_quality=None if proposal.quality is None else float(np.float32(proposal.quality)),
        )
        for proposal in proposals
    ]


def write_stage(
    folder: Path,
    shard: int,
    pictures: Sequence[Picture],
    proposals: Sequence[ProposedRegion],
    rejects: Sequence[Reject],
) -> StageFiles:
    """Write a shard's three tables, each whole or not at all."""
    files = stage_files(folder, shard)
    write_table(files.pictures, Picture.table(pictures))
    write_table(files.proposals, ProposedRegion.table(proposals))
    write_table(files.rejects, Reject.table(rejects))
    return files
