"""The global pass between ingest and build: duplicates, exclusions, groups and splits.

It reads four columns of every ingest shard; its memory grows by about 400 bytes a picture.
"""

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from flows.ingest import Selection, select, split_of
from flows.rundir import RunFolder
from flows.shards import ingest_files, selected_files
from flows.storage import write_table
from schemas.config import RunConfig
from schemas.records import Picture, Reject


def select_pictures(folder: RunFolder, shards: int, config: RunConfig) -> dict[str, int]:
    """Write the selected pictures and the rejects of every shard; returns counts."""
    contents: list[str] = []
    perceptual: list[NDArray[np.uint64]] = []
    subjects: list[str] = []
    sizes: list[int] = []
    for shard in range(shards):
        table = pq.read_table(
            ingest_files(folder.work, shard)[0],
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


def _write(
    folder: RunFolder,
    sizes: list[int],
    contents: list[str],
    subjects: list[str],
    selection: Selection,
    config: RunConfig,
) -> None:
    rejects = {reject.subject: reject for reject in selection.rejects}
    start = 0
    for shard, size in enumerate(sizes):
        pictures_file, rejects_file = ingest_files(folder.work, shard)
        pictures = Picture.from_table(pq.read_table(pictures_file))
        kept = []
        for index, picture in enumerate(pictures, start):
            if selection.keep[index]:
                leader = contents[int(selection.leader[index])]
                update = {"group": leader[:16], "split": split_of(leader, config)}
                kept.append(picture.model_copy(update=update))
        dropped = [rejects[s] for s in subjects[start : start + size] if s in rejects]
        earlier = Reject.from_table(pq.read_table(rejects_file))
        paths = selected_files(folder.work, shard)
        write_table(paths[0], Picture.table(kept))
        write_table(paths[1], Reject.table([*earlier, *dropped]))
        start += size
