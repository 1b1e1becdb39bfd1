"""A dataset as the records of other trainers, each picture written once.

The forms themselves stand in ``formats/``, one file each.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from distortions.families import BUILT_IN
from flows.dataset.formats.form import PictureForm
from flows.dataset.formats.registry import FORMATS as FORMATS
from flows.dataset.formats.sink import TAG, Sink
from flows.dataset.manifest import families_in
from flows.dataset.pairs.records import export_pairs
from flows.store.cited import DEFAULT, Boxes, with_boxes
from flows.store.layout import DATA, MANIFEST, PAIRS, read_manifest, require_records
from flows.store.marked import mark_folder
from flows.store.place import readable
from flows.store.shards import SPLITS
from flows.store.tables import IMAGE
from schemas.errors import ConfigError, UnknownNameError
from schemas.records import Sample

PNG = b"\x89PNG\r\n\x1a\n"
NEEDED = {IMAGE, "image_id", "row_id", "question", "answer", "messages", "task", "sub_task"}
MARKER = ".export.json"
"""Says which dataset a folder is the export of, and in which form."""


def export(
    dataset: Path,
    out: Path,
    kind: str,
    absolute: bool = False,
    boxes: str = DEFAULT,
    sources: tuple[str, ...] = (),
    strict: bool = False,
) -> dict[str, int]:
    """Write a dataset in another form; returns rows by split and pictures.

    Args:
        dataset: Folder that ``build`` made, or ``pairs``.
        out: New folder.
        kind: One of ``FORMATS``.
        absolute: Whether paths of pictures are absolute or relative to ``out``; the layout of
            ``vida`` has bare names.
        boxes: How boxes in texts are written, where rows are; see ``cited.py``.
        sources: See ``Sink``.
        strict: See ``Sink``.

    An export that was killed goes on: the same call writes what is missing.

    Raises:
        ConfigError: Unknown form or notation, no dataset or an older one, a folder that holds
            something else, a name of a picture that is none, or a text that holds the tag trainers
            replace by the picture.
    """
    if kind not in FORMATS:
        raise UnknownNameError("export format", kind, FORMATS)
    manifest = read_manifest(dataset)
    beyond = tuple(sorted(set(families_in(manifest)) - {family.name for family in BUILT_IN}))
    cited, sink = Boxes(dataset, boxes), Sink(out, absolute, sources, strict, beyond)
    how = {"format": kind, "absolute": absolute} | ({"strict": True} if strict else {})
    if manifest.get("kind") == PAIRS:
        _claim(dataset, out, how)
        return export_pairs(dataset, sink, kind)
    require_records(dataset, manifest, [Sample])
    form = FORMATS[kind]
    if not isinstance(form, PictureForm):
        _require_rows(dataset, manifest, form.tasks)
    _claim(dataset, out, how if boxes == DEFAULT else how | {"boxes": boxes})
    if isinstance(form, PictureForm):
        return form.write(dataset, sink)
    counts = {}
    for split in SPLITS:
        files = sorted((dataset / DATA).glob(f"{split}-*.parquet"))
        try:
            if files:
                counts[split] = form.split(_rows(files, form.tasks, cited), sink, split)
        except pa.ArrowException as error:
            said = " ".join(str(error).split())[:200]
            raise ConfigError(f"{dataset}: its {split} files cannot be read: {said}") from None
    form.beside(sink, [split for split in SPLITS if split in counts])
    return {**counts, "pictures": sink.pictures()}


def _require_rows(dataset: Path, manifest: dict[str, Any], tasks: tuple[str, ...]) -> None:
    """Raise ``ConfigError`` unless there are rows of one of these tasks, where any are named."""
    rows = manifest["counts"]["rows"]
    if tasks and not any(name.split(".")[1] in tasks for name in rows):
        named = ",".join(tasks)
        raise ConfigError(f"{dataset}: no rows of {named}; build with --tasks {named}")


def _claim(dataset: Path, out: Path, how: dict[str, Any]) -> None:
    """Make ``out`` this export's folder, or find that it is already."""
    digest = hashlib.sha256((dataset / MANIFEST).read_bytes()).hexdigest()
    mark = json.dumps({"manifest_sha256": digest, **how}, sort_keys=True) + "\n"
    mark_folder(out, MARKER, mark, "export of this dataset in this form")


def _rows(files: list[Path], tasks: tuple[str, ...], boxes: Boxes) -> Iterator[dict[str, Any]]:
    """Rows of some tasks, or all, with their boxes."""
    for path in files:
        kept = (row for row in _read(path) if not tasks or row["task"] in tasks)
        yield from with_boxes(kept, boxes, path.stem.rpartition("-")[2])


def _read(path: Path) -> Iterator[dict[str, Any]]:
    """Rows by row group, so that memory stays flat; texts with the tag are refused."""
    # The rows of a picture share one copy of its bytes, here as in the file.
    parquet = pq.ParquetFile(readable(path), read_dictionary=[f"{IMAGE}.bytes"])
    if missing := sorted(NEEDED - set(parquet.schema_arrow.names)):
        raise ConfigError(f"{path}: not a dataset of ours: no column {', '.join(missing)}")
    for group in range(parquet.num_row_groups):
        table = parquet.read_row_group(group)
        pictures = _pictures(table[IMAGE], path)
        for row, picture in zip(table.drop([IMAGE]).to_pylist(), pictures, strict=True):
            row[IMAGE] = picture
            _check(row, path)
            yield row


def _pictures(column: pa.ChunkedArray, path: Path) -> Iterator[dict[str, Any]]:
    """Bytes and path of each row's picture; rows of one picture get the same bytes object."""
    for chunk in column.chunks:
        if not pa.types.is_struct(chunk.type) or chunk.type.get_field_index("bytes") < 0:
            raise ConfigError(f"{path}: not a dataset of ours: its pictures have no bytes")
        encoded, names = chunk.field("bytes"), chunk.field("path").to_pylist()
        if not pa.types.is_dictionary(encoded.type):
            encoded = encoded.dictionary_encode()
        held = [*encoded.dictionary.to_pylist(), None]
        places = encoded.indices.fill_null(len(held) - 1).to_numpy()
        for place, name in zip(places, names, strict=True):
            yield {"bytes": held[place], "path": name}


def _check(row: dict[str, Any], path: Path) -> None:
    """Look whether a row is one of ours; the dataset may be anybody's."""
    for text in (row.get("question"), row.get("answer"), row.get("row_id")):
        if not isinstance(text, str):
            raise ConfigError(
                f"{path}: not a dataset of ours: a row without question, answer or id"
            )
        if TAG in text:
            raise ConfigError(f"{row['row_id']}: {TAG} in its text {text[:60]!r}")
    picture = row.get(IMAGE)
    data = picture.get("bytes") if isinstance(picture, dict) else None
    if not isinstance(data, bytes) or not data.startswith(PNG):
        raise ConfigError(f"{path}: {row['row_id']!r:.80}: its picture is no PNG")
