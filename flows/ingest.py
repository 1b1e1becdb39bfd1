"""From candidates to pictures: decode, screen, hash; then duplicates, exclusions and splits.

The first half looks at one picture and is done in shards; the second looks at the hashes of all
and is done once.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from annotators.screening import screen, verdict
from flows.archives import read_bytes
from flows.decode import decode
from flows.fingerprints import content_hash, file_hash, near_groups, perceptual_hash
from flows.sources import Candidate
from schemas.arrays import Image
from schemas.config import RunConfig
from schemas.errors import ConfigError, PictureError
from schemas.records import Picture, Reject, Split
from schemas.streams import Stream


class Ingested(NamedTuple):
    """What became of a candidate: a picture, or a reject."""

    picture: Picture | None
    reject: Reject | None


def ingest_candidate(candidate: Candidate, config: RunConfig) -> Ingested:
    """Decode, screen and hash one candidate; group and split come later."""
    subject = f"{candidate.source}/{candidate.path}"
    try:
        data = read_bytes(candidate)
        decoded = decode(data, config.ingest)
    except PictureError as error:
        return Ingested(None, _reject("ingest", subject, error.reason, error.detail))
    scores = screen(decoded.image)
    bad = verdict(scores, config.screen) if config.screen.enabled else None
    if bad:
        return Ingested(None, _reject("screen", subject, *bad))
    content = content_hash(decoded.image)
    picture = Picture(
        picture_id=content[:16],
        source=candidate.source,
        path=candidate.path,
        content_hash=content,
        file_hash=file_hash(data),
        perceptual_hash=perceptual_hash(decoded.image),
        width=decoded.image.shape[1],
        height=decoded.image.shape[0],
        format=decoded.format,
        rules=list(decoded.rules),
        screen=scores,
        group=content[:16],
        split="train",
        licence=config.ingest.licence,
    )
    return Ingested(picture, None)


def load_image(candidate: Candidate, config: RunConfig) -> Image:
    """The pixels of a candidate that was ingested before."""
    return decode(read_bytes(candidate), config.ingest).image


def _reject(stage: str, subject: str, reason: str, detail: str) -> Reject:
    return Reject(stage=stage, subject=subject, reason=reason, detail=detail)


class Selection(NamedTuple):
    """What the global pass decided, by index.

    Args:
        keep: Whether the picture is used.
        leader: Index of the first of its near duplicates.
        rejects: One for every picture that is not used.
    """

    keep: NDArray[np.bool_]
    leader: NDArray[np.int64]
    rejects: list[Reject]


def select(
    contents: Sequence[str],
    perceptual: NDArray[np.uint64],
    subjects: Sequence[str],
    config: RunConfig,
) -> Selection:
    """Find duplicates and excluded pictures.

    Args:
        contents: Content hashes in order.
        perceptual: Perceptual hashes.
        subjects: ``source/path`` of each.
        config: Settings.

    Raises:
        ConfigError: The exclusion list cannot be read.
    """
    excluded = read_exclusions(config.export.exclude)
    keep = np.ones(len(contents), np.bool_)
    rejects: list[Reject] = []
    first: dict[str, int] = {}
    leader = near_groups(perceptual, config.ingest.near_duplicate_bits)

    def drop(index: int, reason: str, detail: str) -> None:
        keep[index] = False
        rejects.append(_reject("ingest", subjects[index], reason, detail))

    for index, (content, subject) in enumerate(zip(contents, subjects, strict=True)):
        if excluded & {content, content[:16], subject, subject.rsplit("/", 1)[-1]}:
            drop(index, "excluded", "named in the exclusion list")
        elif content in first:
            drop(index, "exact_duplicate", f"same pixels as {subjects[first[content]]}")
        elif config.ingest.drop_near_duplicates and leader[index] != index:
            drop(index, "near_duplicate", f"looks like {subjects[int(leader[index])]}")
        else:
            first[content] = index
    return Selection(keep, leader, rejects)


def read_exclusions(file: str) -> set[str]:
    """Names and hashes of pictures that must not be used, one a line."""
    if not file:
        return set()
    try:
        lines = Path(file).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"export.exclude {file}: not a readable list: {error}") from None
    return {line.strip() for line in lines if line.strip()}


def split_of(leader: str, config: RunConfig) -> Split:
    """Split of all near duplicates of the picture whose content hash is ``leader``."""
    test = Stream(config.seed, leader, "split").chance(config.export.test_share)
    return "test" if test else "train"
