"""Files of the region stage: proposals of every picture, made once and read by any build.

A stage folder holds ``pictures-*``, ``proposals-*`` and ``rejects-*`` shards and, when
``segment`` made it, a manifest. Proposals are stored before the partition: area limits and
overlap are the build's business, so one stage serves builds with other limits.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from annotators.regions import Proposal
from flows.storage import write_table
from schemas.masks import encode
from schemas.records import Picture, ProposedRegion, Reject

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
