"""Regions of one shard of pictures: decoded ahead, proposed in batches, stored.

Where the source holds models on a device, this runs in the one process that holds them, while
worker processes degrade what is stored already.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import NamedTuple

from annotators.regions.source import Proposal, RegionSource
from distortions.plugins import blamed
from flows.ingest.candidate import load_unchanged
from schemas.arrays import Image
from schemas.candidate import Candidate
from schemas.errors import PictureError
from schemas.records import Picture, Reject
from schemas.settings.config import RunConfig

AHEAD = 2
"""Batches of pictures that are decoded while the models work on one."""


class Proposed(NamedTuple):
    """What became of a picture: proposals and what was skipped; ``lost`` when it is not there."""

    picture: Picture
    proposals: Sequence[Proposal]
    rejects: list[Reject]
    lost: bool


def propose_all(
    pictures: Sequence[Picture],
    candidates: dict[tuple[str, str], Candidate],
    source: RegionSource,
    config: RunConfig,
) -> Iterator[Proposed]:
    """Propose regions of pictures in their order; the next ones are decoded meanwhile."""
    size = source.batch
    with ThreadPoolExecutor(2, "decode") as pool:
        waiting = iter(pictures)
        jobs: list[tuple[Picture, Future[Image | PictureError]]] = []
        while True:
            for picture in islice(waiting, size * (1 + AHEAD) - len(jobs)):
                jobs.append((picture, pool.submit(_load, picture, candidates, config)))
            if not jobs:
                return
            batch, jobs = jobs[:size], jobs[size:]
            yield from _propose_batch([(p, job.result()) for p, job in batch], source)


def _load(
    picture: Picture, candidates: dict[tuple[str, str], Candidate], config: RunConfig
) -> Image | PictureError:
    try:
        return load_unchanged(candidates[picture.source, picture.path], picture, config)
    except PictureError as error:
        return error


def _propose_batch(
    batch: Sequence[tuple[Picture, Image | PictureError]], source: RegionSource
) -> Iterator[Proposed]:
    usable = [(p, image) for p, image in batch if not isinstance(image, PictureError)]
    try:
        proposed = source.propose([image for _, image in usable], [p for p, _ in usable])
    except Exception as error:
        blame = blamed(error)
        if blame is None:
            raise
        raise blame.on(", ".join(f"{p.source}/{p.path}" for p, _ in usable)) from error
    results = iter(proposed)
    for picture, image in batch:
        if isinstance(image, PictureError):
            yield Proposed(
                picture, [], [Reject.of("segment", picture.picture_id, image)], lost=True
            )
            continue
        found = next(results)
        rejects = [
            Reject.of("regions", f"{picture.picture_id}:{problem.subject}", problem)
            for problem in found.problems
        ]
        if found.failure is not None:
            rejects.append(Reject.of("regions", picture.picture_id, found.failure))
        yield Proposed(picture, found.regions, rejects, lost=False)
