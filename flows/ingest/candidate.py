"""From candidates to pictures: decode, screen, hash; then duplicates, exclusions and splits.

The first half looks at one picture and is done in shards; the second looks at the hashes of all
and is done once.
"""

from typing import NamedTuple

from annotators.screening import screen, verdict
from flows.ingest.archives import read_bytes
from flows.ingest.decode import decode
from flows.ingest.fingerprints import content_hash, file_hash, perceptual_hash
from schemas.arrays import Image
from schemas.candidate import Candidate
from schemas.errors import PictureError
from schemas.records import Picture, Reject
from schemas.settings.config import RunConfig


class Ingested(NamedTuple):
    """A picture with its pixels."""

    picture: Picture
    image: Image


def ingest_candidate(
    candidate: Candidate, config: RunConfig, unscreened: frozenset[str] = frozenset()
) -> Ingested | Reject:
    """Decode, screen and hash one candidate; group and split come later.

    Pictures whose content hash is among ``unscreened`` may be as flawed as they are.
    """
    subject = f"{candidate.source}/{candidate.path}"
    try:
        data = read_bytes(candidate, config.ingest.max_row_group_mb << 20)
        decoded = decode(data, config.ingest)
    except PictureError as error:
        return _reject("ingest", subject, error.reason, error.detail)
    scores = screen(decoded.image)
    content = content_hash(decoded.image)
    screened = config.screen.enabled and content not in unscreened
    bad = verdict(scores, config.screen) if screened else None
    if bad:
        return _reject("screen", subject, *bad)
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
    return Ingested(picture, decoded.image)


def load_image(candidate: Candidate, config: RunConfig) -> Image:
    """The pixels of a candidate that was ingested before."""
    data = read_bytes(candidate, config.ingest.max_row_group_mb << 20)
    return decode(data, config.ingest).image


def load_unchanged(candidate: Candidate, picture: Picture, config: RunConfig) -> Image:
    """The pixels, if they still are what was ingested; a run may go on days after it stopped.

    Raises:
        PictureError: ``changed``, or what reading and decoding raise.
    """
    image = load_image(candidate, config)
    if content_hash(image) != picture.content_hash:
        raise PictureError("changed", "the file is not what it was when it was ingested")
    return image


def _reject(stage: str, subject: str, reason: str, detail: str) -> Reject:
    return Reject(stage=stage, subject=subject, reason=reason, detail=detail)
