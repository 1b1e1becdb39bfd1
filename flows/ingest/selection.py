"""The global pass between ingest and build: duplicates, exclusions, groups and splits.

It reads four columns of every ingest shard; its memory grows by about 400 bytes a picture.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from flows.ingest.candidate import _reject
from flows.ingest.fingerprints import near_groups
from flows.store.ledger import forget
from flows.store.place import readable
from flows.store.run_folder import RunFolder, ingest_files, selected_files
from flows.store.tables import write_table
from schemas.errors import ConfigError, reading
from schemas.records import Reject, Split
from schemas.settings.config import RunConfig
from schemas.streams import Stream

SMALL_SET = 20
"""Groups of pictures below which both splits get one; see ``splits``."""


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
    with reading(f"export.exclude {file}"):
        lines = Path(file).read_text(encoding="utf-8").splitlines()
    return {line.strip().removeprefix("./") for line in lines if line.strip()}


def split_of(leader: str, config: RunConfig) -> Split:
    """Split of all near duplicates of the picture whose content hash is ``leader``."""
    return "test" if _split_draw(leader, config) < config.export.test_share else "train"


def _split_draw(leader: str, config: RunConfig) -> float:
    return Stream(config.seed, leader, "split").uniform()


def splits(leaders: Iterable[str], config: RunConfig) -> dict[str, Split]:
    """Split of each group of near duplicates, by the content hash of its leader.

    It depends on that hash alone, so that more pictures move none, with one exception: where
    fewer than ``SMALL_SET`` groups would all fall into one split, the one whose draw is nearest
    to the other goes there; two pictures are enough for both. A share of 0 or 1 stays as it is.
    """
    groups = sorted(set(leaders))
    found = {leader: split_of(leader, config) for leader in groups}
    asked = 0 < config.export.test_share < 1
    if asked and 2 <= len(groups) < SMALL_SET and len(set(found.values())) == 1:
        draws = sorted(groups, key=lambda leader: _split_draw(leader, config))
        all_in_test = found[groups[0]] == "test"
        found[draws[-1] if all_in_test else draws[0]] = "train" if all_in_test else "test"
    return found


def select_pictures(folder: RunFolder, shards: int, config: RunConfig) -> dict[str, int]:
    """Write the selected pictures and the rejects of every shard; returns counts.

    Raises:
        ConfigError: The exclusion list cannot be read, or a source cannot.
    """
    require_readable(folder, shards)
    contents: list[str] = []
    perceptual: list[NDArray[np.uint64]] = []
    subjects: list[str] = []
    sizes: list[int] = []
    for shard in range(shards):
        table = pq.read_table(
            readable(ingest_files(folder.work, shard)[0]),
            columns=["content_hash", "perceptual_hash", "source", "path"],
        )
        columns = table.to_pydict()
        contents += columns["content_hash"]
        hashes = [int(text, 16) for text in columns["perceptual_hash"]]
        perceptual.append(np.array(hashes, np.uint64))
        pairs = zip(columns["source"], columns["path"], strict=True)
        subjects += [f"{source}/{path}" for source, path in pairs]
        sizes.append(table.num_rows)
    joined = np.concatenate(perceptual) if perceptual else np.empty(0, np.uint64)
    selection = select(contents, joined, subjects, config)
    _write(folder, sizes, contents, subjects, selection, config)
    return {
        "in": len(contents),
        "out": int(selection.keep.sum()),
        "rejects": len(selection.rejects),
    }


def require_readable(folder: RunFolder, shards: int) -> None:
    """Look whether of every source something could be read, though it be no picture.

    A folder that was moved, or a disk that is not mounted any more, is no data of bad quality.

    Raises:
        ConfigError: Nothing of a source could be read. Its shards count as not read, so that the
            same command tries again.
    """
    read, unread = set[str](), dict[str, str]()
    for shard in range(shards):
        pictures_file, rejects_file = ingest_files(folder.work, shard)
        sources = pq.read_table(readable(pictures_file), columns=["source"])["source"]
        read.update(sources.unique().to_pylist())
        for reject in Reject.from_table(pq.read_table(readable(rejects_file))):
            source = reject.subject.split("/", 1)[0]
            if reject.reason == "unreadable":
                unread.setdefault(source, reject.detail)
            elif reject.reason == "archive_damaged":
                unread.setdefault("", reject.detail)
            else:
                read.add(source)
    lost = sorted(source for source in unread if source and source not in read)
    if lost or ("" in unread and not read):
        for shard in range(shards):
            forget(folder.out, shard, "ingest")
        name = f"source {lost[0]}" if lost else "the sources"
        first = unread[lost[0] if lost else ""]
        raise ConfigError(f"nothing of {name} can be read; the first of it: {first}")


def _write(
    folder: RunFolder,
    sizes: list[int],
    contents: list[str],
    subjects: list[str],
    selection: Selection,
    config: RunConfig,
) -> None:
    rejects = {reject.subject: reject for reject in selection.rejects}
    kept_leaders = selection.leader[selection.keep].tolist()
    split = splits((contents[leader] for leader in kept_leaders), config)
    start = 0
    for shard, size in enumerate(sizes):
        pictures_file, rejects_file = ingest_files(folder.work, shard)
        part = slice(start, start + size)
        keep, leader = selection.keep[part], selection.leader[part]
        kept = pq.read_table(readable(pictures_file)).filter(pa.array(keep))
        leaders = [contents[index] for index in leader[keep].tolist()]
        for name, values in (
            ("group", [content[:16] for content in leaders]),
            ("split", [split[content] for content in leaders]),
        ):
            place = kept.schema.get_field_index(name)
            kept = kept.set_column(place, kept.schema.field(place), pa.array(values, pa.string()))
        dropped = [rejects[s] for s in subjects[part] if s in rejects]
        earlier = Reject.from_table(pq.read_table(readable(rejects_file)))
        paths = selected_files(folder.work, shard)
        write_table(paths[0], kept)
        write_table(paths[1], Reject.table([*earlier, *dropped]))
        start += size
