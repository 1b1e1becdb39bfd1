"""From candidates to pictures: decode, screen, hash; then duplicates, exclusions and splits.

The first half looks at one picture and is done in shards; the second looks at the hashes of all
and is done once.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
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
    """What became of a candidate: a picture with its pixels, or a reject."""

    picture: Picture | None
    image: Image | None
    reject: Reject | None


def ingest_candidate(
    candidate: Candidate, config: RunConfig, unscreened: frozenset[str] = frozenset()
) -> Ingested:
    """Decode, screen and hash one candidate; group and split come later.

    Pictures whose content hash is among ``unscreened`` may be as flawed as they are.
    """
    subject = f"{candidate.source}/{candidate.path}"
    try:
        data = read_bytes(candidate)
        decoded = decode(data, config.ingest)
    except PictureError as error:
        return Ingested(None, None, _reject("ingest", subject, error.reason, error.detail))
    scores = screen(decoded.image)
    content = content_hash(decoded.image)
    screened = config.screen.enabled and content not in unscreened
    bad = verdict(scores, config.screen) if screened else None
    if bad:
        return Ingested(None, None, _reject("screen", subject, *bad))
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
    return Ingested(picture, decoded.image, None)


def load_image(candidate: Candidate, config: RunConfig) -> Image:
    """The pixels of a candidate that was ingested before."""
    return decode(read_bytes(candidate), config.ingest).image


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


class Selection(NamedTuple):
    """What the global pass decided, by index.

    Args:
        keep: Whether the picture is used.
        leader: Index of the first of its near duplicates that is used; where none is, of the
            first.
        rejects: One for every picture that is not used, in order.
    """

    keep: NDArray[np.bool_]
    leader: NDArray[np.int64]
    rejects: list[Reject]


def select(
    contents: Sequence[str] | pa.Array,
    perceptual: NDArray[np.uint64],
    subjects: Sequence[str],
    config: RunConfig,
) -> Selection:
    """Find duplicates and excluded pictures.

    What looks like an excluded picture is excluded with it: a test picture that was scaled or
    saved again is still the test picture.

    Args:
        contents: Content hashes in order, hex.
        perceptual: Perceptual hashes.
        subjects: ``source/path`` of each.
        config: Settings.

    Raises:
        ConfigError: The exclusion list cannot be read.
    """
    hashes = contents.to_pylist() if isinstance(contents, pa.Array) else list(contents)
    group = near_groups(perceptual, config.ingest.near_duplicate_bits)
    out = _excluded(hashes, group, subjects, read_exclusions(config.export.exclude))
    first: dict[str, int] = {}
    leader: dict[int, int] = {}
    for index, (content, near) in enumerate(zip(hashes, group.tolist(), strict=True)):
        if index in out:
            continue
        if content in first:
            out[index] = ("exact_duplicate", f"same pixels as {subjects[first[content]]}")
        elif near in leader and config.ingest.drop_near_duplicates:
            out[index] = ("near_duplicate", f"looks like {subjects[leader[near]]}")
        else:
            first[content] = index
            leader.setdefault(near, index)
    keep = np.ones(len(hashes), np.bool_)
    keep[list(out)] = False
    rejects = [_reject("ingest", subjects[index], *out[index]) for index in sorted(out)]
    leaders = np.array([leader.get(near, near) for near in group.tolist()], np.int64)
    return Selection(keep, leaders, rejects)


def _excluded(
    hashes: Sequence[str], group: NDArray[np.int64], subjects: Sequence[str], listed: set[str]
) -> dict[int, tuple[str, str]]:
    """Reason and detail of every excluded picture, by index."""
    if not listed:
        return {}
    named: dict[int, str] = {}
    out: dict[int, tuple[str, str]] = {}
    for index, (content, subject) in enumerate(zip(hashes, subjects, strict=True)):
        if listed & {content, content[:16], *_names(subject)}:
            named.setdefault(int(group[index]), subject)
            out[index] = ("excluded", "named in the exclusion list")
    for index, near in enumerate(group.tolist()):
        if near in named and index not in out:
            out[index] = ("excluded", f"looks like {named[near]}, named in the exclusion list")
    return out


def _names(subject: str) -> tuple[str, str, str]:
    """Names a picture may be listed by: with its source, path in the source, base name."""
    path = subject.split("/", 1)[-1]
    return subject, path, path.rsplit("/", 1)[-1].rsplit("!", 1)[-1]


def read_exclusions(file: str) -> set[str]:
    """Names and hashes of pictures that must not be used, one a line."""
    if not file:
        return set()
    try:
        lines = Path(file).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"export.exclude {file}: not a readable list: {error}") from None
    return {line.strip().removeprefix("./") for line in lines if line.strip()}


def split_of(leader: str, config: RunConfig) -> Split:
    """Split of all near duplicates of the picture whose content hash is ``leader``."""
    test = Stream(config.seed, leader, "split").chance(config.export.test_share)
    return "test" if test else "train"
